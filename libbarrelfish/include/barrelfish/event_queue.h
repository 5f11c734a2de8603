// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// A first-in first-out queue of events on a waitset, for work to be done later by whoever
// dispatches it.
// EQ1 While the queue is not empty its channel is registered.

#pragma once

#include "barrelfish/waitset_chan.h"

enum event_queue_mode {
    EVENT_QUEUE_ONESHOT,    ///< an event runs once
    EVENT_QUEUE_CONTINUOUS, ///< an event runs again and again until it is cancelled
};

/// Private to event_queue.c; visible for allocation.
struct event_queue_node {
    struct event_closure event;
    struct list place;
};

struct event_queue {
    struct waitset_chanstate waitset_state;
    struct waitset *waitset;
    struct list *events; ///< ring
    enum event_queue_mode mode;
};

void event_queue_init(struct event_queue *evq, struct waitset *waitset, enum event_queue_mode mode);
void event_queue_node_init(struct event_queue_node *qn);

/// Appends an event. The node must not be in a queue; it is the queue's until the event has run.
void event_queue_add(struct event_queue *evq, struct event_queue_node *qn,
                     struct event_closure event);

/// Takes an event out. LIB_ERR_NO_EVENT: it is not in the queue any more.
errval_t event_queue_cancel(struct event_queue *evq, struct event_queue_node *qn);
