// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The side of a waitset that channels use. A registration is good for one event: dispatching
// unregisters the channel before its closure runs. Functions whose name ends in _disabled are for
// callers that are disabled already (barrelfish/dispatch.h); the others disable by themselves.

#pragma once

#include "barrelfish/dispatch.h"
#include "barrelfish/waitset.h"

struct lmp_endpoint;

/// Makes an unregistered channel, without poll, arm and disarm functions.
void waitset_chanstate_init(struct waitset_chanstate *chan, enum ws_chantype chantype);

/// Unregisters the channel if need be. An event that is pending is forgotten.
void waitset_chanstate_destroy(struct waitset_chanstate *chan);

static inline bool waitset_chan_is_registered(struct waitset_chanstate *chan)
{
    return chan->state != CHAN_UNREGISTERED;
}

/// Waits for waitset_chan_trigger(). LIB_ERR_CHAN_ALREADY_REGISTERED.
LIB_MUST_CHECK errval_t waitset_chan_register(struct waitset *ws, struct waitset_chanstate *chan,
                                              struct event_closure closure);

/// Waits until the channel's poll() returns true; the channel can be triggered as well.
/// LIB_ERR_CHAN_ALREADY_REGISTERED; LIB_ERR_INVALID_ARGS: it has no poll().
LIB_MUST_CHECK errval_t waitset_chan_register_polled(struct waitset *ws,
                                                     struct waitset_chanstate *chan,
                                                     struct event_closure closure);

/// Waits until poll() returns true, or until a time at the latest (0: for ever), for a caller that
/// has just looked in vain. Blocks. Errors of waitset_chan_register_polled(); LIB_ERR_TIMEOUT.
LIB_MUST_CHECK errval_t waitset_chan_wait_polled(struct waitset_chanstate *chan,
                                                 systime_t deadline);

/// Tells at which endpoint notifications for channels arrive. A channel with `stays_armed` whose
/// peers notify there is armed not only for a sleep but also when it was silent for long while
/// others were not; then it costs nothing until a message comes to `ep`, which is emptied before
/// all such channels are armed anew. One endpoint for a dispatcher.
void waitset_set_wake_endpoint(struct lmp_endpoint *ep);

/// LIB_ERR_CHAN_NOT_REGISTERED.
errval_t waitset_chan_deregister(struct waitset_chanstate *chan);

/// Raises the event of a registered channel; nothing happens if it is pending already.
/// LIB_ERR_CHAN_NOT_REGISTERED.
errval_t waitset_chan_trigger(struct waitset_chanstate *chan);

/// Registers `chan` and raises its event at once.
LIB_MUST_CHECK errval_t waitset_chan_trigger_closure(struct waitset *ws,
                                                     struct waitset_chanstate *chan,
                                                     struct event_closure closure);

LIB_MUST_CHECK errval_t waitset_chan_register_disabled(struct waitset *ws,
                                                       struct waitset_chanstate *chan,
                                                       struct event_closure closure);
errval_t waitset_chan_deregister_disabled(struct waitset_chanstate *chan);
errval_t waitset_chan_trigger_disabled(struct waitset_chanstate *chan);
