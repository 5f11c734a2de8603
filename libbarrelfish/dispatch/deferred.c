// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Events at a time: a list per dispatcher, soonest first, whose head is the time until which the
// dispatcher may sleep. An entry either raises an event on a waitset or wakes a thread whose wait
// has a deadline. Registering costs time proportional to the number of entries.

#include "barrelfish/deferred.h"

#include "dispatcher.h"

static uint64_t scale(uint64_t value, uint64_t times, uint64_t by)
{
    unsigned __int128 result = (unsigned __int128)value * times / by;
    return result > UINT64_MAX ? UINT64_MAX : (uint64_t)result;
}

systime_t us_to_systime(delayus_t us)
{
    return scale(us, disp_shared()->tsc_per_ms, 1000);
}

delayus_t systime_to_us(systime_t time)
{
    return scale(time, 1000, disp_shared()->tsc_per_ms);
}

uint64_t systime_to_ns(systime_t time)
{
    return scale(time, 1000000, disp_shared()->tsc_per_ms);
}

void deferred_insert_disabled(struct dispatcher *disp, struct deferred_event *event)
{
    struct deferred_event *before = NULL;
    struct deferred_event *after = disp->timers;
    while (after != NULL && after->time <= event->time) {
        before = after;
        after = after->next;
    }
    event->prev = before;
    event->next = after;
    event->queued = true;
    if (after != NULL)
        after->prev = event;
    if (before != NULL)
        before->next = event;
    else
        disp->timers = event;
}

void deferred_remove_disabled(struct dispatcher *disp, struct deferred_event *event)
{
    if (event->next != NULL)
        event->next->prev = event->prev;
    if (event->prev != NULL)
        event->prev->next = event->next;
    else
        disp->timers = event->next;
    event->queued = false;
}

static void fire_disabled(struct deferred_event *event)
{
    struct thread *thread = event->thread;
    if (event->expired != NULL) {
        event->expired(event);
    } else if (thread == NULL) {
        (void)waitset_chan_trigger_disabled(&event->waitset_state);
    } else if (thread->state == THREAD_BLOCKED) {
        thread->timed_out = true;
        thread_ring_remove(thread);
        thread_wake_disabled(thread);
    }
}

void deferred_poll_disabled(struct dispatcher *disp)
{
    systime_t now = systime_now();
    while (disp->timers != NULL && disp->timers->time <= now) {
        struct deferred_event *event = disp->timers;
        deferred_remove_disabled(disp, event);
        fire_disabled(event);
    }
}

void deferred_event_init(struct deferred_event *event)
{
    *event = (struct deferred_event){.queued = false};
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
    if (event->queued)
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
