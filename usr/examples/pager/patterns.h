// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// In which order a program uses its pages. Pure; a seed repeats a sequence.
#pragma once

#include <stdint.h>

struct pattern_state {
    uint64_t random; ///< the seed at first
    unsigned pages;
    unsigned current;
};

struct pattern {
    const char *name;
    /// The next page to access.
    unsigned (*next)(struct pattern_state *state);
};

extern const struct pattern pattern_scan;  ///< round and round
extern const struct pattern pattern_local; ///< random, mostly near the last page

/// Next random number (splitmix64; Steele, Lea and Flood 2014).
uint64_t pattern_random(struct pattern_state *state);
