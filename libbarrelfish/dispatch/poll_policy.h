// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// How long a dispatcher with nothing to run polls before it sleeps. Pure: times come from the
// caller, in cycles of the time-stamp counter. Private to the dispatcher.
// P1 least <= cost <= most; want <= most; credit <= most.
#pragma once

#include <stdbool.h>
#include <stdint.h>

/// See P1.
struct poll_policy {
    uint64_t least, most; ///< bounds of `cost`
    uint64_t cost;        ///< of a sleep and wake: a running estimate
    uint64_t want;        ///< what the last waits suggest to poll
    uint64_t credit;      ///< how much more than twice the optimum may still be paid
};

void poll_policy_init(struct poll_policy *policy, uint64_t tsc_per_ms);

/// Cycles to poll before the next sleep; `contended`: others could run on this core.
uint64_t poll_policy_budget(const struct poll_policy *policy, bool contended);

/// Tells that a wait which ends while it is polled for changes nothing.
static inline bool poll_policy_full(const struct poll_policy *policy)
{
    return policy->want == policy->cost && policy->credit == policy->cost;
}

/// A wait is over. `polled`: cycles that were polled at most, `waited`: after which the event came.
/// If that was in a sleep, `wake` is the time from the event's announcement to the wake-up, or 0
/// if that is not known.
void poll_policy_over(struct poll_policy *policy, uint64_t polled, uint64_t waited, uint64_t wake);
