// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Times that a dispatcher waits for: one to be woken at while it sleeps, and one at which it is
// looked at while it is watched (kpi/syscalls.h, SYSCALL_WATCH).

#pragma once

#include "kpi/types.h"

/// One of a dispatcher's. Private to timer.c; visible for allocation.
struct timer {
    uint64_t at; ///< TSC; 0: not in the wheel
    struct timer *next, *prev;
    uint32_t bucket;
    bool watches; ///< which of the two
};

/// Call dispatcher_time() at `at` (TSC). The timer is not in the wheel.
void timer_add(struct timer *timer, uint64_t at);

/// Forget a timer, if it is in the wheel.
void timer_remove(struct timer *timer);

/// Call those that are due, a bounded number of them; the next call goes on with the rest.
void timer_expire(uint64_t now);

/// When timer_expire must be called next (TSC); UINT64_MAX: not at all.
uint64_t timer_next(void);
