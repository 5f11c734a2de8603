// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Deferred events: order by time whatever the order of registration, cancelling, periods,
// conversions.
#include "barrelfish/deferred.h"
#include "fake_kernel.h"
#include "suites.h"

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
    while (fake.disp->timers != NULL || err_is_ok(check_for_event(&ws))) {
        (void)event_dispatch_non_block(&ws);
    }
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
    while (ticks < 3) {
        (void)event_dispatch_non_block(&ws);
    }
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

CU_TestInfo timer_tests[] = {
    {"events in the order of their times", test_order},
    {"periodic events", test_periodic},
    {"conversions", test_conversions},
    CU_TEST_INFO_NULL,
};
