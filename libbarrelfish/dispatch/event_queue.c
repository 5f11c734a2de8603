// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// A queue of events on a waitset: one channel that is pending as long as the queue is not empty.
// Each dispatch runs one event, so that a long queue does not starve the waitset's other channels.

#include "barrelfish/event_queue.h"

#include "dispatcher.h"

#include <assert.h>

static void run_first(void *arg);

static void raise_disabled(struct event_queue *evq)
{
    struct waitset_chanstate *chan = &evq->waitset_state;
    if (evq->events != NULL && !waitset_chan_is_registered(chan)) {
        errval_t err =
            waitset_chan_register_disabled(evq->waitset, chan, MKCLOSURE(run_first, evq));
        if (err_is_ok(err))
            (void)waitset_chan_trigger_disabled(chan);
    }
}

static void run_first(void *arg)
{
    struct event_queue *evq = arg;
    struct event_closure event = NOP_CLOSURE;
    dispatcher_handle_t handle = disp_disable();
    struct list *place = evq->events;
    if (place != NULL) {
        event = LIST_OWNER(place, struct event_queue_node, place)->event;
        ring_remove(&evq->events, place);
        if (evq->mode == EVENT_QUEUE_CONTINUOUS)
            ring_add(&evq->events, place);
        raise_disabled(evq);
    }
    disp_enable(handle);
    event.handler(event.arg);
}

void event_queue_init(struct event_queue *evq, struct waitset *waitset, enum event_queue_mode mode)
{
    waitset_chanstate_init(&evq->waitset_state, CHANTYPE_EVENT_QUEUE);
    evq->waitset = waitset;
    evq->events = NULL;
    evq->mode = mode;
}

void event_queue_node_init(struct event_queue_node *qn)
{
    *qn = (struct event_queue_node){.place = {NULL, NULL}};
}

void event_queue_add(struct event_queue *evq, struct event_queue_node *qn,
                     struct event_closure event)
{
    dispatcher_handle_t handle = disp_disable();
    qn->event = event;
    ring_add(&evq->events, &qn->place);
    raise_disabled(evq);
    assert(waitset_chan_is_registered(&evq->waitset_state)); // EQ1
    disp_enable(handle);
}

errval_t event_queue_cancel(struct event_queue *evq, struct event_queue_node *qn)
{
    errval_t err = LIB_ERR_NO_EVENT;
    dispatcher_handle_t handle = disp_disable();
    if (list_is_in(&qn->place)) {
        ring_remove(&evq->events, &qn->place);
        if (evq->events == NULL)
            (void)waitset_chan_deregister_disabled(&evq->waitset_state);
        err = SYS_ERR_OK;
    }
    disp_enable(handle);
    return err;
}
