// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Events at a time: once after a delay, or periodically. Delays are microseconds; the resolution is
// that of the CPU driver's timer.

#pragma once

#include "barrelfish/systime.h"
#include "barrelfish/waitset_chan.h"

/// Private to deferred.c and timers.c; visible for allocation.
struct deferred_event {
    struct waitset_chanstate waitset_state;
    struct list place;                             ///< in the order of their times
    void (*expired)(struct deferred_event *event); ///< called, disabled; raises the event
    systime_t time;
};

struct periodic_event {
    struct deferred_event de;
    struct waitset *ws;
    struct event_closure closure;
    delayus_t period;
};

void deferred_event_init(struct deferred_event *event);

/// Raises an event on `ws` once, `delay` microseconds from now.
/// LIB_ERR_CHAN_ALREADY_REGISTERED.
errval_t deferred_event_register(struct deferred_event *event, struct waitset *ws, delayus_t delay,
                                 struct event_closure closure);

/// Undoes deferred_event_register(); a pending event is forgotten. LIB_ERR_CHAN_NOT_REGISTERED.
errval_t deferred_event_cancel(struct deferred_event *event);

/// Raises an event each `period` microseconds; late ones are not made up for.
errval_t periodic_event_create(struct periodic_event *event, struct waitset *ws, delayus_t period,
                               struct event_closure closure);

errval_t periodic_event_cancel(struct periodic_event *event);

/// Blocks the calling thread for at least `delay` microseconds.
errval_t barrelfish_usleep(delayus_t delay);
