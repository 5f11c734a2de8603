// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The timer wheel: no timer is called early (T1), none is lost and none called twice, whatever the
// time is when it is added, looked for and called; the limit of calls in one event; and that the next
// time that the wheel names is soon enough. At the end a random run against a list of what is due.
#include "sched/timer.h"

#include <string.h>
#include <testlib/testlib.h>

#define MS 1000u
#define TURN (TIMER_BUCKETS * (uint64_t)MS)
#define TIMERS 40u
#define START (7 * TURN + 3 * MS + 1) // in the midst of a turn, and of a period

static struct timer_wheel wheel;
static struct timer timers[TIMERS];
static uint64_t again[TIMERS]; // what each asks for when it is called
static uint64_t called_at[TIMERS];
static unsigned calls[TIMERS], calls_in_all;

static uint64_t due(struct timer *timer, uint64_t now)
{
    size_t i = (size_t)(timer - timers);
    CU_ASSERT_EQUAL(timer->at, 0);
    called_at[i] = now;
    calls[i]++;
    calls_in_all++;
    uint64_t next = again[i];
    again[i] = 0;
    return next;
}

static void begin(uint64_t now)
{
    memset(&wheel, 0, sizeof(wheel));
    memset(timers, 0, sizeof(timers));
    memset(again, 0, sizeof(again));
    memset(calls, 0, sizeof(calls));
    calls_in_all = 0;
    for (unsigned i = 0; i < TIMERS; i++)
        timers[i].due = due;
    timer_init(&wheel, MS, now);
}

/// What a core does: it sleeps until the time that the wheel names. Returns when that was.
static uint64_t sleep_once(void)
{
    uint64_t now = timer_next(&wheel);
    CU_ASSERT_NOT_EQUAL_FATAL(now, UINT64_MAX);
    timer_expire(&wheel, now);
    return now;
}

/// The first moment of the period after a time.
static uint64_t period_after(uint64_t time)
{
    return (time / MS + 1) * MS;
}

static void test_empty(void)
{
    begin(START);
    CU_ASSERT_EQUAL(timer_next(&wheel), UINT64_MAX);
    timer_expire(&wheel, START + 5 * TURN);
    timer_remove(&wheel, &timers[0]); // it is in none
    CU_ASSERT_EQUAL(timer_next(&wheel), UINT64_MAX);
    CU_ASSERT_EQUAL(calls_in_all, 0);
}

static void check_delay(uint64_t start, uint64_t delay)
{
    begin(start);
    uint64_t at = start + delay, now = start;
    timer_add(&wheel, &timers[0], at, start);
    CU_ASSERT_EQUAL(timers[0].at, at);
    while (calls_in_all == 0) {
        CU_ASSERT_TRUE_FATAL(timer_next(&wheel) > now);
        now = sleep_once();
    }
    CU_ASSERT_TRUE(now == period_after(at) || now == at);
    CU_ASSERT_EQUAL(called_at[0], now);
    CU_ASSERT_EQUAL(timers[0].at, 0);
    CU_ASSERT_EQUAL(timer_next(&wheel), UINT64_MAX);
}

/// At and about each border: called in the first moment of the next period, or just when it is due.
static void test_never_early(void)
{
    static const uint64_t about[] = {0, MS, TURN - MS, TURN, TURN + MS, 2 * TURN, 9 * TURN};
    for (uint64_t start = START - MS; start <= START + MS; start += MS / 4) {
        check_delay(start, 0);
        for (size_t i = 0; i < sizeof(about) / sizeof(about[0]); i++)
            for (uint64_t delay = about[i]; delay <= about[i] + 2; delay++)
                check_delay(start, delay == 0 ? 0 : delay - 1);
    }
}

/// In the last bucket of a turn, and due in just the moment that is looked for.
static void test_on_time(void)
{
    begin(7 * TURN);
    timer_add(&wheel, &timers[0], 8 * TURN - MS, 7 * TURN);
    CU_ASSERT_EQUAL(sleep_once(), 8 * TURN - MS);
    CU_ASSERT_EQUAL(calls[0], 1);
}

/// A time that has passed is called at once, 0 among them.
static void test_past(void)
{
    static const uint64_t times[] = {0, 1, START - TURN, START - 1};
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        begin(START);
        timer_add(&wheel, &timers[0], times[i], START);
        CU_ASSERT_NOT_EQUAL(timers[0].at, 0);
        CU_ASSERT_EQUAL(sleep_once(), period_after(START));
        CU_ASSERT_EQUAL(calls[0], 1);
    }
}

/// The wheel stands still while nobody waits, however long that is.
static void test_long_idle(void)
{
    begin(START);
    uint64_t now = START + 1000 * TURN + 5;
    timer_add(&wheel, &timers[0], now + 3 * MS, now);
    CU_ASSERT_EQUAL(sleep_once(), period_after(now + 3 * MS));
    CU_ASSERT_EQUAL(calls[0], 1);
}

static void test_order(void)
{
    begin(START);
    for (unsigned i = 0; i < 10; i++)
        timer_add(&wheel, &timers[i], START + (i * 7 % 10) * 40 * MS, START);
    for (uint64_t last = 0; calls_in_all < 10;) {
        unsigned before = calls_in_all;
        uint64_t now = sleep_once();
        CU_ASSERT_TRUE(now > last);
        CU_ASSERT_TRUE(calls_in_all <= before + 1);
        last = now;
    }
    for (unsigned i = 0; i < 10; i++)
        for (unsigned k = 0; k < 10; k++)
            CU_ASSERT_EQUAL(called_at[i] < called_at[k], i * 7 % 10 < k * 7 % 10);
}

/// Of one bucket any can leave, and the others stay.
static void test_remove(void)
{
    for (unsigned leaves = 0; leaves < 8; leaves++) {
        begin(START);
        for (unsigned i = 0; i < 3; i++)
            timer_add(&wheel, &timers[i], START + 5 * MS, START);
        for (unsigned i = 0; i < 3; i++)
            if ((leaves >> i & 1) != 0)
                timer_remove(&wheel, &timers[i]);
        if (leaves != 7)
            (void)sleep_once();
        for (unsigned i = 0; i < 3; i++)
            CU_ASSERT_EQUAL(calls[i], 1 - (leaves >> i & 1));
        CU_ASSERT_EQUAL(timer_next(&wheel), UINT64_MAX);
        timer_add(&wheel, &timers[0], START + 9 * MS, START);
        timer_expire(&wheel, START + 11 * MS);
        CU_ASSERT_EQUAL(calls[0], 2 - (leaves & 1));
    }
}

/// At the limit, one below and one above: what is left is next, at once, and nothing is called twice.
static void test_limit(void)
{
    for (unsigned count = TIMER_EXPIRE_MAX - 1; count <= TIMER_EXPIRE_MAX + 1; count++) {
        begin(START);
        for (unsigned i = 0; i < count; i++)
            timer_add(&wheel, &timers[i], START + 2 * MS, START);
        uint64_t now = START + 20 * MS;
        timer_expire(&wheel, now);
        unsigned most = count < TIMER_EXPIRE_MAX ? count : TIMER_EXPIRE_MAX;
        CU_ASSERT_EQUAL(calls_in_all, most);
        CU_ASSERT_EQUAL(timer_next(&wheel) <= now, most < count);
        timer_expire(&wheel, now);
        CU_ASSERT_EQUAL(calls_in_all, count);
        CU_ASSERT_EQUAL(timer_next(&wheel), UINT64_MAX);
    }
}

/// The limit is one for all buckets of an event together.
static void test_limit_over_buckets(void)
{
    begin(START);
    for (unsigned i = 0; i < TIMERS; i++)
        timer_add(&wheel, &timers[i], START + (1 + i / 10) * MS, START);
    uint64_t now = START + 20 * MS;
    for (unsigned left = TIMERS; left > 0;) {
        unsigned step = left < TIMER_EXPIRE_MAX ? left : TIMER_EXPIRE_MAX, before = calls_in_all;
        timer_expire(&wheel, now);
        CU_ASSERT_EQUAL(calls_in_all, before + step);
        left -= step;
    }
    for (unsigned i = 0; i < TIMERS; i++)
        CU_ASSERT_EQUAL(calls[i], 1);
}

/// Who is called can ask to be called again; who asks for a time that has passed waits for the next
/// period, so that no event goes round for ever.
static void test_again(void)
{
    begin(START);
    timer_add(&wheel, &timers[0], START, START);
    again[0] = START + TURN + 5 * MS;
    CU_ASSERT_EQUAL(sleep_once(), period_after(START));
    CU_ASSERT_EQUAL(timers[0].at, START + TURN + 5 * MS);
    while (calls_in_all == 1)
        (void)sleep_once();
    CU_ASSERT_EQUAL(called_at[0], period_after(START + TURN + 5 * MS));
    timer_add(&wheel, &timers[1], START + 2 * TURN, START + TURN);
    again[1] = 1;
    while (calls[1] == 0)
        (void)sleep_once();
    uint64_t first = called_at[1];
    CU_ASSERT_EQUAL(sleep_once(), first + MS);
    CU_ASSERT_EQUAL(calls[1], 2);
}

/// Of what each waited for (`wanted`, or 0) after an expiry at `now`, which may have been cut short.
static void check_called(const uint64_t *wanted, const unsigned *before, uint64_t now, bool cut)
{
    for (unsigned i = 0; i < TIMERS; i++) {
        unsigned called = calls[i] - before[i];
        CU_ASSERT_TRUE(called <= 1);
        CU_ASSERT_TRUE(called == 0 || (wanted[i] != 0 && wanted[i] <= now));
        bool must = wanted[i] != 0 && period_after(wanted[i]) <= now && !cut;
        CU_ASSERT_TRUE(!must || called == 1);
        CU_ASSERT_EQUAL(timers[i].at, called == 1 ? 0 : wanted[i]);
    }
}

static void test_random(void)
{
    struct test_random random;
    test_random_init(&random, 7);
    begin(START);
    uint64_t wanted[TIMERS] = {0}, now = START;
    for (unsigned round = 0; round < 20000; round++) {
        unsigned i = (unsigned)test_random_below(&random, TIMERS);
        if (wanted[i] != 0) {
            timer_remove(&wheel, &timers[i]);
            wanted[i] = 0;
        } else {
            wanted[i] = now + test_random_below(&random, round % 3 == 0 ? 3 * TURN : 20 * MS);
            timer_add(&wheel, &timers[i], wanted[i], now);
        }
        if (test_random_below(&random, 4) != 0)
            continue;
        unsigned before[TIMERS], all = calls_in_all;
        memcpy(before, calls, sizeof(before));
        now += test_random_below(&random, round % 7 == 0 ? 2 * TURN : 5 * MS);
        timer_expire(&wheel, now);
        check_called(wanted, before, now, timer_next(&wheel) <= now);
        CU_ASSERT_TRUE(calls_in_all - all <= TIMER_EXPIRE_MAX);
        for (unsigned k = 0; k < TIMERS; k++)
            wanted[k] = calls[k] != before[k] ? 0 : wanted[k];
    }
}

static void add_twice(void)
{
    timer_add(&wheel, &timers[0], START, START);
    timer_add(&wheel, &timers[0], START, START);
}

static void call_out_of_another_bucket(void)
{
    timer_add(&wheel, &timers[0], START, START);
    timers[0].bucket++;
    timer_expire(&wheel, START + TURN);
}

static void remove_unseen(void)
{
    timer_add(&wheel, &timers[0], START, START);
    memset(wheel.occupied, 0, sizeof(wheel.occupied));
    timer_remove(&wheel, &timers[0]);
}

/// T1 to T3 are asserted.
static void test_broken(void)
{
    begin(START);
    test_dies(add_twice);
    test_dies(call_out_of_another_bucket);
    test_dies(remove_unseen);
}

TEST_SUITE("timers") = {
    {"an empty wheel", test_empty},
    {"never early", test_never_early},
    {"on time", test_on_time},
    {"times that have passed", test_past},
    {"long without timers", test_long_idle},
    {"order", test_order},
    {"removal", test_remove},
    {"the limit of one event", test_limit},
    {"the limit over several buckets", test_limit_over_buckets},
    {"called again", test_again},
    {"a random run", test_random},
    {"a broken wheel", test_broken},
};
