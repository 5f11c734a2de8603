// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// How many error messages a domain may print: a few at once, then one each period. A service tells
// of errors that its clients may cause as often as they like, and printing takes long. Private to
// the library.

#pragma once

#include "barrelfish/types.h"

#define PRINT_LIMIT_BURST 16u
#define PRINT_LIMIT_PERIOD_US 1000000u

/// All zero is one that has printed nothing.
struct print_limit {
    systime_t filled; ///< when `used` was last made less
    unsigned used;    ///< of the burst
    unsigned dropped; ///< messages since the last that was printed
};

/// Tells whether one more may be printed at `now`, with a period of `period` ticks. Then *dropped is
/// the number of those that were not since the last one.
static inline bool print_limit_take(struct print_limit *limit, systime_t now, systime_t period,
                                    unsigned *dropped)
{
    systime_t periods = period == 0 ? 0 : (now - limit->filled) / period;
    if (periods > 0) {
        limit->used -= periods < limit->used ? (unsigned)periods : limit->used;
        limit->filled = now;
    }
    if (limit->used == PRINT_LIMIT_BURST) {
        limit->dropped++;
        return false;
    }
    limit->used++;
    *dropped = limit->dropped;
    limit->dropped = 0;
    return true;
}
