// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Turns of groups, and in groups; who is let run on whose slice; and when the end of a slice
// matters: if another dispatcher waits, or if the only one says that it has threads which do.
#include "sched/schedule.h"

#include <string.h>
#include <testlib/testlib.h>

#define COUNT 6u
#define SLICE 10000u

static struct schedule schedule;
static struct schedule_place places[COUNT];
static uint64_t now;
static volatile uint64_t asks[COUNT];

/// The first `runnable` dispatchers are, each in a group of its own.
static void begin(unsigned runnable)
{
    memset(&schedule, 0, sizeof(schedule));
    memset(places, 0, sizeof(places));
    for (unsigned i = 0; i < COUNT; i++)
        asks[i] = 0;
    now = 0;
    schedule_init(&schedule, SLICE);
    for (unsigned i = 0; i < COUNT; i++) {
        places[i].asks = &asks[i];
        schedule_join(&schedule, &places[i], NULL);
        schedule_begin_group(&schedule, &places[i], i + 1);
    }
    for (unsigned i = 0; i < runnable; i++)
        schedule_add(&schedule, &places[i]);
}

/// A dispatcher in the group of another.
static void join(struct schedule_place *place, const struct schedule_place *current)
{
    schedule_join(&schedule, place, current);
}

static uint64_t slice_end(void)
{
    return schedule_slice_end(&schedule, now);
}

/// An event ends, and the slice is over: who had it?
static unsigned take_turn(void)
{
    now = slice_end();
    unsigned had = (unsigned)(schedule.picked - places);
    schedule_slice_over(&schedule);
    return had;
}

static void test_turns(void)
{
    begin(3);
    for (unsigned turn = 0; turn < 6; turn++)
        CU_ASSERT_EQUAL(take_turn(), turn % 3);
    schedule_add(&schedule, &places[1]); // it is there
    CU_ASSERT_EQUAL(schedule.runnable, 3);
    schedule_remove(&schedule, &places[1]);
    schedule_remove(&schedule, &places[1]);
    CU_ASSERT_EQUAL(schedule.runnable, 2);
    CU_ASSERT_EQUAL(take_turn(), 0);
    schedule_yield(&schedule);
    CU_ASSERT_EQUAL(take_turn(), 0);
    CU_ASSERT_EQUAL(take_turn(), 2);
}

/// However many dispatchers a group has, each has one turn, and in it they take turns.
static void test_groups(void)
{
    begin(2);
    for (unsigned i = 2; i < COUNT; i++) {
        join(&places[i], &places[0]);
        schedule_add(&schedule, &places[i]);
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
        join(&places[i], &places[0]);
    schedule_begin_group(&schedule, &places[4], 1);
    join(&places[3], &places[1]);
    for (unsigned i = 1; i < 5; i++)
        schedule_add(&schedule, &places[i]);
    CU_ASSERT_EQUAL(take_turn(), 0); // runs already, in its old group
    static const unsigned expected[] = {1, 4, 2, 4, 3, 4, 0, 4, 1};
    for (unsigned turn = 0; turn < sizeof(expected) / sizeof(expected[0]); turn++)
        CU_ASSERT_EQUAL(take_turn(), expected[turn]);
}

/// Those of nobody are in group 0, and a dispatcher is in the one that its maker was in at that time.
static void test_first_group(void)
{
    begin(0);
    for (unsigned i = 0; i < 2; i++)
        schedule_join(&schedule, &places[i], NULL);
    schedule_begin_group(&schedule, &places[2], 7);
    schedule_begin_group(&schedule, &places[3], 7);
    join(&places[4], &places[3]);
    for (unsigned i = 0; i < 5; i++)
        schedule_add(&schedule, &places[i]);
    static const unsigned expected[] = {0, 2, 3, 1, 2, 4, 0, 2, 3};
    for (unsigned turn = 0; turn < sizeof(expected) / sizeof(expected[0]); turn++)
        CU_ASSERT_EQUAL(take_turn(), expected[turn]);
    schedule_begin_group(&schedule, &places[5], 0); // those in group 0 are its former ones
    for (unsigned i = 0; i < 2; i++) {
        schedule_remove(&schedule, &places[i]);
        schedule_add(&schedule, &places[i]);
        CU_ASSERT_PTR_EQUAL(places[i].turns_in, &schedule.former);
    }
}

/// Whatever changes who waits has the end of the slice found anew.
static void test_unsettled(void)
{
    begin(1);
    CU_ASSERT_TRUE(schedule.unsettled);
    schedule.unsettled = false;
    schedule_add(&schedule, &places[0]); // it is there
    schedule_remove(&schedule, &places[1]);
    CU_ASSERT_FALSE(schedule.unsettled);
    schedule_remove(&schedule, &places[0]);
    CU_ASSERT_TRUE(schedule.unsettled);
}

static void favour_sleeper(void)
{
    schedule_favour(&schedule, &places[5]);
}

static void begin_group_of_runnable(void)
{
    schedule_begin_group(&schedule, &places[0], 1);
}

static void begin_no_group(void)
{
    schedule_begin_group(&schedule, &places[5], KERNEL_GROUPS);
}

static void miscount(void)
{
    schedule.runnable = 0;
    schedule_slice_over(&schedule);
}

/// S5 and S6 are asserted.
static void test_broken(void)
{
    begin(2);
    test_dies(favour_sleeper);
    test_dies(begin_group_of_runnable);
    test_dies(begin_no_group);
    test_dies(miscount);
}

/// The one that was let run does so on another's slice and loses the core with it.
static void test_favour(void)
{
    begin(3);
    schedule_favour(&schedule, &places[2]);
    CU_ASSERT_PTR_EQUAL(schedule.picked, &places[2]);
    schedule_yield(&schedule);
    CU_ASSERT_PTR_EQUAL(schedule.picked, &places[0]);
    (void)slice_end();
    schedule_favour(&schedule, &places[2]);
    schedule_slice_over(&schedule);
    CU_ASSERT_PTR_EQUAL(schedule.picked, &places[1]);
}

/// One that was let run keeps its place among the others of its group, however its turn ends.
static void test_favoured_place(void)
{
    for (unsigned way = 0; way < 3; way++) {
        begin(2);
        for (unsigned i = 2; i < 4; i++) {
            join(&places[i], &places[1]);
            schedule_add(&schedule, &places[i]);
        }
        (void)slice_end();
        schedule_favour(&schedule, &places[2]);
        CU_ASSERT_PTR_EQUAL(schedule.picked, &places[2]);
        if (way == 0)
            schedule_slice_over(&schedule);
        else if (way == 1)
            schedule_yield(&schedule);
        else
            schedule_favour(&schedule, &places[0]);
        if (way != 0)
            CU_ASSERT_EQUAL(take_turn(), 0);
        static const unsigned expected[] = {1, 0, 2, 0, 3, 0, 1};
        for (unsigned turn = 0; turn < sizeof(expected) / sizeof(expected[0]); turn++)
            CU_ASSERT_EQUAL(take_turn(), expected[turn]);
    }
}

/// The second place comes next, and has a whole slice.
static void first_slice_over(void)
{
    now = SLICE;
    schedule_slice_over(&schedule);
    CU_ASSERT_PTR_EQUAL(schedule.picked, &places[1]);
    CU_ASSERT_EQUAL(slice_end(), 2 * SLICE);
}

/// Two that hand the core to one another, and leave it before their slice is over, have no part of
/// the third one's.
static void test_left_slice(void)
{
    begin(2);
    CU_ASSERT_EQUAL(slice_end(), SLICE);
    now = 1;
    schedule_add(&schedule, &places[2]);
    schedule_remove(&schedule, &places[0]); // blocks, in a call
    schedule_favour(&schedule, &places[2]);
    CU_ASSERT_EQUAL(slice_end(), SLICE);
    CU_ASSERT_PTR_EQUAL(schedule.picked, &places[2]);
    first_slice_over();
}

/// Who comes after one that blocks has a whole slice.
static void test_whole_slice(void)
{
    begin(3);
    (void)slice_end();
    now = SLICE - 1;
    schedule_remove(&schedule, &places[0]);
    CU_ASSERT_EQUAL(slice_end(), 2 * SLICE - 1);
    schedule_add(&schedule, &places[0]);
    now = SLICE;
    CU_ASSERT_EQUAL(slice_end(), 2 * SLICE - 1);
}

/// Two of one group that leave before their slice is over, in turn, have one slice together.
static void test_left_in_turn(void)
{
    begin(2);
    join(&places[2], &places[0]);
    schedule_add(&schedule, &places[2]);
    CU_ASSERT_EQUAL(slice_end(), SLICE);
    for (unsigned i = 0; i < 4; i++) {
        struct schedule_place *leaves = schedule.picked;
        CU_ASSERT_PTR_EQUAL(leaves, &places[i % 2 == 0 ? 0 : 2]);
        now += SLICE / 5;
        schedule_remove(&schedule, leaves);
        CU_ASSERT_EQUAL(slice_end(), SLICE);
        schedule_add(&schedule, leaves);
    }
    first_slice_over();
}

/// A callee has its caller's place until the slice is over, and then its own.
static void test_callee(void)
{
    begin(2);
    for (unsigned i = 2; i < 5; i++) {
        join(&places[i], &places[0]);
        schedule_add(&schedule, &places[i]);
    }
    struct schedule_place *callee = &places[5];
    schedule_replace(&schedule, &places[0], callee);
    CU_ASSERT_PTR_EQUAL(schedule.picked, callee);
    static const unsigned expected[] = {5, 1, 5, 2, 1, 5};
    for (unsigned turn = 0; turn < sizeof(expected) / sizeof(expected[0]); turn++)
        CU_ASSERT_EQUAL(take_turn(), expected[turn]);
}

/// The same of one that is called by whom another has let run: however its turn ends.
static void test_favoured_callee(void)
{
    for (unsigned way = 0; way < 3; way++) {
        begin(2);
        join(&places[2], &places[1]);
        schedule_add(&schedule, &places[2]);
        (void)slice_end();
        schedule_favour(&schedule, &places[1]);
        schedule_replace(&schedule, &places[1], &places[5]);
        if (way == 0)
            schedule_slice_over(&schedule);
        else if (way == 1)
            schedule_yield(&schedule);
        else
            schedule_favour(&schedule, &places[0]);
        CU_ASSERT_PTR_EQUAL(schedule.picked, way == 0 ? &places[2] : &places[0]);
        if (way != 0)
            CU_ASSERT_EQUAL(take_turn(), 0);
        CU_ASSERT_EQUAL(take_turn(), 2);
        CU_ASSERT_EQUAL(take_turn(), 5);
    }
}

static void test_slices(void)
{
    begin(0);
    CU_ASSERT_EQUAL(slice_end(), UINT64_MAX);
    begin(2);
    CU_ASSERT_EQUAL(slice_end(), SLICE);
    schedule_remove(&schedule, &places[1]);
    CU_ASSERT_EQUAL(slice_end(), UINT64_MAX);
    asks[1] = 1; // not runnable: no matter
    CU_ASSERT_EQUAL(slice_end(), UINT64_MAX);
    asks[0] = 1;
    CU_ASSERT_EQUAL(slice_end(), SLICE);
    schedule_slice_over(&schedule); // it stays
    CU_ASSERT_PTR_EQUAL(schedule.picked, &places[0]);
    CU_ASSERT_TRUE(schedule.unsettled);
    CU_ASSERT_EQUAL(slice_end(), SLICE);
    schedule_remove(&schedule, &places[0]);
    CU_ASSERT_EQUAL(slice_end(), UINT64_MAX);
    CU_ASSERT_PTR_NULL(schedule.picked);
}

static unsigned runnable_now(void)
{
    unsigned count = 0;
    for (unsigned i = 0; i < COUNT; i++)
        count += places[i].member.next != NULL;
    return count;
}

static void random_operation(struct test_random *random)
{
    struct schedule_place *place = &places[test_random_below(random, COUNT)];
    bool runnable = place->member.next != NULL;
    switch (test_random_below(random, 7)) {
    case 0:
        schedule_add(&schedule, place);
        break;
    case 1:
        schedule_remove(&schedule, place);
        break;
    case 2:
        schedule_slice_over(&schedule);
        break;
    case 3:
        schedule_yield(&schedule);
        break;
    case 4:
        if (runnable)
            schedule_favour(&schedule, place);
        break;
    case 5:
        if (schedule.picked != NULL && !runnable)
            schedule_replace(&schedule, schedule.picked, place);
        break;
    default:
        if (!runnable) {
            schedule_join(&schedule, place, &places[test_random_below(random, COUNT)]);
            if (test_random_below(random, 2) == 0)
                schedule_begin_group(&schedule, place, (uint32_t)test_random_below(random, COUNT));
        }
    }
}

/// Whatever is done, all are where they should be, and each that is runnable has its turn.
static void test_random(void)
{
    struct test_random random;
    test_random_init(&random, 1);
    begin(2);
    for (unsigned i = 0; i < 20000; i++) {
        if (schedule.picked == NULL)
            schedule_add(&schedule, &places[0]);
        random_operation(&random);
        CU_ASSERT_FATAL(schedule_valid(&schedule) && schedule.runnable == runnable_now());
        bool had[COUNT] = {false};
        for (unsigned turn = 0; i % 100 == 0 && turn < COUNT * COUNT && schedule.runnable > 0;
             turn++)
            had[take_turn()] = true;
        for (unsigned p = 0; i % 100 == 0 && p < COUNT; p++)
            CU_ASSERT(had[p] == (places[p].member.next != NULL));
    }
}

static void test_damage(void)
{
    begin(3);
    CU_ASSERT_FALSE((schedule.runnable++, schedule_valid(&schedule)));
    begin(3);
    CU_ASSERT_FALSE((schedule.picked = NULL, schedule_valid(&schedule)));
    CU_ASSERT_FALSE((schedule.picked = &places[4], schedule_valid(&schedule)));
    begin(3);
    CU_ASSERT_FALSE((places[1].turns_in = places[0].turns_in, schedule_valid(&schedule)));
    begin(3);
    CU_ASSERT_FALSE(
        (places[1].turns_in->turn.prev = &places[1].turns_in->turn, schedule_valid(&schedule)));
    begin(3);
    CU_ASSERT_FALSE((places[1].member.prev = &places[0].member, schedule_valid(&schedule)));
    begin(3);
    CU_ASSERT_FALSE((list_remove(&places[1].member), schedule_valid(&schedule)));
    begin(0);
    CU_ASSERT(schedule_valid(&schedule));
    CU_ASSERT_FALSE((schedule.picked = &places[0], schedule_valid(&schedule)));
}

TEST_SUITE("scheduler") = {
    {"turns", test_turns},
    {"groups", test_groups},
    {"groups that began anew", test_former},
    {"the first group", test_first_group},
    {"what is unsettled", test_unsettled},
    {"a broken scheduler", test_broken},
    {"favour", test_favour},
    {"places of favoured ones", test_favoured_place},
    {"what is left of a slice", test_left_slice},
    {"whole slices", test_whole_slice},
    {"slices that are left in turn", test_left_in_turn},
    {"callees", test_callee},
    {"callees of favoured ones", test_favoured_callee},
    {"slices", test_slices},
    {"random operations", test_random},
    {"what is damaged is not valid", test_damage},
};
