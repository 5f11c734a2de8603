// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Turns of groups, and in groups; who is let run on whose slice; and when the end of a slice
// matters: if another dispatcher waits, or if the only one says that it has threads which do.
#include "sched/schedule.h"

#include <string.h>
#include <testlib/testlib.h>

#define COUNT 6u
#define TSC_PER_MS 1000u
#define SLICE (SCHEDULE_SLICE_MS * TSC_PER_MS)

struct kcb kcb;

static struct dispatcher_shared shared[COUNT];
static struct dcb dcbs[COUNT];

/// The first `runnable` dispatchers are, each in a group of its own.
static void begin(unsigned runnable)
{
    memset(&kcb, 0, sizeof(kcb));
    memset(dcbs, 0, sizeof(dcbs));
    memset(shared, 0, sizeof(shared));
    kcb.tsc_per_ms = TSC_PER_MS;
    schedule_init();
    for (unsigned i = 0; i < COUNT; i++) {
        dcbs[i].shared = &shared[i];
        schedule_join(&dcbs[i]);
        schedule_begin_group(&dcbs[i], i + 1);
    }
    for (unsigned i = 0; i < runnable; i++)
        schedule_add(&dcbs[i]);
}

/// A dispatcher in the group of another.
static void join(struct dcb *dcb, struct dcb *current)
{
    kcb.current = current;
    schedule_join(dcb);
    kcb.current = NULL;
}

/// An event ends, and the slice is over: who had it?
static unsigned take_turn(void)
{
    kcb.event_start = schedule_slice_end();
    unsigned had = (unsigned)(schedule_pick() - dcbs);
    schedule_slice_over();
    return had;
}

static void test_turns(void)
{
    begin(3);
    for (unsigned turn = 0; turn < 6; turn++)
        CU_ASSERT_EQUAL(take_turn(), turn % 3);
    schedule_add(&dcbs[1]); // it is there
    CU_ASSERT_EQUAL(kcb.runnable, 3);
    schedule_remove(&dcbs[1]);
    schedule_remove(&dcbs[1]);
    CU_ASSERT_EQUAL(kcb.runnable, 2);
    CU_ASSERT_EQUAL(take_turn(), 0);
    schedule_yield();
    CU_ASSERT_EQUAL(take_turn(), 0);
    CU_ASSERT_EQUAL(take_turn(), 2);
}

/// However many dispatchers a group has, each has one turn, and in it they take turns.
static void test_groups(void)
{
    begin(2);
    for (unsigned i = 2; i < COUNT; i++) {
        join(&dcbs[i], &dcbs[0]);
        schedule_add(&dcbs[i]);
    }
    static const unsigned expected[] = {0, 1, 2, 1, 3, 1, 4, 1, 5, 1, 0, 1};
    for (unsigned turn = 0; turn < sizeof(expected) / sizeof(expected[0]); turn++)
        CU_ASSERT_EQUAL(take_turn(), expected[turn]);
}

/// What was left in a group that begins anew has one turn for all, and its own remain so.
static void test_former(void)
{
    begin(1);
    for (unsigned i = 1; i < 4; i++)
        join(&dcbs[i], &dcbs[0]);
    schedule_begin_group(&dcbs[4], 1);
    join(&dcbs[3], &dcbs[1]);
    for (unsigned i = 1; i < 5; i++)
        schedule_add(&dcbs[i]);
    CU_ASSERT_EQUAL(take_turn(), 0); // runs already, in its old group
    static const unsigned expected[] = {1, 4, 2, 4, 3, 4, 0, 4, 1};
    for (unsigned turn = 0; turn < sizeof(expected) / sizeof(expected[0]); turn++)
        CU_ASSERT_EQUAL(take_turn(), expected[turn]);
}

/// The one that was let run does so on another's slice and loses the core with it.
static void test_favour(void)
{
    begin(3);
    schedule_favour(&dcbs[2]);
    CU_ASSERT_PTR_EQUAL(schedule_pick(), &dcbs[2]);
    schedule_yield();
    CU_ASSERT_PTR_EQUAL(schedule_pick(), &dcbs[0]);
    (void)schedule_slice_end();
    schedule_favour(&dcbs[2]);
    schedule_slice_over();
    CU_ASSERT_PTR_EQUAL(schedule_pick(), &dcbs[1]);
}

/// One that was let run keeps its place among the others of its group, however its turn ends.
static void test_favoured_place(void)
{
    for (unsigned way = 0; way < 3; way++) {
        begin(2);
        for (unsigned i = 2; i < 4; i++) {
            join(&dcbs[i], &dcbs[1]);
            schedule_add(&dcbs[i]);
        }
        (void)schedule_slice_end();
        schedule_favour(&dcbs[2]);
        CU_ASSERT_PTR_EQUAL(schedule_pick(), &dcbs[2]);
        if (way == 0)
            schedule_slice_over();
        else if (way == 1)
            schedule_yield();
        else
            schedule_favour(&dcbs[0]);
        if (way != 0)
            CU_ASSERT_EQUAL(take_turn(), 0);
        static const unsigned expected[] = {1, 0, 2, 0, 3, 0, 1};
        for (unsigned turn = 0; turn < sizeof(expected) / sizeof(expected[0]); turn++)
            CU_ASSERT_EQUAL(take_turn(), expected[turn]);
    }
}

/// Two that hand the core to one another, and leave it before their slice is over, have no part of
/// the third one's.
static void test_left_slice(void)
{
    begin(2);
    CU_ASSERT_EQUAL(schedule_slice_end(), SLICE);
    kcb.event_start = 1;
    schedule_add(&dcbs[2]);
    schedule_remove(&dcbs[0]); // blocks, in a call
    schedule_favour(&dcbs[2]);
    CU_ASSERT_EQUAL(schedule_slice_end(), SLICE);
    CU_ASSERT_PTR_EQUAL(schedule_pick(), &dcbs[2]);
    kcb.event_start = SLICE;
    schedule_slice_over();
    CU_ASSERT_PTR_EQUAL(schedule_pick(), &dcbs[1]);
    CU_ASSERT_EQUAL(schedule_slice_end(), 2 * SLICE);
}

/// Who comes after one that blocks has a whole slice.
static void test_whole_slice(void)
{
    begin(3);
    (void)schedule_slice_end();
    kcb.event_start = SLICE - 1;
    schedule_remove(&dcbs[0]);
    CU_ASSERT_EQUAL(schedule_slice_end(), 2 * SLICE - 1);
    schedule_add(&dcbs[0]);
    kcb.event_start = SLICE;
    CU_ASSERT_EQUAL(schedule_slice_end(), 2 * SLICE - 1);
}

/// Two of one group that leave before their slice is over, in turn, have one slice together.
static void test_left_in_turn(void)
{
    begin(2);
    join(&dcbs[2], &dcbs[0]);
    schedule_add(&dcbs[2]);
    CU_ASSERT_EQUAL(schedule_slice_end(), SLICE);
    for (unsigned i = 0; i < 4; i++) {
        struct dcb *leaves = schedule_pick();
        CU_ASSERT_PTR_EQUAL(leaves, &dcbs[i % 2 == 0 ? 0 : 2]);
        kcb.event_start += SLICE / 5;
        schedule_remove(leaves);
        CU_ASSERT_EQUAL(schedule_slice_end(), SLICE);
        schedule_add(leaves);
    }
    kcb.event_start = SLICE;
    schedule_slice_over();
    CU_ASSERT_PTR_EQUAL(schedule_pick(), &dcbs[1]);
    CU_ASSERT_EQUAL(schedule_slice_end(), 2 * SLICE);
}

/// A callee has its caller's place until the slice is over, and then its own.
static void test_callee(void)
{
    begin(2);
    for (unsigned i = 2; i < 5; i++) {
        join(&dcbs[i], &dcbs[0]);
        schedule_add(&dcbs[i]);
    }
    struct dcb *callee = &dcbs[5];
    schedule_replace(&dcbs[0], callee);
    CU_ASSERT_PTR_EQUAL(schedule_pick(), callee);
    static const unsigned expected[] = {5, 1, 5, 2, 1, 5};
    for (unsigned turn = 0; turn < sizeof(expected) / sizeof(expected[0]); turn++)
        CU_ASSERT_EQUAL(take_turn(), expected[turn]);
}

/// The same of one that is called by whom another has let run: however its turn ends.
static void test_favoured_callee(void)
{
    for (unsigned way = 0; way < 3; way++) {
        begin(2);
        join(&dcbs[2], &dcbs[1]);
        schedule_add(&dcbs[2]);
        (void)schedule_slice_end();
        schedule_favour(&dcbs[1]);
        schedule_replace(&dcbs[1], &dcbs[5]);
        if (way == 0)
            schedule_slice_over();
        else if (way == 1)
            schedule_yield();
        else
            schedule_favour(&dcbs[0]);
        CU_ASSERT_PTR_EQUAL(schedule_pick(), way == 0 ? &dcbs[2] : &dcbs[0]);
        if (way != 0)
            CU_ASSERT_EQUAL(take_turn(), 0);
        CU_ASSERT_EQUAL(take_turn(), 2);
        CU_ASSERT_EQUAL(take_turn(), 5);
    }
}

static void test_slices(void)
{
    begin(0);
    CU_ASSERT_EQUAL(schedule_slice_end(), UINT64_MAX);
    begin(2);
    CU_ASSERT_EQUAL(schedule_slice_end(), SLICE);
    schedule_remove(&dcbs[1]);
    CU_ASSERT_EQUAL(schedule_slice_end(), UINT64_MAX);
    shared[1].tick = 1; // not runnable: no matter
    CU_ASSERT_EQUAL(schedule_slice_end(), UINT64_MAX);
    shared[0].tick = 1;
    CU_ASSERT_EQUAL(schedule_slice_end(), SLICE);
    schedule_slice_over(); // it stays
    CU_ASSERT_PTR_EQUAL(schedule_pick(), &dcbs[0]);
    CU_ASSERT_TRUE(kcb.unsettled);
    CU_ASSERT_EQUAL(schedule_slice_end(), SLICE);
    schedule_remove(&dcbs[0]);
    CU_ASSERT_EQUAL(schedule_slice_end(), UINT64_MAX);
    CU_ASSERT_PTR_NULL(schedule_pick());
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"turns", test_turns},
        {"groups", test_groups},
        {"groups that began anew", test_former},
        {"favour", test_favour},
        {"places of favoured ones", test_favoured_place},
        {"what is left of a slice", test_left_slice},
        {"whole slices", test_whole_slice},
        {"slices that are left in turn", test_left_in_turn},
        {"callees", test_callee},
        {"callees of favoured ones", test_favoured_callee},
        {"slices", test_slices},
        CU_TEST_INFO_NULL,
    };
    return test_suite("scheduler", tests);
}
