// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Wake-ups of blocked dispatchers.

#pragma once

#include "kpi/types.h"

struct dcb;

/// Make dcb runnable at `wakeup` (TSC). It is not in the wheel.
void timer_add(struct dcb *dcb, uint64_t wakeup);

/// Forget dcb's wake-up, if it has one.
void timer_remove(struct dcb *dcb);

/// Wake those that are due, a bounded number of them; the next call goes on with the rest.
void timer_expire(uint64_t now);

/// When timer_expire must be called next (TSC); UINT64_MAX: not at all.
uint64_t timer_next(void);
