// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The protocol of one revocation: each course by itself, then random courses with a holder that
// gives, allocates, is late and ends.
#include <testlib/testlib.h>

#include "revocation.h"

static struct revocation r;

static void expect(enum revocation_action action, enum revocation_action wanted,
                   enum revocation_state state)
{
    CU_ASSERT_EQUAL(action, wanted);
    CU_ASSERT_EQUAL(r.state, state);
}

#define BEGIN(wanted, held, registered, action, state)                                             \
    expect(revocation_begin(&r, wanted, held, registered), REVOCATION_##action, REVOCATION_##state)
#define STEP(event, held, action, state)                                                           \
    expect(revocation_step(&r, REVOCATION_##event, held), REVOCATION_##action, REVOCATION_##state)

static void test_gives(void)
{
    BEGIN(50, 200, true, ASK, ASKED);
    STEP(HELD, 180, NONE, ASKED);
    STEP(HELD, 151, NONE, ASKED);
    STEP(HELD, 150, DONE, IDLE);
    CU_ASSERT(revocation_returned(&r) == 50 && r.forced == 0);
    STEP(HELD, 100, NONE, IDLE); // what comes later changes nothing
    STEP(DEADLINE, 100, NONE, IDLE);
    BEGIN(50, 200, true, ASK, ASKED);
    STEP(HELD, 20, DONE, IDLE);
    CU_ASSERT_EQUAL(revocation_returned(&r), 180); // more than was wanted
}

static void test_refuses(void)
{
    BEGIN(50, 200, true, ASK, ASKED);
    STEP(DEADLINE, 190, TAKE, FORCING);
    STEP(TAKEN, 160, TAKE, FORCING);
    STEP(TAKEN, 110, DONE, IDLE);
    CU_ASSERT(revocation_returned(&r) == 90 && r.forced == 80);
}

static void test_late(void)
{
    BEGIN(50, 200, true, ASK, ASKED);
    STEP(DEADLINE, 200, TAKE, FORCING);
    STEP(TAKEN, 190, TAKE, FORCING);
    STEP(HELD, 170, NONE, FORCING); // after the deadline, it still counts
    STEP(DEADLINE, 170, NONE, FORCING);
    STEP(HELD, 145, DONE, IDLE);
    CU_ASSERT(revocation_returned(&r) == 55 && r.forced == 10);
    // Just at the deadline.
    BEGIN(50, 200, true, ASK, ASKED);
    STEP(DEADLINE, 150, DONE, IDLE);
}

static void test_allocates(void)
{
    BEGIN(50, 200, true, ASK, ASKED);
    STEP(HELD, 300, NONE, ASKED);
    CU_ASSERT_EQUAL(revocation_returned(&r), 0);
    STEP(HELD, 240, NONE, ASKED); // 60 given, but 100 taken
    STEP(DEADLINE, 240, TAKE, FORCING);
    STEP(TAKEN, 200, TAKE, FORCING);
    STEP(TAKEN, 150, DONE, IDLE);
    CU_ASSERT(revocation_returned(&r) == 50 && r.forced == 90);
}

static void test_not_registered(void)
{
    BEGIN(50, 200, false, TAKE, FORCING);
    STEP(TAKEN, 120, DONE, IDLE);
    CU_ASSERT(revocation_returned(&r) == 80 && r.forced == 80);
    BEGIN(0, 200, false, DONE, IDLE);
    BEGIN(0, 0, true, DONE, IDLE);
}

static void test_nothing_to_take(void)
{
    BEGIN(50, 20, false, TAKE, FORCING);
    STEP(TAKEN, 5, TAKE, FORCING);
    STEP(NOTHING, 5, DONE, IDLE); // what other cores may hold
    CU_ASSERT(revocation_returned(&r) == 15 && r.forced == 15);
    BEGIN(50, 20, false, TAKE, FORCING);
    STEP(TAKEN, 20, TAKE, FORCING); // a range of which nothing came back
    STEP(NOTHING, 20, DONE, IDLE);
    CU_ASSERT_EQUAL(revocation_returned(&r), 0);
}

static void test_ends(void)
{
    BEGIN(50, 200, true, ASK, ASKED);
    STEP(ENDED, 200, DONE, IDLE);
    CU_ASSERT(revocation_returned(&r) == 200 && r.forced == 0);
    BEGIN(500, 200, false, TAKE, FORCING);
    STEP(TAKEN, 150, TAKE, FORCING);
    STEP(ENDED, 150, DONE, IDLE);
    CU_ASSERT(revocation_returned(&r) == 200 && r.forced == 50);
}

static void test_random(void)
{
    struct test_random random;
    test_random_init(&random, 41);
    for (unsigned course = 0; course < 20000; course++) {
        uint64_t held = test_random_below(&random, 100), start = held;
        uint64_t wanted = test_random_below(&random, 120), taken = 0;
        bool given_any = false;
        enum revocation_action action =
            revocation_begin(&r, wanted, held, test_random_below(&random, 2) == 0);
        for (unsigned steps = 0; action != REVOCATION_DONE; steps++) {
            CU_ASSERT_FATAL(steps < 1000);
            enum revocation_event event = REVOCATION_HELD;
            if (action == REVOCATION_TAKE) {
                uint64_t now = held > 10 ? test_random_below(&random, held) : 0;
                event = held > 0 ? REVOCATION_TAKEN : REVOCATION_NOTHING;
                taken += held - now;
                held = now;
            } else if (test_random_below(&random, 8) == 0) {
                event = REVOCATION_DEADLINE;
            } else if (test_random_below(&random, 50) == 0) {
                event = REVOCATION_ENDED;
            } else {
                held = test_random_below(&random, 2 * start + 1);
                given_any = true;
            }
            action = revocation_step(&r, event, held);
            held = event == REVOCATION_ENDED ? 0 : held;
        }
        CU_ASSERT_EQUAL_FATAL(r.state, REVOCATION_IDLE);
        CU_ASSERT_EQUAL_FATAL(revocation_returned(&r), held < start ? start - held : 0);
        CU_ASSERT_EQUAL_FATAL(r.forced, taken);
        CU_ASSERT_FATAL(revocation_returned(&r) >= wanted || held == 0);
        CU_ASSERT_FATAL(given_any || taken <= start);
    }
}

TEST_SUITE("revocation") = {
    {"gives", test_gives},
    {"refuses", test_refuses},
    {"is late", test_late},
    {"allocates meanwhile", test_allocates},
    {"has not registered", test_not_registered},
    {"has nothing to take", test_nothing_to_take},
    {"ends", test_ends},
    {"random courses", test_random},
};
