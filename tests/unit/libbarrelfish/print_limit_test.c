// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Error messages are not printed without bound.
#include "debug/print_limit.h"
#include "testlib/testlib.h"

#define PERIOD 1000u

static void test_burst(void)
{
    struct print_limit limit = {0};
    unsigned dropped = 7;
    for (unsigned i = 0; i < PRINT_LIMIT_BURST; i++) {
        CU_ASSERT(print_limit_take(&limit, 5, PERIOD, &dropped));
        CU_ASSERT_EQUAL(dropped, 0);
    }
    for (unsigned i = 0; i < 100; i++)
        CU_ASSERT_FALSE(print_limit_take(&limit, 6 + i, PERIOD, &dropped));
    CU_ASSERT(print_limit_take(&limit, 5 + PERIOD, PERIOD, &dropped));
    CU_ASSERT_EQUAL(dropped, 100);
    CU_ASSERT_FALSE(print_limit_take(&limit, 6 + PERIOD, PERIOD, &dropped));
}

/// However long it was quiet, no more than a burst.
static void test_flood(void)
{
    struct print_limit limit = {0};
    unsigned dropped, printed = 0;
    systime_t now = 1000000 * PERIOD;
    for (unsigned i = 0; i < 10000; i++, now += PERIOD / 100)
        printed += print_limit_take(&limit, now, PERIOD, &dropped);
    CU_ASSERT(printed >= 100 && printed <= 100 + PRINT_LIMIT_BURST);
    CU_ASSERT(print_limit_take(&limit, now, 0, &dropped) || limit.used == PRINT_LIMIT_BURST);
}

TEST_SUITE("errors printed") = {
    {"a burst", test_burst},
    {"a flood", test_flood},
};
