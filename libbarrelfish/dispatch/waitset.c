// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Waitsets: threads that wait for an event of any channel (waitset_chan.c). One is woken for each
// event; it looks again, as another thread may have taken the event.

#include "barrelfish/waitset.h"

#include "dispatcher.h"

void event_nop_handler(void *arg)
{
    (void)arg;
}

void waitset_init(struct waitset *ws)
{
    *ws = (struct waitset)WAITSET_INITIALIZER;
}

errval_t waitset_destroy(struct waitset *ws)
{
    return ws->pending == NULL && ws->waiters == NULL ? SYS_ERR_OK : LIB_ERR_INVALID_ARGS;
}

/// Looks for events if none is at hand; also if there are, once in as many events as channels are
/// polled, since a closure may raise events for ever.
static void look_for_events(struct waitset *ws, struct dispatcher *disp)
{
    if (ws->pending == NULL || ++disp->events_unpolled > disp->polled_count) {
        disp->events_unpolled = 0;
        dispatch_poll(disp);
    }
}

/// Takes the next event, if it comes in time, and before *over is true (NULL: it never is).
static errval_t await_event(struct waitset *ws, struct dispatcher *disp,
                            struct event_closure *closure, const volatile bool *over,
                            systime_t deadline)
{
    for (bool in_time = true; !waitset_take_disabled(ws, closure);) {
        if (over != NULL && *over)
            return LIB_ERR_NO_EVENT;
        if (!in_time)
            return LIB_ERR_TIMEOUT;
        if (ws->looked_for)
            thread_look_disabled(disp->current);
        in_time = thread_block_until_disabled(&ws->waiters, deadline);
    }
    return SYS_ERR_OK;
}

static errval_t next_event_until(struct waitset *ws, struct event_closure *closure,
                                 const volatile bool *over, systime_t deadline)
{
    struct dispatcher *disp = dispatch_disable();
    look_for_events(ws, disp);
    errval_t err = await_event(ws, disp, closure, over, deadline);
    dispatch_enable(disp);
    return err;
}

errval_t get_next_event(struct waitset *ws, struct event_closure *closure)
{
    return next_event_until(ws, closure, NULL, 0);
}

errval_t event_dispatch(struct waitset *ws)
{
    return event_dispatch_until(ws, 0);
}

errval_t event_dispatch_until(struct waitset *ws, systime_t deadline)
{
    return event_dispatch_unless(ws, NULL, deadline);
}

errval_t event_dispatch_unless(struct waitset *ws, const volatile bool *over, systime_t deadline)
{
    struct event_closure closure;
    errval_t err = next_event_until(ws, &closure, over, deadline);
    if (err_is_ok(err))
        closure.handler(closure.arg);
    return err;
}

void waitset_wake(struct waitset *ws)
{
    struct dispatcher *disp = dispatch_disable();
    while (thread_wake_one_disabled(&ws->waiters) != NULL) {
    }
    dispatch_enable(disp);
}

errval_t event_dispatch_non_block(struct waitset *ws)
{
    struct event_closure closure;
    struct dispatcher *disp = dispatch_disable();
    look_for_events(ws, disp);
    bool taken = waitset_take_disabled(ws, &closure);
    dispatch_enable(disp);
    if (!taken)
        return LIB_ERR_NO_EVENT;
    closure.handler(closure.arg);
    return SYS_ERR_OK;
}

errval_t check_for_event(struct waitset *ws)
{
    struct dispatcher *disp = dispatch_disable();
    dispatch_poll(disp);
    bool pending = ws->pending != NULL;
    dispatch_enable(disp);
    return pending ? SYS_ERR_OK : LIB_ERR_NO_EVENT;
}

errval_t waitset_chan_wait_polled(struct waitset_chanstate *chan, systime_t deadline)
{
    struct waitset ws = WAITSET_INITIALIZER;
    struct event_closure closure;
    struct dispatcher *disp = dispatch_disable();
    errval_t err = waitset_chan_register_polled_disabled(disp, &ws, chan, NOP_CLOSURE);
    if (err_is_ok(err)) {
        err = await_event(&ws, disp, &closure, NULL, deadline);
        if (err_is_fail(err))
            (void)waitset_chan_deregister_disabled(chan);
    }
    dispatch_enable(disp);
    return err;
}
