// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// CLOCK, which comes close to "least recently used" with one bit for each page: the hand goes round
// and takes the first page that was not accessed since it last passed. Source: Corbato, A Paging
// Experiment with the Multics System (1968).
#include "pager_policy.h"

static void page_in(struct pager_policy_state *state, unsigned frame)
{
    if (state->used < state->frames)
        state->queue[state->used++] = frame;
    // Else the frame is that of the last page_out(), which stands behind the hand already.
}

static unsigned page_out(struct pager_policy_state *state)
{
    // In the second round all are found untouched, but for what other threads do meanwhile.
    unsigned frame = state->queue[state->hand];
    for (unsigned i = 0; i < 2 * state->frames && state->take_accessed(state->arg, frame); i++) {
        state->hand = (state->hand + 1) % state->frames;
        frame = state->queue[state->hand];
    }
    state->hand = (state->hand + 1) % state->frames;
    return frame;
}

const struct pager_policy pager_policy_clock = {"clock", page_in, page_out};
