// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The channels of waitsets. Their states and who changes them:
//   unregistered -> idle            waitset_chan_register()
//   unregistered -> polled          waitset_chan_register_polled(): on the dispatcher's ring
//   polled -> armed                 waitset_arm_disabled(), waitset_poll_disabled(): if silent
//   idle, polled, armed -> pending  waitset_chan_trigger(), waitset_poll_disabled(): on the
//                                   waitset's ring
//   any -> unregistered             waitset_chan_deregister(); pending: waitset_take_disabled()
// Everything is done disabled. Who waits is in waitset.c.
//
// What many channels cost. Events at hand are taken before channels are polled again, so a round of
// polls is shared by all that it finds. A channel that had nothing in SILENT_POLLS rounds in which
// others had is armed: it has then cost about as much as a notification will (the argument of
// poll_policy.c), and from then on costs nothing, however many are registered.
//
// W1 A channel is armed anew, and so looked at, after each notification that was taken out of the
//    endpoint and before the dispatcher's next sleep: the endpoint is emptied first. Hence a peer
//    that has answered the last arming (urpc/layout.h, I11) has nothing unseen when we sleep, or
//    its notification is still to come and ends the sleep.

#include "barrelfish/waitset_chan.h"

#include "dispatcher.h"

#define POLL_SLEEP_US 1000u
#define SILENT_POLLS 200u

static struct waitset_chanstate *chan_at(struct list *place)
{
    return LIST_OWNER(place, struct waitset_chanstate, place);
}

static void chan_disarm(struct waitset_chanstate *chan)
{
    if (chan->armed) {
        chan->armed = false;
        if (chan->disarm != NULL)
            chan->disarm(chan);
    }
}

/// Takes a registered channel off its ring.
static void chan_unlink(struct waitset_chanstate *chan)
{
    if (chan->state == CHAN_POLLED) {
        struct dispatcher *disp = disp_self();
        ring_remove(&disp->polled, &chan->place);
        disp->polled_count--;
        chan_disarm(chan);
    } else if (chan->state == CHAN_ARMED) {
        ring_remove(&disp_self()->armed, &chan->place);
        chan_disarm(chan);
    } else if (chan->state == CHAN_PENDING) {
        ring_remove(&chan->waitset->pending, &chan->place);
    }
}

/// Takes an armed channel off the polled ones if it is to stay armed.
static void chan_rest(struct dispatcher *disp, struct waitset_chanstate *chan)
{
    assert(chan->state == CHAN_POLLED); // DI4
    chan->armed = true;
    if (chan->stays_armed) {
        ring_remove(&disp->polled, &chan->place);
        disp->polled_count--;
        chan->state = CHAN_ARMED;
        ring_add(&disp->armed, &chan->place);
    }
}

void waitset_chanstate_init(struct waitset_chanstate *chan, enum ws_chantype chantype)
{
    *chan = (struct waitset_chanstate){.chantype = chantype, .state = CHAN_UNREGISTERED};
}

void waitset_chanstate_destroy(struct waitset_chanstate *chan)
{
    (void)waitset_chan_deregister(chan);
}

errval_t waitset_chan_register_disabled(struct waitset *ws, struct waitset_chanstate *chan,
                                        struct event_closure closure)
{
    if (chan->state != CHAN_UNREGISTERED)
        return LIB_ERR_CHAN_ALREADY_REGISTERED;
    chan->waitset = ws;
    chan->closure = closure;
    chan->state = CHAN_IDLE;
    return SYS_ERR_OK;
}

errval_t waitset_chan_deregister_disabled(struct waitset_chanstate *chan)
{
    if (chan->state == CHAN_UNREGISTERED)
        return LIB_ERR_CHAN_NOT_REGISTERED;
    chan_unlink(chan);
    chan->state = CHAN_UNREGISTERED;
    return SYS_ERR_OK;
}

errval_t waitset_chan_trigger_disabled(struct waitset_chanstate *chan)
{
    if (chan->state == CHAN_UNREGISTERED)
        return LIB_ERR_CHAN_NOT_REGISTERED;
    if (chan->state != CHAN_PENDING) {
        chan_unlink(chan);
        chan->state = CHAN_PENDING;
        ring_add(&chan->waitset->pending, &chan->place);
        thread_wake_one_disabled(&chan->waitset->waiters);
    }
    return SYS_ERR_OK;
}

bool waitset_take_disabled(struct waitset *ws, struct event_closure *closure)
{
    if (ws->pending == NULL)
        return false;
    struct waitset_chanstate *chan = chan_at(ws->pending);
    ring_remove(&ws->pending, &chan->place);
    chan->state = CHAN_UNREGISTERED;
    *closure = chan->closure;
    return true;
}

void waitset_look_disabled(struct waitset *ws)
{
    struct list *first = ws->waiters;
    ws->looked_for = true;
    for (struct list *place = first; place != NULL;) {
        thread_look_disabled(thread_at(place));
        place = place->next != first ? place->next : NULL;
    }
    if (first != NULL)
        dispatch_want_tick(disp_self()); // the caller runs on, and they wait
}

errval_t waitset_chan_register(struct waitset *ws, struct waitset_chanstate *chan,
                               struct event_closure closure)
{
    struct dispatcher *disp = dispatch_disable();
    errval_t err = waitset_chan_register_disabled(ws, chan, closure);
    dispatch_enable(disp);
    return err;
}

errval_t waitset_chan_register_polled_disabled(struct dispatcher *disp, struct waitset *ws,
                                               struct waitset_chanstate *chan,
                                               struct event_closure closure)
{
    errval_t err = chan->poll != NULL ? waitset_chan_register_disabled(ws, chan, closure)
                                      : LIB_ERR_INVALID_ARGS;
    if (err_is_ok(err)) {
        chan->state = CHAN_POLLED;
        chan->misses = 0;
        ring_add(&disp->polled, &chan->place);
        disp->polled_count++;
        waitset_look_disabled(ws);
    }
    return err;
}

errval_t waitset_chan_register_polled(struct waitset *ws, struct waitset_chanstate *chan,
                                      struct event_closure closure)
{
    struct dispatcher *disp = dispatch_disable();
    errval_t err = waitset_chan_register_polled_disabled(disp, ws, chan, closure);
    dispatch_enable(disp);
    return err;
}

errval_t waitset_chan_deregister(struct waitset_chanstate *chan)
{
    struct dispatcher *disp = dispatch_disable();
    errval_t err = waitset_chan_deregister_disabled(chan);
    dispatch_enable(disp);
    return err;
}

errval_t waitset_chan_trigger(struct waitset_chanstate *chan)
{
    struct dispatcher *disp = dispatch_disable();
    errval_t err = waitset_chan_trigger_disabled(chan);
    dispatch_enable(disp);
    return err;
}

errval_t waitset_chan_trigger_closure(struct waitset *ws, struct waitset_chanstate *chan,
                                      struct event_closure closure)
{
    struct dispatcher *disp = dispatch_disable();
    errval_t err = waitset_chan_register_disabled(ws, chan, closure);
    if (err_is_ok(err))
        err = waitset_chan_trigger_disabled(chan);
    dispatch_enable(disp);
    return err;
}

void waitset_set_wake_endpoint(struct lmp_endpoint *ep)
{
    struct dispatcher *disp = dispatch_disable();
    disp->wake_ep = ep;
    dispatch_enable(disp);
}

/// After a notification, which does not tell its channel (W1).
static void look_at_armed(struct dispatcher *disp)
{
    struct lmp_endpoint_kern *kern = disp->wake_ep->kern;
    kern->consumed = kern->delivered;
    struct list *next, *last = disp->armed != NULL ? disp->armed->prev : NULL;
    for (struct list *place = disp->armed; place != NULL; place = next) {
        struct waitset_chanstate *chan = chan_at(place);
        next = place != last ? place->next : NULL;
        assert(chan->state == CHAN_ARMED); // DI4
        if (!chan->arm(chan)) {
            chan->armed = false;
            (void)waitset_chan_trigger_disabled(chan);
        }
    }
}

void waitset_poll_disabled(struct dispatcher *disp)
{
    const struct lmp_endpoint *ep = disp->wake_ep;
    if (ep != NULL && ep->kern->delivered != ep->kern->consumed)
        look_at_armed(disp);
    bool found = false;
    struct list *next, *place = disp->polled;
    for (size_t left = disp->polled_count; left > 0; left--, place = next) {
        struct waitset_chanstate *chan = chan_at(place);
        next = place->next;
        if (chan->poll(chan)) {
            (void)waitset_chan_trigger_disabled(chan);
            found = true;
        } else if (disp->poll_found && chan->stays_armed && ++chan->misses >= SILENT_POLLS) {
            chan->misses = 0;
            if (chan->arm(chan))
                chan_rest(disp, chan);
        }
    }
    disp->poll_found = found;
}

/// Who sleeps for one channel alone says whose it is, if no thread has said what it waits for.
static void say_peer(struct dispatcher *disp)
{
    if ((disp->shared.waits_for & UINT32_MAX) <= WAIT_MESSAGE) {
        struct list *first = disp->armed;
        bool alone = first != NULL && first->next == first && disp->polled == NULL;
        domainid_t peer = alone ? chan_at(first)->peer : 0;
        disp->shared.waits_for = peer != 0 ? DISPATCHER_WAIT(WAIT_MESSAGE, peer) : 0;
    }
}

bool waitset_arm_disabled(struct dispatcher *disp, systime_t *deadline)
{
    systime_t poll_again = systime_now() + us_to_systime(POLL_SLEEP_US);
    struct list *next, *place = disp->polled;
    for (size_t left = disp->polled_count; left > 0; left--, place = next) {
        struct waitset_chanstate *chan = chan_at(place);
        next = place->next;
        if (chan->arm == NULL) {
            *deadline = *deadline == 0 || *deadline > poll_again ? poll_again : *deadline;
        } else if (chan->arm(chan)) {
            chan_rest(disp, chan);
        } else {
            (void)waitset_chan_trigger_disabled(chan);
            return false;
        }
    }
    say_peer(disp);
    return true;
}

void waitset_disarm_disabled(struct dispatcher *disp)
{
    struct list *place = disp->polled;
    for (size_t left = disp->polled_count; left > 0; left--, place = place->next)
        chan_disarm(chan_at(place));
}
