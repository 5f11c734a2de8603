// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The machine of revocation.h.
#include "revocation.h"

uint64_t revocation_returned(const struct revocation *revocation)
{
    return revocation->at_start > revocation->held ? revocation->at_start - revocation->held : 0;
}

static bool is_enough(const struct revocation *revocation)
{
    return revocation_returned(revocation) >= revocation->wanted;
}

static enum revocation_action go_to(struct revocation *revocation, enum revocation_state state,
                                    enum revocation_action action)
{
    revocation->state = state;
    return action;
}

enum revocation_action revocation_begin(struct revocation *revocation, uint64_t wanted,
                                        uint64_t held, bool registered)
{
    *revocation = (struct revocation){.wanted = wanted, .at_start = held, .held = held};
    if (is_enough(revocation))
        return REVOCATION_DONE;
    return registered ? go_to(revocation, REVOCATION_ASKED, REVOCATION_ASK)
                      : go_to(revocation, REVOCATION_FORCING, REVOCATION_TAKE);
}

enum revocation_action revocation_step(struct revocation *revocation, enum revocation_event event,
                                       uint64_t held)
{
    if (revocation->state == REVOCATION_IDLE)
        return REVOCATION_NONE;
    if (event == REVOCATION_TAKEN && held < revocation->held)
        revocation->forced += revocation->held - held;
    revocation->held = event == REVOCATION_ENDED ? 0 : held;
    if (is_enough(revocation) || event == REVOCATION_NOTHING || event == REVOCATION_ENDED)
        return go_to(revocation, REVOCATION_IDLE, REVOCATION_DONE);
    if (event == REVOCATION_TAKEN ||
        (event == REVOCATION_DEADLINE && revocation->state == REVOCATION_ASKED))
        return go_to(revocation, REVOCATION_FORCING, REVOCATION_TAKE);
    return REVOCATION_NONE;
}
