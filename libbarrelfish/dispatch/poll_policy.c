// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Competitive spinning (Karlin, Li, Manasse, Owicki: "Empirical studies of competitive spinning for
// a shared-memory multiprocessor", SOSP 1991). A wait of w cycles costs at least min(w, C), C being
// the cost of a sleep and wake. Who polls for C and then sleeps pays at most twice that, but always
// twice if the waits are long. So the polls are halved after each long wait, down to C / 8, and are
// C again as soon as a poll finds something or would have.
//
// P2 Paid so far + credit <= 2 * (least possible so far) + C. It holds at the start, with credit C.
//    Each wait changes the credit by what it left of, or took beyond, twice its least cost. Polling
//    for b takes at most C - b beyond (w just above b), and b is at least C - credit, so the credit
//    is never overdrawn: polling less is paid out of what was saved before.
//
// P2 is for a C that stays. It is measured with each sleep that ends by a notification, from the
// peer's time stamp to the wake-up; on a machine that shares its real processors some of these
// times are of somebody else's time slice, so the estimate falls at once and rises slowly. Under
// contention for the core P2 is left aside: polling then costs somebody else's time, perhaps of the
// very one that is waited for.
#include "poll_policy.h"

#include <assert.h>

#define COST_LEAST_US 2u
#define COST_MOST_US 50u
#define COST_START_US 25u // of QEMU's TCG, where it is 10 to 38
#define SHARE 8u          // the least that is polled is this part of the cost
#define RISE 16u          // the estimate rises by this part of the difference

static uint64_t min(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t max(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

void poll_policy_init(struct poll_policy *policy, uint64_t tsc_per_ms)
{
    uint64_t cost = tsc_per_ms * COST_START_US / 1000;
    *policy = (struct poll_policy){
        .least = tsc_per_ms * COST_LEAST_US / 1000,
        .most = tsc_per_ms * COST_MOST_US / 1000,
        .cost = cost,
        .want = cost,
        .credit = cost,
    };
}

uint64_t poll_policy_budget(const struct poll_policy *policy, bool contended)
{
    uint64_t cost = policy->cost;
    if (contended)
        return cost / SHARE;
    return min(cost, max(policy->want, cost - min(policy->credit, cost)));
}

static void measure(struct poll_policy *policy, uint64_t wake)
{
    uint64_t sample = min(max(wake, policy->least), policy->most);
    if (sample < policy->cost)
        policy->cost = sample;
    else
        policy->cost += (sample - policy->cost) / RISE;
}

void poll_policy_over(struct poll_policy *policy, uint64_t polled, uint64_t waited, uint64_t wake)
{
    uint64_t cost = policy->cost;
    uint64_t allowed = 2 * min(waited, cost);
    uint64_t paid = waited <= polled ? waited : polled + cost;
    uint64_t credit = policy->credit + allowed;
    policy->credit = min(credit > paid ? credit - paid : 0, cost); // P2
    policy->want = waited < cost ? cost : max(policy->want / 2, cost / SHARE);
    if (wake != 0)
        measure(policy, wake);
    assert(policy->least <= policy->cost && policy->cost <= policy->most);  // P1
    assert(policy->want <= policy->most && policy->credit <= policy->most); // P1
}
