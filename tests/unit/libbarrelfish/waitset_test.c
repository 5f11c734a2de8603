// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Waitsets and event queues: order, each error, polled channels, arming before a sleep.
#include "barrelfish/event_queue.h"
#include "fake_kernel.h"
#include "suites.h"

static int ran;
static bool ready;
static int armed;

static void note(void *arg)
{
    ran = ran * 10 + (int)(intptr_t)arg;
}

static struct event_closure note_closure(int number)
{
    return MKCLOSURE(note, (void *)(intptr_t)number);
}

static bool poll_ready(struct waitset_chanstate *chan)
{
    (void)chan;
    return ready;
}

static bool arm_unless_ready(struct waitset_chanstate *chan)
{
    (void)chan;
    armed += !ready;
    return !ready;
}

static void disarm(struct waitset_chanstate *chan)
{
    (void)chan;
    armed--;
}

static void begin(struct waitset *ws)
{
    fake_kernel_start();
    waitset_init(ws);
    ran = armed = 0;
    ready = false;
}

static void test_order(void)
{
    struct waitset ws;
    struct waitset_chanstate chans[3];
    begin(&ws);
    for (int i = 0; i < 3; i++) {
        waitset_chanstate_init(&chans[i], CHANTYPE_OTHER);
        CU_ASSERT_EQUAL(waitset_chan_register(&ws, &chans[i], note_closure(i + 1)), SYS_ERR_OK);
    }
    CU_ASSERT_EQUAL(event_dispatch_non_block(&ws), LIB_ERR_NO_EVENT);
    CU_ASSERT_EQUAL(waitset_chan_trigger(&chans[2]), SYS_ERR_OK);
    CU_ASSERT_EQUAL(waitset_chan_trigger(&chans[0]), SYS_ERR_OK);
    CU_ASSERT_EQUAL(waitset_chan_trigger(&chans[2]), SYS_ERR_OK);
    CU_ASSERT_EQUAL(waitset_chan_trigger(&chans[1]), SYS_ERR_OK);
    CU_ASSERT_EQUAL(waitset_destroy(&ws), LIB_ERR_INVALID_ARGS);
    CU_ASSERT_EQUAL(check_for_event(&ws), SYS_ERR_OK);
    CU_ASSERT_EQUAL(waitset_chan_deregister(&chans[0]), SYS_ERR_OK);
    CU_ASSERT_EQUAL(event_dispatch(&ws), SYS_ERR_OK);
    CU_ASSERT_FALSE(waitset_chan_is_registered(&chans[2]));
    CU_ASSERT_EQUAL(event_dispatch(&ws), SYS_ERR_OK);
    CU_ASSERT_EQUAL(event_dispatch_non_block(&ws), LIB_ERR_NO_EVENT);
    CU_ASSERT_EQUAL(ran, 32);
    CU_ASSERT_EQUAL(waitset_destroy(&ws), SYS_ERR_OK);
    CU_ASSERT_FALSE(disp_is_disabled());
}

static void test_errors(void)
{
    struct waitset ws;
    struct waitset_chanstate chan;
    begin(&ws);
    waitset_chanstate_init(&chan, CHANTYPE_OTHER);
    CU_ASSERT_EQUAL(waitset_chan_trigger(&chan), LIB_ERR_CHAN_NOT_REGISTERED);
    CU_ASSERT_EQUAL(waitset_chan_deregister(&chan), LIB_ERR_CHAN_NOT_REGISTERED);
    CU_ASSERT_EQUAL(waitset_chan_register_polled(&ws, &chan, NOP_CLOSURE), LIB_ERR_INVALID_ARGS);
    CU_ASSERT_EQUAL(waitset_chan_trigger_closure(&ws, &chan, NOP_CLOSURE), SYS_ERR_OK);
    CU_ASSERT_EQUAL(waitset_chan_register(&ws, &chan, NOP_CLOSURE),
                    LIB_ERR_CHAN_ALREADY_REGISTERED);
    CU_ASSERT_EQUAL(waitset_chan_trigger_closure(&ws, &chan, NOP_CLOSURE),
                    LIB_ERR_CHAN_ALREADY_REGISTERED);
    waitset_chanstate_destroy(&chan);
    CU_ASSERT_EQUAL(check_for_event(&ws), LIB_ERR_NO_EVENT);
}

static void polled_init(struct waitset_chanstate *chan)
{
    waitset_chanstate_init(chan, CHANTYPE_UMP_IN);
    chan->poll = poll_ready;
    chan->arm = arm_unless_ready;
    chan->disarm = disarm;
}

static void test_polled(void)
{
    struct waitset ws;
    struct waitset_chanstate chans[2];
    begin(&ws);
    for (int i = 0; i < 2; i++) {
        polled_init(&chans[i]);
        CU_ASSERT_EQUAL(waitset_chan_register_polled(&ws, &chans[i], note_closure(i + 1)),
                        SYS_ERR_OK);
    }
    CU_ASSERT_EQUAL(event_dispatch_non_block(&ws), LIB_ERR_NO_EVENT);
    ready = true;
    CU_ASSERT_EQUAL(event_dispatch_non_block(&ws), SYS_ERR_OK);
    ready = false;
    CU_ASSERT_EQUAL(event_dispatch_non_block(&ws), SYS_ERR_OK);
    CU_ASSERT_EQUAL(event_dispatch_non_block(&ws), LIB_ERR_NO_EVENT);
    CU_ASSERT_EQUAL(ran, 12);
    CU_ASSERT_EQUAL(fake.disp->polled_count, 0);
    CU_ASSERT_PTR_NULL(fake.disp->polled);
}

static void test_arm(void)
{
    struct waitset ws;
    struct waitset_chanstate chans[3];
    systime_t deadline = 0;
    begin(&ws);
    for (int i = 0; i < 2; i++) {
        polled_init(&chans[i]);
        CU_ASSERT_EQUAL(waitset_chan_register_polled(&ws, &chans[i], NOP_CLOSURE), SYS_ERR_OK);
    }
    dispatcher_handle_t handle = disp_disable();
    CU_ASSERT_TRUE(waitset_arm_disabled(fake.disp, &deadline));
    CU_ASSERT_EQUAL(armed, 2);
    CU_ASSERT_EQUAL(deadline, 0);
    CU_ASSERT_EQUAL(waitset_chan_trigger_disabled(&chans[0]), SYS_ERR_OK);
    CU_ASSERT_EQUAL(armed, 1);
    waitset_disarm_disabled(fake.disp);
    waitset_disarm_disabled(fake.disp);
    CU_ASSERT_EQUAL(armed, 0);
    ready = true;
    CU_ASSERT_FALSE(waitset_arm_disabled(fake.disp, &deadline));
    CU_ASSERT_EQUAL(chans[1].state, CHAN_PENDING);
    disp_enable(handle);
    polled_init(&chans[2]);
    chans[2].arm = NULL;
    CU_ASSERT_EQUAL(waitset_chan_register_polled(&ws, &chans[2], NOP_CLOSURE), SYS_ERR_OK);
    CU_ASSERT_TRUE(waitset_arm_disabled(fake.disp, &deadline));
    CU_ASSERT_NOT_EQUAL(deadline, 0);
}

static void test_event_queue(void)
{
    struct waitset ws;
    struct event_queue evq;
    struct event_queue_node nodes[3];
    begin(&ws);
    event_queue_init(&evq, &ws, EVENT_QUEUE_ONESHOT);
    for (int i = 0; i < 3; i++) {
        event_queue_node_init(&nodes[i]);
        event_queue_add(&evq, &nodes[i], note_closure(i + 1));
    }
    CU_ASSERT_EQUAL(event_queue_cancel(&evq, &nodes[1]), SYS_ERR_OK);
    CU_ASSERT_EQUAL(event_queue_cancel(&evq, &nodes[1]), LIB_ERR_NO_EVENT);
    CU_ASSERT_EQUAL(event_dispatch_non_block(&ws), SYS_ERR_OK);
    event_queue_add(&evq, &nodes[0], note_closure(4));
    while (err_is_ok(event_dispatch_non_block(&ws))) {
    }
    CU_ASSERT_EQUAL(ran, 134);
    event_queue_add(&evq, &nodes[0], note_closure(5));
    CU_ASSERT_EQUAL(event_queue_cancel(&evq, &nodes[0]), SYS_ERR_OK);
    CU_ASSERT_EQUAL(check_for_event(&ws), LIB_ERR_NO_EVENT);
}

static void test_event_queue_continuous(void)
{
    struct waitset ws;
    struct event_queue evq;
    struct event_queue_node nodes[2];
    begin(&ws);
    event_queue_init(&evq, &ws, EVENT_QUEUE_CONTINUOUS);
    for (int i = 0; i < 2; i++) {
        event_queue_node_init(&nodes[i]);
        event_queue_add(&evq, &nodes[i], note_closure(i + 1));
    }
    for (int i = 0; i < 5; i++) {
        CU_ASSERT_EQUAL(event_dispatch_non_block(&ws), SYS_ERR_OK);
    }
    CU_ASSERT_EQUAL(ran, 12121);
}

CU_TestInfo waitset_tests[] = {
    {"events in order", test_order},
    {"errors", test_errors},
    {"polled channels", test_polled},
    {"arming", test_arm},
    {"event queue", test_event_queue},
    {"continuous event queue", test_event_queue_continuous},
    CU_TEST_INFO_NULL,
};
