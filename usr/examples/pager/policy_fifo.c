// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// First in, first out: the page that came longest ago goes. The queue is a ring whose oldest frame
// is under the hand; since a page comes only when one has gone, the new one takes the old one's
// place.
#include "pager_policy.h"

static void page_in(struct pager_policy_state *state, unsigned frame)
{
    state->queue[(state->hand + state->used) % state->frames] = frame;
    state->used++;
}

static unsigned page_out(struct pager_policy_state *state)
{
    unsigned frame = state->queue[state->hand];
    state->hand = (state->hand + 1) % state->frames;
    state->used--;
    return frame;
}

const struct pager_policy pager_policy_fifo = {"fifo", page_in, page_out};
