// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// A mutex whose owner is a chain of events (barrelfish/event_mutex.h).
#include "barrelfish/event_mutex.h"

#include <assert.h>

#include "barrelfish/dispatch.h"

void event_mutex_init(struct event_mutex *em, struct waitset *ws)
{
    em->waiting = NULL;
    em->locked = false;
    event_queue_init(&em->granted, ws, EVENT_QUEUE_ONESHOT);
}

bool event_mutex_enqueue_lock(struct event_mutex *em, struct event_queue_node *qn,
                              struct event_closure lockcont)
{
    dispatcher_handle_t handle = disp_disable();
    bool taken = !em->locked;
    em->locked = true;
    if (!taken) {
        qn->event = lockcont;
        ring_add(&em->waiting, &qn->place);
    }
    disp_enable(handle);
    if (taken)
        lockcont.handler(lockcont.arg);
    return taken;
}

void event_mutex_unlock(struct event_mutex *em)
{
    dispatcher_handle_t handle = disp_disable();
    struct list *next = em->waiting;
    assert(em->locked); // EM1
    if (next == NULL)
        em->locked = false;
    else
        ring_remove(&em->waiting, next);
    disp_enable(handle);
    if (next != NULL) {
        struct event_queue_node *qn = LIST_OWNER(next, struct event_queue_node, place);
        event_queue_add(&em->granted, qn, qn->event);
    }
}
