// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Events at a time: timers (timers.c) that raise an event on a waitset.

#include "barrelfish/deferred.h"

#include "dispatcher.h"

#include <assert.h>

/// Of an event.
static void raise_disabled(struct deferred_event *event)
{
    assert(waitset_chan_is_registered(&event->waitset_state)); // DI6
    (void)waitset_chan_trigger_disabled(&event->waitset_state);
}

void deferred_event_init(struct deferred_event *event)
{
    *event = (struct deferred_event){.expired = raise_disabled};
    waitset_chanstate_init(&event->waitset_state, CHANTYPE_DEFERRED);
}

errval_t deferred_event_register(struct deferred_event *event, struct waitset *ws, delayus_t delay,
                                 struct event_closure closure)
{
    systime_t now = systime_now();
    systime_t ticks = us_to_systime(delay);
    struct dispatcher *disp = (struct dispatcher *)disp_disable();
    errval_t err = waitset_chan_register_disabled(ws, &event->waitset_state, closure);
    if (err_is_ok(err)) {
        event->time = ticks > UINT64_MAX - now ? UINT64_MAX : now + ticks;
        deferred_insert_disabled(disp, event);
        waitset_look_disabled(ws);
    }
    disp_enable((dispatcher_handle_t)disp);
    return err;
}

errval_t deferred_event_cancel(struct deferred_event *event)
{
    struct dispatcher *disp = (struct dispatcher *)disp_disable();
    deferred_remove_disabled(disp, event);
    errval_t err = waitset_chan_deregister_disabled(&event->waitset_state);
    disp_enable((dispatcher_handle_t)disp);
    return err;
}

static errval_t periodic_register(struct periodic_event *event);

static void periodic_handler(void *arg)
{
    struct periodic_event *event = arg;
    // It has just been unregistered by its dispatch, so this cannot fail.
    (void)periodic_register(event);
    event->closure.handler(event->closure.arg);
}

static errval_t periodic_register(struct periodic_event *event)
{
    return deferred_event_register(&event->de, event->ws, event->period,
                                   MKCLOSURE(periodic_handler, event));
}

errval_t periodic_event_create(struct periodic_event *event, struct waitset *ws, delayus_t period,
                               struct event_closure closure)
{
    deferred_event_init(&event->de);
    event->ws = ws;
    event->closure = closure;
    event->period = period;
    return periodic_register(event);
}

errval_t periodic_event_cancel(struct periodic_event *event)
{
    return deferred_event_cancel(&event->de);
}

errval_t barrelfish_usleep(delayus_t delay)
{
    struct waitset ws;
    struct deferred_event event;
    waitset_init(&ws);
    deferred_event_init(&event);
    errval_t err = deferred_event_register(&event, &ws, delay, NOP_CLOSURE);
    return err_is_ok(err) ? event_dispatch(&ws) : err;
}
