// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Stands in the place of the library's header of this name: time is the test's (world.c).
#pragma once

#include "barrelfish/dispatch.h"

systime_t systime_now(void);
systime_t us_to_systime(delayus_t us);
delayus_t systime_to_us(systime_t time);
uint64_t systime_to_ns(systime_t time);
