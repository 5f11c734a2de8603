// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The page that the caller's dispatcher shares with the CPU driver, without a call. GS points to it.
// Private to the library.
#pragma once

#include "kpi/dispatcher.h"

static inline struct dispatcher_shared *shared_self(void)
{
    struct dispatcher_shared *shared;
    __asm__ volatile("movq %%gs:%c1, %0"
                     : "=r"(shared)
                     : "i"(offsetof(struct dispatcher_shared, udisp)));
    return shared;
}
