// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Times that somebody waits for, in one core's wheel. Pure: the time is an argument, and who waits
// is called.
//
// T1 A timer is called at its time or later, but not earlier, and once for each time that it is
//    added or asks for; each call of timer_expire() makes a bounded number of calls.
// T2 A timer in a bucket is due there within one turn from `now` on: no bucket holds two turns'.
// T3 A bucket's bit in `occupied` says whether something is in it.

#pragma once

#include "kpi/list.h"
#include "kpi/types.h"

#define TIMER_BUCKETS 256u
#define TIMER_EXPIRE_MAX 16u ///< calls of one timer_expire()

/// Zero it, set `due`, and do not move it while it is in a wheel.
struct timer {
    uint64_t (*due)(struct timer *timer,
                    uint64_t now); ///< its time has come: when is the next, or 0
    uint64_t at;                   ///< TSC; 0: not in the wheel
    struct timer *next, *prev;
    uint32_t bucket;
};

/// Each bucket holds the timers that are due in one period, a millisecond. Zero it, then timer_init.
struct timer_wheel {
    struct timer *bucket[TIMER_BUCKETS];
    uint64_t occupied[TIMER_BUCKETS / 64];
    uint64_t tsc_per_ms;
    uint64_t now; ///< number of the last period that was handled
};

void timer_init(struct timer_wheel *wheel, uint64_t tsc_per_ms, uint64_t now);

/// Call timer->due at `at` (TSC; 0 means 1). The timer is not in the wheel.
void timer_add(struct timer_wheel *wheel, struct timer *timer, uint64_t at, uint64_t now);

/// Forget a timer, if it is in the wheel.
void timer_remove(struct timer_wheel *wheel, struct timer *timer);

/// Call those that are due, a bounded number of them; the next call goes on with the rest.
void timer_expire(struct timer_wheel *wheel, uint64_t now);

/// When timer_expire must be called next (TSC); UINT64_MAX: not at all.
uint64_t timer_next(const struct timer_wheel *wheel);
