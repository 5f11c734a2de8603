// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// See fake_events.h.
#include "fake_events.h"

#include "barrelfish/blocking.h"
#include "barrelfish/waitset_chan.h"
#include "fake_services.h"

struct fake_events fake_events;
void (*monitor_bind_requested)(struct monitor_bind_request *request);

errval_t monitor_events_begin(void)
{
    CU_ASSERT_EQUAL(fake_events.held, 0);
    if (err_is_ok(fake_events.begin_error))
        fake_events.held++;
    return fake_events.begin_error;
}

void monitor_events_end(void)
{
    CU_ASSERT_EQUAL(fake_events.held, 1);
    fake_events.held--;
}

void monitor_events_hold(void)
{
    if (fake_events.on_hold != NULL)
        fake_events.on_hold();
    CU_ASSERT_EQUAL(fake_events.held, 0);
    fake_events.held++;
}

void monitor_wait_add(struct monitor_wait *wait, enum monitor_event event, uint64_t id,
                      void (*done)(struct monitor_wait *wait), void *st)
{
    CU_ASSERT_EQUAL(fake_events.held, 1);
    *wait = (struct monitor_wait){.event = event, .id = id, .done = done, .st = st};
    fake_events.waits[fake_events.waits_count++ % 8] = wait;
}

void fake_event(struct monitor_wait *wait, errval_t err, uint64_t value, struct capref cap)
{
    wait->err = err;
    wait->value = value;
    wait->cap = cap;
    if (wait->done != NULL)
        wait->done(wait);
    else
        thread_sem_post(&wait->sem);
}

static bool await(struct monitor_wait *wait, systime_t deadline)
{
    CU_ASSERT_EQUAL(fake_events.held, 0);
    fake_events.deadline = deadline;
    if (fake_events.on_wait != NULL)
        fake_events.on_wait(wait);
    bool came = wait->sem.value > 0;
    wait->sem.value -= came;
    return came;
}

bool monitor_wait_try(struct monitor_wait *wait, systime_t deadline)
{
    return await(wait, deadline);
}

errval_t monitor_wait_block(struct monitor_wait *wait, systime_t deadline)
{
    return await(wait, deadline) ? wait->err : (errval_t)LIB_ERR_TIMEOUT;
}

void monitor_peer_add(struct monitor_peer *peer)
{
    fake_events.peer = peer;
}

void monitor_peer_remove(struct monitor_peer *peer)
{
    CU_ASSERT_TRUE(fake_events.held == 1 && fake_events.peer == peer);
    fake_events.peer = NULL;
    fake_events.peers_removed++;
}

void thread_sem_post(struct thread_sem *sem)
{
    sem->value++;
    fake_events.posts++;
}

systime_t blocking_deadline(delayus_t limit_us)
{
    return limit_us == BLOCKING_FOREVER ? 0 : limit_us + 1;
}

// The waitset.

void waitset_chanstate_init(struct waitset_chanstate *chan, enum ws_chantype chantype)
{
    *chan = (struct waitset_chanstate){.chantype = chantype};
}

void waitset_chanstate_destroy(struct waitset_chanstate *chan)
{
    (void)chan;
    fake_events.destroyed_chans++;
}

errval_t waitset_chan_trigger_closure(struct waitset *ws, struct waitset_chanstate *chan,
                                      struct event_closure closure)
{
    (void)chan;
    fake_events.triggers++;
    fake_events.triggered = closure;
    fake_events.triggered_on = ws;
    return fake_events.trigger_error;
}

errval_t waitset_chan_trigger(struct waitset_chanstate *chan)
{
    (void)chan;
    fake_events.triggers++;
    return SYS_ERR_OK;
}

errval_t waitset_chan_deregister(struct waitset_chanstate *chan)
{
    (void)chan;
    fake_events.deregisters++;
    return SYS_ERR_OK;
}
