// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Time: ticks of the time-stamp counter, which is the same on all cores, and conversions.

#pragma once

#include "barrelfish/dispatch.h"

static inline systime_t systime_now(void)
{
    uint32_t low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return (systime_t)high << 32 | low;
}

/// Ticks of `us` microseconds; the greatest time if that is out of range.
systime_t us_to_systime(delayus_t us);

delayus_t systime_to_us(systime_t time);
uint64_t systime_to_ns(systime_t time);
