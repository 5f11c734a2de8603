// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Waitsets and event queues: order, each error, polled channels, arming before a sleep, and what
// many channels cost, in polls.
#include "barrelfish/event_queue.h"
#include "fake_kernel.h"
#include "testlib/testlib.h"

#include <string.h>

static int ran;
static bool ready;
static int armed;

static void note(void *arg)
{
    CU_ASSERT_FALSE(disp_is_disabled());
    ran = ran * 10 + (int)(intptr_t)arg;
}

static struct event_closure note_closure(int number)
{
    return MKCLOSURE(note, (void *)(intptr_t)number);
}

static bool poll_ready(struct waitset_chanstate *chan)
{
    (void)chan;
    CU_ASSERT_TRUE(disp_is_disabled());
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
    CU_ASSERT_EQUAL(waitset_chan_wait_polled(&chan, 0), LIB_ERR_INVALID_ARGS);
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

static unsigned polls;
static struct waitset_chanstate *speaker; // the one channel that has something

static bool poll_speaker(struct waitset_chanstate *chan)
{
    polls++;
    return chan == speaker;
}

static bool arm_unless_speaker(struct waitset_chanstate *chan)
{
    polls++;
    armed += chan != speaker;
    return chan != speaker;
}

static void count_event(void *arg)
{
    ran += *(int *)arg;
}

#define MANY 63u
static struct waitset_chanstate many[MANY];

static void many_register(struct waitset *ws)
{
    static int one = 1;
    for (unsigned i = 0; i < MANY; i++) {
        if (!waitset_chan_is_registered(&many[i])) {
            CU_ASSERT_EQUAL(
                waitset_chan_register_polled(ws, &many[i], MKCLOSURE(count_event, &one)),
                SYS_ERR_OK);
        }
    }
}

static void many_init(struct waitset *ws)
{
    begin(ws);
    speaker = NULL;
    for (unsigned i = 0; i < MANY; i++) {
        waitset_chanstate_init(&many[i], CHANTYPE_UMP_IN);
        many[i].poll = poll_speaker;
        many[i].arm = arm_unless_speaker;
        many[i].disarm = disarm;
        many[i].stays_armed = true;
    }
    many_register(ws);
}

/// Events of one channel beside silent ones: after a while these cost nothing.
static void test_silent(void)
{
    struct waitset ws;
    many_init(&ws);
    speaker = &many[5];
    for (unsigned i = 0; i < 300; i++) {
        CU_ASSERT_EQUAL(event_dispatch(&ws), SYS_ERR_OK);
        many_register(&ws);
    }
    CU_ASSERT_EQUAL(ran, 300);
    CU_ASSERT_EQUAL(armed, (int)MANY - 1);
    CU_ASSERT_EQUAL(fake.disp->polled_count, 1);
    polls = 0;
    for (unsigned i = 0; i < 100; i++) {
        CU_ASSERT_EQUAL(event_dispatch(&ws), SYS_ERR_OK);
        many_register(&ws);
    }
    CU_ASSERT_EQUAL(polls, 100);
}

static bool poll_always(struct waitset_chanstate *chan)
{
    (void)chan;
    polls++;
    return true;
}

/// All have events: a round of polls serves all.
static void test_all_speak(void)
{
    struct waitset ws;
    many_init(&ws);
    for (unsigned i = 0; i < MANY; i++)
        many[i].poll = poll_always;
    polls = 0;
    for (unsigned i = 0; i < 10 * MANY; i++) {
        CU_ASSERT_EQUAL(event_dispatch(&ws), SYS_ERR_OK);
        many_register(&ws);
    }
    CU_ASSERT(polls <= 3 * 10 * MANY);
}

/// Armed channels are looked at after a notification, all of them, and only then (W1).
static void test_notified(void)
{
    struct waitset ws;
    struct lmp_endpoint *ep;
    struct capref cap;
    systime_t deadline = 0;
    many_init(&ws);
    CU_ASSERT_EQUAL(endpoint_create(4, &cap, &ep), SYS_ERR_OK);
    waitset_set_wake_endpoint(ep);
    dispatcher_handle_t handle = disp_disable();
    CU_ASSERT_TRUE(waitset_arm_disabled(fake.disp, &deadline));
    waitset_disarm_disabled(fake.disp);
    disp_enable(handle);
    CU_ASSERT_EQUAL(fake.disp->polled_count, 0);
    CU_ASSERT_EQUAL(armed, (int)MANY);
    speaker = &many[MANY - 1];
    CU_ASSERT_EQUAL(event_dispatch_non_block(&ws), LIB_ERR_NO_EVENT);
    CU_ASSERT_EQUAL(fake_send(cap, NULL_CAP, 0, 0), SYS_ERR_OK);
    armed = 0;
    CU_ASSERT_EQUAL(event_dispatch_non_block(&ws), SYS_ERR_OK);
    CU_ASSERT_EQUAL(armed, (int)MANY - 1); // anew
    CU_ASSERT_FALSE(lmp_endpoint_can_recv(ep));
    CU_ASSERT_EQUAL(ran, 1);
    CU_ASSERT_EQUAL(waitset_chan_deregister(&many[0]), SYS_ERR_OK);
    CU_ASSERT_EQUAL(armed, (int)MANY - 2);
    CU_ASSERT_EQUAL(waitset_chan_trigger(&many[1]), SYS_ERR_OK);
    CU_ASSERT_EQUAL(armed, (int)MANY - 3);
}

/// Closures that raise events for ever do not keep polled channels from being looked at.
static struct waitset_chanstate endless;

static void again(void *arg)
{
    CU_ASSERT_EQUAL(waitset_chan_trigger_closure(arg, &endless, MKCLOSURE(again, arg)), SYS_ERR_OK);
}

static void test_no_starvation(void)
{
    struct waitset ws;
    many_init(&ws);
    waitset_chanstate_init(&endless, CHANTYPE_OTHER);
    again(&ws);
    speaker = &many[7];
    for (unsigned i = 0; i < 3 * MANY; i++)
        CU_ASSERT_EQUAL(event_dispatch(&ws), SYS_ERR_OK);
    CU_ASSERT_EQUAL(ran, 1);
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
    for (int i = 0; i < 5; i++)
        CU_ASSERT_EQUAL(event_dispatch_non_block(&ws), SYS_ERR_OK);
    CU_ASSERT_EQUAL(ran, 12121);
}

static systime_t soon(void)
{
    return systime_now() + us_to_systime(200);
}

/// A wait that ends with its time leaves nothing behind: its waitset is gone with it.
static void test_deadlines(void)
{
    struct waitset ws;
    struct waitset_chanstate chan;
    begin(&ws);
    systime_t deadline = soon();
    CU_ASSERT_EQUAL(event_dispatch_until(&ws, deadline), LIB_ERR_TIMEOUT);
    CU_ASSERT(systime_now() >= deadline);
    polled_init(&chan);
    CU_ASSERT_EQUAL(waitset_chan_wait_polled(&chan, soon()), LIB_ERR_TIMEOUT);
    CU_ASSERT_FALSE(waitset_chan_is_registered(&chan));
    CU_ASSERT_PTR_NULL(fake.disp->polled);
    ready = true;
    CU_ASSERT_EQUAL(waitset_chan_wait_polled(&chan, soon()), SYS_ERR_OK);
    CU_ASSERT_EQUAL(fake.disp->polled_count, 0);
    CU_ASSERT_EQUAL(fake.disp->looked_for, 0);
    CU_ASSERT_PTR_NULL(fake.disp->timers);
    CU_ASSERT_FALSE(disp_is_disabled());
}

static bool over;

static void set_over(void *arg)
{
    (void)arg;
    over = true;
}

/// An event at hand comes first; who waits looks again when it is woken.
static void test_unless(void)
{
    struct waitset ws;
    struct waitset_chanstate chan;
    struct deferred_event event;
    begin(&ws);
    waitset_chanstate_init(&chan, CHANTYPE_OTHER);
    over = true;
    CU_ASSERT_EQUAL(waitset_chan_trigger_closure(&ws, &chan, note_closure(1)), SYS_ERR_OK);
    CU_ASSERT_EQUAL(event_dispatch_unless(&ws, &over, 0), SYS_ERR_OK);
    CU_ASSERT_EQUAL(ran, 1);
    CU_ASSERT_EQUAL(event_dispatch_unless(&ws, &over, 0), LIB_ERR_NO_EVENT);
    over = false;
    CU_ASSERT_EQUAL(event_dispatch_unless(&ws, &over, soon()), LIB_ERR_TIMEOUT);
    deferred_event_init(&event);
    CU_ASSERT_EQUAL(deferred_event_register(&event, &ws, 100, MKCLOSURE(set_over, NULL)),
                    SYS_ERR_OK);
    CU_ASSERT_EQUAL(event_dispatch_unless(&ws, &over, 0), SYS_ERR_OK);
    CU_ASSERT_EQUAL(event_dispatch_unless(&ws, &over, 0), LIB_ERR_NO_EVENT);
    waitset_wake(&ws);
    CU_ASSERT_EQUAL(waitset_destroy(&ws), SYS_ERR_OK);
}

/// Who sleeps for one channel alone tells whose it is; what a thread has said stays.
static void test_waits_for(void)
{
    struct waitset ws;
    systime_t deadline = 0;
    many_init(&ws);
    for (unsigned i = 1; i < MANY; i++)
        CU_ASSERT_EQUAL(waitset_chan_deregister(&many[i]), SYS_ERR_OK);
    many[0].peer = many[1].peer = 7;
    dispatcher_handle_t handle = disp_disable();
    CU_ASSERT_TRUE(waitset_arm_disabled(fake.disp, &deadline));
    CU_ASSERT_EQUAL(fake.disp->shared.waits_for, DISPATCHER_WAIT(WAIT_MESSAGE, 7));
    fake.disp->shared.waits_for = DISPATCHER_WAIT(WAIT_NAME, 0);
    CU_ASSERT_TRUE(waitset_arm_disabled(fake.disp, &deadline));
    CU_ASSERT_EQUAL(fake.disp->shared.waits_for, DISPATCHER_WAIT(WAIT_NAME, 0));
    fake.disp->shared.waits_for = DISPATCHER_WAIT(WAIT_MESSAGE, 7);
    disp_enable(handle);
    many_register(&ws);
    handle = disp_disable();
    CU_ASSERT_TRUE(waitset_arm_disabled(fake.disp, &deadline));
    CU_ASSERT_EQUAL(fake.disp->shared.waits_for, 0);
    disp_enable(handle);
}

/// Whatever their memory was before.
static void test_initialised(void)
{
    struct waitset ws;
    struct waitset_chanstate chan;
    struct event_queue evq;
    struct event_queue_node node;
    struct deferred_event event;
    begin(&ws);
    memset(&ws, 0xff, sizeof(ws));
    memset(&chan, 0xff, sizeof(chan));
    memset(&evq, 0xff, sizeof(evq));
    memset(&node, 0xff, sizeof(node));
    memset(&event, 0xff, sizeof(event));
    waitset_init(&ws);
    waitset_chanstate_init(&chan, CHANTYPE_UMP_OUT);
    event_queue_init(&evq, &ws, EVENT_QUEUE_ONESHOT);
    event_queue_node_init(&node);
    deferred_event_init(&event);
    CU_ASSERT_TRUE(ws.pending == NULL && ws.waiters == NULL && !ws.looked_for);
    CU_ASSERT_TRUE(chan.chantype == CHANTYPE_UMP_OUT && chan.state == CHAN_UNREGISTERED);
    CU_ASSERT_TRUE(chan.poll == NULL && chan.arm == NULL && chan.disarm == NULL && !chan.armed);
    CU_ASSERT_TRUE(!chan.stays_armed && chan.misses == 0 && chan.peer == 0);
    CU_ASSERT_TRUE(evq.events == NULL && evq.waitset == &ws && evq.mode == EVENT_QUEUE_ONESHOT);
    CU_ASSERT_EQUAL(evq.waitset_state.chantype, CHANTYPE_EVENT_QUEUE);
    CU_ASSERT_EQUAL(evq.waitset_state.state, CHAN_UNREGISTERED);
    CU_ASSERT_EQUAL(event_queue_cancel(&evq, &node), LIB_ERR_NO_EVENT);
    CU_ASSERT_EQUAL(event.waitset_state.chantype, CHANTYPE_DEFERRED);
    CU_ASSERT_EQUAL(deferred_event_cancel(&event), LIB_ERR_CHAN_NOT_REGISTERED);
    CU_ASSERT_FALSE(disp_is_disabled());
}

/// A channel that can only be polled brings the end of a sleep forward, never back.
static void test_sleep_is_short(void)
{
    struct waitset ws;
    struct waitset_chanstate chan;
    begin(&ws);
    polled_init(&chan);
    chan.arm = NULL;
    CU_ASSERT_EQUAL(waitset_chan_register_polled(&ws, &chan, NOP_CLOSURE), SYS_ERR_OK);
    static const systime_t far[] = {0, UINT64_MAX};
    systime_t millisecond = us_to_systime(1000);
    (void)disp_disable();
    for (unsigned i = 0; i < 2; i++) {
        systime_t deadline = far[i], before = systime_now();
        CU_ASSERT_TRUE(waitset_arm_disabled(fake.disp, &deadline));
        CU_ASSERT_TRUE(deadline >= before + millisecond && deadline <= systime_now() + millisecond);
    }
    systime_t deadline = 5;
    CU_ASSERT_TRUE(waitset_arm_disabled(fake.disp, &deadline) && deadline == 5);
    disp_enable((dispatcher_handle_t)fake.disp);
}

/// Rounds in which a channel had nothing count after one that found something only; then it is armed,
/// unless it has something just now, and counts anew when it is registered again.
static void test_silent_rounds(void)
{
    struct waitset ws;
    many_init(&ws);
    (void)disp_disable();
    for (unsigned round = 1; round <= 200; round++) {
        CU_ASSERT_FALSE(many[0].state == CHAN_ARMED || many[1].state == CHAN_ARMED);
        fake.disp->poll_found = false;
        waitset_poll_disabled(fake.disp); // does not count
        fake.disp->poll_found = true;
        waitset_poll_disabled(fake.disp);
        CU_ASSERT_FALSE(fake.disp->poll_found);
        if (round == 199)
            speaker = &many[1];
        many[1].poll = poll_ready; // and has nothing by that
    }
    CU_ASSERT_TRUE(many[0].state == CHAN_ARMED && many[0].armed && many[0].misses == 0);
    CU_ASSERT_TRUE(many[1].state == CHAN_POLLED && many[1].misses == 0);
    CU_ASSERT_TRUE(armed == (int)MANY - 1 && fake.disp->polled_count == 1);
    many[1].misses = 7;
    disp_enable((dispatcher_handle_t)fake.disp);
    CU_ASSERT_EQUAL(waitset_chan_deregister(&many[1]), SYS_ERR_OK);
    many_register(&ws);
    CU_ASSERT_EQUAL(many[1].misses, 0);
    waitset_chanstate_destroy(&many[0]);
    CU_ASSERT_TRUE(armed == (int)MANY - 2 && !many[0].armed && !disp_is_disabled());
}

/// An event that was taken before it was cancelled runs as none.
static void test_event_queue_late(void)
{
    struct waitset ws;
    struct event_queue evq;
    struct event_queue_node node;
    struct event_closure closure = NOP_CLOSURE;
    begin(&ws);
    event_queue_init(&evq, &ws, EVENT_QUEUE_ONESHOT);
    event_queue_node_init(&node);
    event_queue_add(&evq, &node, note_closure(1));
    CU_ASSERT_FALSE(disp_is_disabled());
    CU_ASSERT_EQUAL(get_next_event(&ws, &closure), SYS_ERR_OK);
    CU_ASSERT_FALSE(disp_is_disabled());
    CU_ASSERT_EQUAL(event_queue_cancel(&evq, &node), SYS_ERR_OK);
    CU_ASSERT_FALSE(disp_is_disabled());
    closure.handler(closure.arg);
    CU_ASSERT_TRUE(ran == 0 && !disp_is_disabled());
    CU_ASSERT_EQUAL(check_for_event(&ws), LIB_ERR_NO_EVENT);
}

TEST_SUITE("waitset") = {
    {"events in order", test_order},
    {"errors", test_errors},
    {"polled channels", test_polled},
    {"arming", test_arm},
    {"silent channels cost nothing", test_silent},
    {"a round of polls serves all", test_all_speak},
    {"armed channels after a notification", test_notified},
    {"events without end", test_no_starvation},
    {"waits with a limit", test_deadlines},
    {"unless something is over", test_unless},
    {"whom a sleeper waits for", test_waits_for},
    {"event queue", test_event_queue},
    {"continuous event queue", test_event_queue_continuous},
    {"initial states", test_initialised},
    {"a short sleep", test_sleep_is_short},
    {"silent rounds", test_silent_rounds},
    {"an event cancelled late", test_event_queue_late},
};
