// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The run queue: round robin, favours, and when the end of a slice matters: if another dispatcher
// waits, or if the only one says that it has threads which do.
#include "schedule.h"

#include <string.h>
#include <testlib/testlib.h>

#define COUNT 3u

struct kcb kcb;

static struct dispatcher_shared shared[COUNT];
static struct dcb dcbs[COUNT];

static void begin(unsigned runnable)
{
    memset(&kcb, 0, sizeof(kcb));
    memset(dcbs, 0, sizeof(dcbs));
    memset(shared, 0, sizeof(shared));
    for (unsigned i = 0; i < COUNT; i++)
        dcbs[i].shared = &shared[i];
    for (unsigned i = 0; i < runnable; i++)
        schedule_add(&dcbs[i]);
}

static void test_turns(void)
{
    begin(COUNT);
    for (unsigned turn = 0; turn < 2 * COUNT; turn++) {
        CU_ASSERT_PTR_EQUAL(schedule_pick(), &dcbs[turn % COUNT]);
        schedule_rotate();
    }
    schedule_add(&dcbs[1]); // it is there
    CU_ASSERT_EQUAL(kcb.runnable, COUNT);
    schedule_remove(&dcbs[1]);
    schedule_remove(&dcbs[1]);
    schedule_rotate();
    CU_ASSERT_PTR_EQUAL(schedule_pick(), &dcbs[2]);
    CU_ASSERT_EQUAL(kcb.runnable, COUNT - 1);
}

// The favoured one runs on another's slice and loses the core with it.
static void test_favour(void)
{
    begin(COUNT);
    schedule_favour(&dcbs[2]);
    CU_ASSERT_PTR_EQUAL(schedule_pick(), &dcbs[2]);
    schedule_yield();
    CU_ASSERT_PTR_EQUAL(schedule_pick(), &dcbs[0]);
    schedule_favour(&dcbs[2]);
    schedule_rotate();
    CU_ASSERT_PTR_EQUAL(schedule_pick(), &dcbs[1]);
}

static void test_slices(void)
{
    begin(0);
    CU_ASSERT_FALSE(schedule_sliced());
    begin(2);
    CU_ASSERT_TRUE(schedule_sliced());
    schedule_remove(&dcbs[1]);
    CU_ASSERT_FALSE(schedule_sliced());
    shared[1].tick = 1; // not runnable: no matter
    CU_ASSERT_FALSE(schedule_sliced());
    shared[0].tick = 1;
    CU_ASSERT_TRUE(schedule_sliced());
    schedule_rotate(); // it stays
    CU_ASSERT_PTR_EQUAL(schedule_pick(), &dcbs[0]);
    CU_ASSERT_TRUE(kcb.unsettled);
    CU_ASSERT_TRUE(schedule_sliced());
    schedule_remove(&dcbs[0]);
    CU_ASSERT_FALSE(schedule_sliced());
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"turns", test_turns},
        {"favour", test_favour},
        {"slices", test_slices},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"scheduler", NULL, NULL, NULL, NULL, tests},
        CU_SUITE_INFO_NULL,
    };
    return test_main(suites);
}
