// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Polling before a sleep: never more than twice the optimum, whatever the waits are (P2), and close
// to the optimum when they are all alike.
#include "dispatch/poll_policy.h"
#include "testlib/testlib.h"

#define TSC_PER_MS 1000000u
#define WAITS 100000u

static struct poll_policy policy;
static uint64_t paid, optimum;

static void begin(void)
{
    poll_policy_init(&policy, TSC_PER_MS);
    paid = optimum = 0;
}

static uint64_t budget(void)
{
    return poll_policy_budget(&policy, false);
}

/// One wait, after which P2 is checked.
static void wait(uint64_t cycles)
{
    uint64_t polled = budget(), cost = policy.cost;
    paid += cycles <= polled ? cycles : polled + cost;
    optimum += cycles < cost ? cycles : cost;
    poll_policy_over(&policy, cycles <= polled ? cycles : polled, cycles, 0);
    CU_ASSERT_FATAL(budget() <= cost);
    CU_ASSERT_FATAL(paid <= 2 * optimum + cost);
}

static void test_long(void)
{
    begin();
    for (unsigned i = 0; i < 100; i++)
        wait(10 * policy.cost);
    CU_ASSERT_EQUAL(budget(), policy.cost / 8);
    CU_ASSERT(paid <= optimum + optimum / 5);
    wait(policy.cost / 2); // would have been found
    CU_ASSERT_EQUAL(budget(), policy.cost);
}

static void test_short(void)
{
    begin();
    for (unsigned i = 0; i < 100; i++)
        wait(policy.cost - 1);
    CU_ASSERT_EQUAL(paid, optimum);
}

/// Each wait is the worst one: just longer than what is polled, or a long one.
static void test_adversary(void)
{
    struct test_random random;
    begin();
    test_random_init(&random, 11);
    for (unsigned i = 0; i < WAITS; i++)
        wait(test_random_below(&random, 4) == 0 ? 10 * policy.cost : budget() + 1);
}

static void test_random(void)
{
    struct test_random random;
    begin();
    test_random_init(&random, 11);
    for (unsigned i = 0; i < WAITS; i++)
        wait(test_random_below(&random, 3 * policy.cost));
}

/// The estimate falls at once, rises slowly, and stays within its bounds, whatever a peer claims.
static void test_cost(void)
{
    begin();
    uint64_t cost = policy.cost;
    poll_policy_over(&policy, 1, 10 * cost, cost / 2);
    CU_ASSERT_EQUAL(policy.cost, cost / 2);
    poll_policy_over(&policy, 1, 10 * cost, cost);
    CU_ASSERT(policy.cost > cost / 2 && policy.cost < cost * 3 / 4);
    for (unsigned i = 0; i < 1000; i++)
        poll_policy_over(&policy, 1, 10 * cost, UINT64_MAX);
    CU_ASSERT(policy.cost > cost && policy.cost <= policy.most);
    poll_policy_over(&policy, 1, 10 * cost, 1);
    CU_ASSERT_EQUAL(policy.cost, policy.least);
    CU_ASSERT(budget() <= policy.least);
}

static void test_contended(void)
{
    begin();
    wait(1);
    CU_ASSERT_EQUAL(budget(), policy.cost);
    CU_ASSERT_EQUAL(poll_policy_budget(&policy, true), policy.cost / 8);
}

/// Each step to the cycle: what is wanted, the credit, and the estimate.
static void test_steps(void)
{
    static const struct {
        uint64_t cost, want, credit, polled, waited, wake, cost_then, want_then, credit_then;
    } steps[] = {
        {1600, 1600, 0, 10, 10, 0, 1600, 1600, 10},             // found in the last poll
        {1600, 1600, 0, 10, 11, 0, 1600, 1600, 0},              // just missed
        {1600, 1600, 1590, 10, 11, 0, 1600, 1600, 2},           // at the cost of the credit
        {1600, 1600, 500, 100, 1600, 0, 1600, 800, 1600},       // as long as a sleep
        {1600, 1600, 0, 100, 1599, 0, 1600, 1600, 1498},        // nearly
        {1600, 300, 0, 100, 9999, 0, 1600, 200, 1500},          // an eighth at least
        {1600, 1600, 0, 100, 9999, 700, 700, 800, 1500},        // the estimate falls at once
        {1600, 1600, 0, 100, 9999, 3200, 1700, 800, 1500},      // and rises slowly
        {1600, 1600, 0, 100, 9999, 1, 500, 800, 1500},          // to the least
        {1600, 1600, 0, 100, 9999, 1ul << 60, 1750, 800, 1500}, // as if of the most
    };
    for (unsigned i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
        policy = (struct poll_policy){500, 4000, steps[i].cost, steps[i].want, steps[i].credit};
        poll_policy_over(&policy, steps[i].polled, steps[i].waited, steps[i].wake);
        CU_ASSERT_EQUAL(policy.cost, steps[i].cost_then);
        CU_ASSERT_EQUAL(policy.want, steps[i].want_then);
        CU_ASSERT_EQUAL(policy.credit, steps[i].credit_then);
    }
    policy = (struct poll_policy){500, 4000, 1600, 900, 600};
    CU_ASSERT_EQUAL(budget(), 1000); // what the credit leaves
    policy.want = 1200;
    CU_ASSERT_EQUAL(budget(), 1200);
    policy.credit = 4000;
    CU_ASSERT_EQUAL(budget(), 1200);
    poll_policy_init(&policy, TSC_PER_MS);
    CU_ASSERT_TRUE(policy.least == 2000 && policy.most == 50000 && policy.cost == 25000);
    CU_ASSERT_TRUE(poll_policy_full(&policy) && policy.credit == 25000);
}

TEST_SUITE("poll policy") = {
    {"long waits", test_long},
    {"short waits", test_short},
    {"the worst waits", test_adversary},
    {"random waits", test_random},
    {"the cost of a sleep", test_cost},
    {"a contended core", test_contended},
    {"steps", test_steps},
};
