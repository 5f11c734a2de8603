// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The page that came last goes. Absurd for programs that stay with what they use, and the best that
// can be done for one that goes round and round: all but one frame keep their pages.
#include "pager_policy.h"

static void page_in(struct pager_policy_state *state, unsigned frame)
{
    state->queue[state->used++] = frame;
}

static unsigned page_out(struct pager_policy_state *state)
{
    return state->queue[--state->used];
}

const struct pager_policy pager_policy_mru = {"mru", page_in, page_out};
