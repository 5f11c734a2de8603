// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Deferred events: order by time whatever the order of registration, cancelling, periods,
// conversions; and when a thread that runs has the CPU driver come back for the others.
#include "barrelfish/blocking.h"
#include "barrelfish/deferred.h"
#include "fake_kernel.h"
#include "testlib/testlib.h"

#define EVENTS 50

static systime_t last;
static unsigned ran;

static void note(void *arg)
{
    struct deferred_event *event = arg;
    CU_ASSERT_TRUE(event->time >= last);
    CU_ASSERT_TRUE(systime_now() >= event->time);
    last = event->time;
    ran++;
}

static void test_order(void)
{
    static struct deferred_event events[EVENTS];
    struct waitset ws;
    struct test_random random;
    fake_kernel_start();
    waitset_init(&ws);
    test_random_init(&random, 7);
    last = 0;
    ran = 0;
    for (int i = 0; i < EVENTS; i++) {
        deferred_event_init(&events[i]);
        CU_ASSERT_EQUAL(deferred_event_register(&events[i], &ws, test_random_below(&random, 2000),
                                                MKCLOSURE(note, &events[i])),
                        SYS_ERR_OK);
    }
    CU_ASSERT_EQUAL(deferred_event_register(&events[3], &ws, 1, NOP_CLOSURE),
                    LIB_ERR_CHAN_ALREADY_REGISTERED);
    for (int i = 0; i < EVENTS; i += 5) {
        CU_ASSERT_EQUAL(deferred_event_cancel(&events[i]), SYS_ERR_OK);
        CU_ASSERT_EQUAL(deferred_event_cancel(&events[i]), LIB_ERR_CHAN_NOT_REGISTERED);
    }
    while (fake.disp->timers != NULL || err_is_ok(check_for_event(&ws)))
        (void)event_dispatch_non_block(&ws);
    CU_ASSERT_EQUAL(ran, EVENTS - EVENTS / 5);
}

static void tick(void *arg)
{
    (*(unsigned *)arg)++;
}

static void test_periodic(void)
{
    struct waitset ws;
    struct periodic_event event;
    unsigned ticks = 0;
    fake_kernel_start();
    waitset_init(&ws);
    CU_ASSERT_EQUAL(periodic_event_create(&event, &ws, 100, MKCLOSURE(tick, &ticks)), SYS_ERR_OK);
    while (ticks < 3)
        (void)event_dispatch_non_block(&ws);
    CU_ASSERT_EQUAL(periodic_event_cancel(&event), SYS_ERR_OK);
    CU_ASSERT_PTR_NULL(fake.disp->timers);
    CU_ASSERT_EQUAL(periodic_event_cancel(&event), LIB_ERR_CHAN_NOT_REGISTERED);
}

static void test_conversions(void)
{
    fake_kernel_start();
    CU_ASSERT_EQUAL(us_to_systime(3), 6000);
    CU_ASSERT_EQUAL(systime_to_us(6000), 3);
    CU_ASSERT_EQUAL(systime_to_ns(7), 3);
    CU_ASSERT_EQUAL(us_to_systime(UINT64_MAX), UINT64_MAX);
}

/// The claim is made once in a slice. A thread that waits for time is looked for until it is woken;
/// one that waits for messages only is not.
static void test_want_tick(void)
{
    struct waitset ws;
    struct deferred_event event;
    struct thread others[2] = {{.id = 2}, {.id = 3}};
    struct list *queue = NULL;
    fake_kernel_start();
    struct dispatcher *disp = fake.disp;
    waitset_init(&ws);
    (void)disp_disable();
    for (int i = 0; i < 2; i++) {
        others[i].state = THREAD_BLOCKED;
        thread_ring_add(&queue, &others[i]);
    }
    CU_ASSERT_EQUAL(disp->shared.tick, 0);
    thread_wake_one_disabled(&queue);
    thread_wake_one_disabled(&queue);
    CU_ASSERT_EQUAL(disp->shared.tick, 1);
    CU_ASSERT_EQUAL(fake.ticks, 1);
    thread_ring_take(&disp->run_queue);
    thread_ring_take(&disp->run_queue);

    others[0].state = THREAD_BLOCKED;
    thread_ring_add(&ws.waiters, &others[0]);
    CU_ASSERT_EQUAL(disp->looked_for, 0);
    disp_enable((dispatcher_handle_t)disp);
    deferred_event_init(&event);
    CU_ASSERT_EQUAL(deferred_event_register(&event, &ws, 0, NOP_CLOSURE), SYS_ERR_OK);
    CU_ASSERT_EQUAL(disp->looked_for, 1);
    CU_ASSERT_EQUAL(check_for_event(&ws), SYS_ERR_OK);
    CU_ASSERT_EQUAL(disp->looked_for, 0);
    CU_ASSERT_PTR_EQUAL(thread_ring_take(&disp->run_queue), &others[0]);
    CU_ASSERT_EQUAL(event_dispatch(&ws), SYS_ERR_OK);
}

/// The limit of a thread's calls: its own, else that of the call; none is for ever.
static void test_limits(void)
{
    fake_kernel_start();
    systime_t second = us_to_systime(1000000);
    CU_ASSERT_EQUAL(blocking_deadline(BLOCKING_FOREVER), 0);
    systime_t before = systime_now(), deadline = blocking_deadline(1000000);
    CU_ASSERT_TRUE(deadline >= before + second && deadline <= systime_now() + second);
    CU_ASSERT_EQUAL(blocking_set_limit(2000000), 0);
    before = systime_now();
    deadline = blocking_deadline(BLOCKING_FOREVER);
    CU_ASSERT_TRUE(deadline >= before + 2 * second && deadline <= systime_now() + 2 * second);
    CU_ASSERT_EQUAL(blocking_set_limit(BLOCKING_FOREVER), 2000000);
    CU_ASSERT_EQUAL(blocking_deadline(1), 0);
    CU_ASSERT_EQUAL(blocking_set_limit(0), BLOCKING_FOREVER);
    deadline = blocking_deadline(1);
    CU_ASSERT_TRUE(deadline != 0 && deadline <= systime_now() + second);
    CU_ASSERT_EQUAL(blocking_until(UINT64_MAX), 0);
    fake.disp->shared.tsc_per_ms = 1000; // as many microseconds as ticks
    CU_ASSERT_EQUAL(blocking_until(UINT64_MAX - 1000), 0);
    CU_ASSERT_TRUE(blocking_until(UINT64_MAX - systime_now() - (1ul << 40)) > UINT64_MAX / 2);
    CU_ASSERT_FALSE(disp_is_disabled());
}

/// A time beyond all times is the last of all.
static void test_far(void)
{
    struct waitset ws;
    struct deferred_event event;
    fake_kernel_start();
    waitset_init(&ws);
    deferred_event_init(&event);
    CU_ASSERT_EQUAL(deferred_event_register(&event, &ws, UINT64_MAX, NOP_CLOSURE), SYS_ERR_OK);
    CU_ASSERT_TRUE(event.time == UINT64_MAX && ws.looked_for && !disp_is_disabled());
    CU_ASSERT_EQUAL(deferred_first_disabled(fake.disp), UINT64_MAX);
    CU_ASSERT_EQUAL(deferred_event_cancel(&event), SYS_ERR_OK);
    CU_ASSERT_TRUE(deferred_first_disabled(fake.disp) == 0 && !disp_is_disabled());
    systime_t before = systime_now();
    fake.asleep = fake_expire;
    CU_ASSERT_EQUAL(barrelfish_usleep(1ul << 30), SYS_ERR_OK);
    CU_ASSERT_TRUE(fake.sleeps == 1 && fake.disp->timers == NULL);
    CU_ASSERT_TRUE(fake.slept_until >= before + us_to_systime(1ul << 30));
}

TEST_SUITE("timer") = {
    {"events in the order of their times", test_order},
    {"periodic events", test_periodic},
    {"conversions", test_conversions},
    {"asking for ticks", test_want_tick},
    {"limits of calls", test_limits},
    {"a far time, and a sleep", test_far},
};
