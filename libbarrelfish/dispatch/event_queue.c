// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// A queue of events on a waitset: one channel that is pending as long as the queue is not empty.
// Each dispatch runs one event, so that a long queue does not starve the waitset's other channels.

#include "barrelfish/event_queue.h"

#include "dispatcher.h"

static void run_first(void *arg);

static void raise_disabled(struct event_queue *evq)
{
    struct waitset_chanstate *chan = &evq->waitset_state;
    if (evq->head != NULL && !waitset_chan_is_registered(chan)) {
        errval_t err =
            waitset_chan_register_disabled(evq->waitset, chan, MKCLOSURE(run_first, evq));
        if (err_is_ok(err))
            (void)waitset_chan_trigger_disabled(chan);
    }
}

static void append_disabled(struct event_queue *evq, struct event_queue_node *qn)
{
    if (evq->head == NULL) {
        qn->next = qn->prev = qn;
        evq->head = qn;
    } else {
        qn->next = evq->head;
        qn->prev = evq->head->prev;
        qn->prev->next = qn;
        qn->next->prev = qn;
    }
    qn->queued = true;
}

static void unlink_disabled(struct event_queue *evq, struct event_queue_node *qn)
{
    if (qn->next == qn) {
        evq->head = NULL;
    } else {
        qn->next->prev = qn->prev;
        qn->prev->next = qn->next;
        evq->head = evq->head == qn ? qn->next : evq->head;
    }
    qn->queued = false;
}

static void run_first(void *arg)
{
    struct event_queue *evq = arg;
    struct event_closure event = NOP_CLOSURE;
    dispatcher_handle_t handle = disp_disable();
    struct event_queue_node *qn = evq->head;
    if (qn != NULL) {
        event = qn->event;
        unlink_disabled(evq, qn);
        if (evq->mode == EVENT_QUEUE_CONTINUOUS)
            append_disabled(evq, qn);
        raise_disabled(evq);
    }
    disp_enable(handle);
    event.handler(event.arg);
}

void event_queue_init(struct event_queue *evq, struct waitset *waitset, enum event_queue_mode mode)
{
    waitset_chanstate_init(&evq->waitset_state, CHANTYPE_EVENT_QUEUE);
    evq->waitset = waitset;
    evq->head = NULL;
    evq->mode = mode;
}

void event_queue_node_init(struct event_queue_node *qn)
{
    *qn = (struct event_queue_node){.queued = false};
}

void event_queue_add(struct event_queue *evq, struct event_queue_node *qn,
                     struct event_closure event)
{
    dispatcher_handle_t handle = disp_disable();
    qn->event = event;
    append_disabled(evq, qn);
    raise_disabled(evq);
    disp_enable(handle);
}

errval_t event_queue_cancel(struct event_queue *evq, struct event_queue_node *qn)
{
    errval_t err = LIB_ERR_NO_EVENT;
    dispatcher_handle_t handle = disp_disable();
    if (qn->queued) {
        unlink_disabled(evq, qn);
        if (evq->head == NULL)
            (void)waitset_chan_deregister_disabled(&evq->waitset_state);
        err = SYS_ERR_OK;
    }
    disp_enable(handle);
    return err;
}
