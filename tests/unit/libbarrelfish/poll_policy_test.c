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

TEST_SUITE("poll policy") = {
    {"long waits", test_long},           {"short waits", test_short},
    {"the worst waits", test_adversary}, {"random waits", test_random},
    {"the cost of a sleep", test_cost},  {"a contended core", test_contended},
};
