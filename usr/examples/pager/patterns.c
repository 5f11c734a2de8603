// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// See patterns.h.
#include "patterns.h"

#define NEAR 8u     // pages that a program with locality uses at a time
#define JUMP_IN 64u // it moves on once in so many accesses

uint64_t pattern_random(struct pattern_state *state)
{
    uint64_t z = state->random += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

static unsigned scan(struct pattern_state *state)
{
    unsigned page = state->current;
    state->current = (state->current + 1) % state->pages;
    return page;
}

static unsigned local(struct pattern_state *state)
{
    if (pattern_random(state) % JUMP_IN == 0)
        state->current = (unsigned)(pattern_random(state) % state->pages);
    return (unsigned)(state->current + pattern_random(state) % NEAR) % state->pages;
}

const struct pattern pattern_scan = {"scan", scan};
const struct pattern pattern_local = {"local", local};
