// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What the suites of the cache-line channel share: a channel with both of its ends in one
// process, messages whose content is known from their number, random numbers with a seed, and
// polling that leaves the processor to others.
#pragma once

#include "urpc/urpc.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// A channel and its two ends; memory is the caller's until pair_drop().
struct pair {
    struct urpc_area *area[2];
    struct urpc_chan end[2];
};

/// Makes both ends over fresh zeroed areas of `lines` lines; stops the program if it cannot.
void pair_make(struct pair *pair, size_t lines);
void pair_drop(struct pair *pair);

/// Sends empty messages until there is no room; how many.
uint64_t pair_fill(struct urpc_chan *chan);
/// Takes so many messages, which must be there.
void pair_take(struct urpc_chan *chan, unsigned count);

/// The next of a sequence of random numbers that `state` alone determines.
uint64_t random_next(uint64_t *state);

/// Fills in, or checks, message `number` of stream `stream`.
void msg_make(struct urpc_msg *msg, unsigned stream, uint64_t number);
bool msg_is(const struct urpc_msg *msg, unsigned stream, uint64_t number);

/// Called after polling in vain: pauses, and every so often yields. `spins` counts across calls.
void poll_pause(unsigned *spins);
