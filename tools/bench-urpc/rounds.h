// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Two threads on two processors that measure together: many short rounds, in each of which every
// measurement has its turn, so that what disturbs the machine hits all of them alike.
#pragma once

#include "channel.h"

#include "bench/bench.h"

/// What is measured of a kind of channel.
enum shape {
    SHAPE_TRIP,   // a message there and one back, one after the other; side 0 is timed
    SHAPE_STREAM, // messages from side 0 to side 1, which is timed
};

/// One measurement. Times are of all its items in one round together, in ticks of the time-stamp
/// counter; `per_round` is what they are divided by.
struct measurement {
    const struct channel_kind *kind;
    enum shape shape;
    uint64_t per_round;
    cycles_t *times;
    uint64_t wrong;                          // not 0: contents were wrong
    struct channel channels[CHANNEL_PLACES]; // the first kind->places, in turn
};

struct rounds {
    struct measurement *list;
    size_t count;
    size_t rounds;       // of each measurement; fewer if `limit_s` is over before
    unsigned limit_s;    // 0: none
    unsigned cores[2];   // the same one twice: only contents mean anything
    size_t slots;        // of a channel in each direction
    double ticks_per_ms; // result
};

/// Measures, and shows the progress on standard error from the third second on. `rounds` is then
/// the number of rounds done, at least one. Returns NULL, or what failed.
const char *rounds_run(struct rounds *rounds);

/// Gives the channels and the times back.
void rounds_drop(struct rounds *rounds);
