// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Messages of a channel between cores: a ring (urpc) on a waitset. See barrelfish/ump_chan.h. How
// two domains come to have one is in ump_bind.c.
//
// U1 Both directions are polled channels of the waitset. Before the dispatcher sleeps, arm() shows
//    the peer that it does; if it finds a message instead, nobody sleeps (urpc/layout.h, I10 to
//    I12). The peer's notification is an LMP message to this domain, which ends the dispatcher's
//    sleep or forbids it (kpi/dispatcher.h), whichever comes first. A channel stays armed while the
//    dispatcher runs, until it has a message: waitset_chan.c, W1.
// U2 The notification's message carries nothing. Its endpoint is emptied by the waitset before the
//    rings are looked at, at each look for events, so that it never fills up for good and a message
//    that comes afterwards still counts.
// U3 The functions of polled channels run disabled: they touch only rings and this structure.
// U4 Who notifies leaves a time stamp in its area. It is a hint for the peer's poll_policy.c.

#include "ump_internal.h"

#include "barrelfish/blocking.h"
#include "barrelfish/invocations.h"
#include "dispatch/dispatcher.h"

#include <assert.h>

struct ump_waking ump_waking;

static struct ump_chan *of_recv(struct waitset_chanstate *chan)
{
    return (struct ump_chan *)((char *)chan - offsetof(struct ump_chan, recv_chan));
}

static struct ump_chan *of_send(struct waitset_chanstate *chan)
{
    return (struct ump_chan *)((char *)chan - offsetof(struct ump_chan, send_chan));
}

/// Arming has found that no sleep is due; by U4 the peer may say since when.
static bool not_armed(const struct ump_chan *uc)
{
    dispatch_wake_announced(urpc_peer_woke_at(&uc->state.ring));
    return false;
}

/// Whether capabilities have to come before the next message counts.
static bool awaits_caps(const struct ump_chan *uc)
{
    return uc->caps != NULL && uc->caps->awaited > 0 && !uc->gone;
}

/// Whether room for capabilities is what is waited for.
static bool awaits_room(const struct ump_chan *uc)
{
    return uc->caps != NULL && uc->caps->room > 0 && !uc->gone;
}

static bool poll_recv(struct waitset_chanstate *chan)
{
    struct ump_chan *uc = of_recv(chan);
    if (awaits_caps(uc))
        return uc->caps->count >= uc->caps->awaited;
    return urpc_can_recv(&uc->state.ring) || uc->gone || urpc_peer_closed(&uc->state.ring);
}

static bool arm_recv(struct waitset_chanstate *chan)
{
    struct ump_chan *uc = of_recv(chan);
    if (awaits_caps(uc)) // The monitor's event wakes us.
        return uc->caps->count < uc->caps->awaited;
    return (!uc->gone && urpc_arm(&uc->state.ring)) || not_armed(uc);
}

static void disarm_recv(struct waitset_chanstate *chan)
{
    urpc_disarm(&of_recv(chan)->state.ring);
}

static bool poll_send(struct waitset_chanstate *chan)
{
    struct ump_chan *uc = of_send(chan);
    if (awaits_room(uc))
        return UMP_CAPS_MAX - uc->caps->out >= uc->caps->room;
    return urpc_can_send(&uc->state.ring) || uc->gone || urpc_peer_closed(&uc->state.ring) ||
           urpc_peer_broken(&uc->state.ring);
}

static bool arm_send(struct waitset_chanstate *chan)
{
    struct ump_chan *uc = of_send(chan);
    if (awaits_room(uc))
        return UMP_CAPS_MAX - uc->caps->out < uc->caps->room;
    return (!uc->gone && urpc_arm_room(&uc->state.ring, 1)) || not_armed(uc);
}

static void disarm_send(struct waitset_chanstate *chan)
{
    urpc_disarm_room(&of_send(chan)->state.ring);
}

void ump_chan_setup(struct ump_chan *uc)
{
    waitset_chanstate_init(&uc->recv_chan, CHANTYPE_UMP_IN);
    uc->recv_chan.poll = poll_recv;
    waitset_chanstate_init(&uc->send_chan, CHANTYPE_UMP_OUT);
    uc->send_chan.poll = poll_send;
    waitset_chanstate_init(&uc->bind_chan, CHANTYPE_OTHER);
    if (uc->id == 0)
        return;                                                // Nobody would end the sleep.
    assert(ump_waking.ep != NULL && ump_waking.relay != NULL); // U1
    uc->recv_chan.arm = arm_recv;
    uc->recv_chan.disarm = disarm_recv;
    uc->send_chan.arm = arm_send;
    uc->send_chan.disarm = disarm_send;
    uc->recv_chan.stays_armed = uc->send_chan.stays_armed = true;
    waitset_set_wake_endpoint(ump_waking.ep);
}

errval_t ump_chan_init(struct ump_chan *uc, volatile void *inbuf, size_t inbufsize,
                       volatile void *outbuf, size_t outbufsize)
{
    struct urpc_chan ring;
    if (inbufsize % UMP_MSG_BYTES != 0 || outbufsize % UMP_MSG_BYTES != 0 ||
        !urpc_init_sized(&ring, (void *)outbuf, outbufsize / UMP_MSG_BYTES, (void *)inbuf,
                         inbufsize / UMP_MSG_BYTES))
        return LIB_ERR_UMP_BUFSIZE;
    *uc = (struct ump_chan){.state.ring = ring};
    ump_chan_setup(uc);
    return SYS_ERR_OK;
}

void ump_chan_wake(struct ump_chan *uc)
{
    if (uc->id == 0 || uc->gone)
        return;
    urpc_set_woke_at(&uc->state.ring, systime_now()); // U4
    if (capref_is_null(uc->notify))
        ump_waking.relay(uc->id);
    else
        (void)!invoke_notify_send(uc->notify);
}

void ump_chan_flush(struct ump_chan *uc)
{
    bool wake = urpc_peer_sleeps(&uc->state.ring);
    wake = urpc_peer_waits(&uc->state.ring) || wake;
    if (wake)
        ump_chan_wake(uc);
}

bool ump_chan_can_recv(struct ump_chan *uc)
{
    return urpc_can_recv(&uc->state.ring);
}

errval_t ump_chan_recv(struct ump_chan *uc, volatile struct ump_message **msg)
{
    // In this order: what was sent before the close is still to be received.
    bool closed = urpc_peer_closed(&uc->state.ring) || *(volatile bool *)&uc->gone;
    volatile struct ump_message *received = ump_impl_recv(&uc->state);
    if (received == NULL)
        return closed ? LIB_ERR_CHAN_CLOSED : LIB_ERR_NO_UMP_MSG;
    if (urpc_peer_waits(&uc->state.ring))
        ump_chan_wake(uc);
    *msg = received;
    return SYS_ERR_OK;
}

/// Why nothing can be sent, or SYS_ERR_OK.
static errval_t send_error(const struct ump_chan *uc)
{
    if (urpc_peer_closed(&uc->state.ring) || *(volatile const bool *)&uc->gone)
        return LIB_ERR_CHAN_CLOSED;
    return urpc_peer_broken(&uc->state.ring) ? LIB_ERR_UMP_PEER : SYS_ERR_OK;
}

volatile struct ump_message *ump_chan_get_next(struct ump_chan *uc, struct ump_control *ctrl)
{
    return ump_impl_get_next(&uc->state, ctrl);
}

void ump_chan_publish(struct ump_chan *uc, struct ump_control ctrl)
{
    ump_impl_publish(&uc->state, ctrl);
}

errval_t ump_chan_send(struct ump_chan *uc, const uint64_t words[UMP_PAYLOAD_WORDS], uint16_t ctrl)
{
    errval_t err = send_error(uc);
    if (err_is_fail(err))
        return err;
    if (!urpc_send(&uc->state.ring, words, ctrl)) {
        err = send_error(uc);
        return err_is_fail(err) ? err : LIB_ERR_UMP_FULL;
    }
    if (urpc_peer_sleeps(&uc->state.ring))
        ump_chan_wake(uc);
    return SYS_ERR_OK;
}

errval_t ump_chan_register_recv(struct ump_chan *uc, struct waitset *ws,
                                struct event_closure closure)
{
    return waitset_chan_register_polled(ws, &uc->recv_chan, closure);
}

errval_t ump_chan_deregister_recv(struct ump_chan *uc)
{
    return waitset_chan_deregister(&uc->recv_chan);
}

errval_t ump_chan_register_send(struct ump_chan *uc, struct waitset *ws,
                                struct event_closure closure)
{
    return waitset_chan_register_polled(ws, &uc->send_chan, closure);
}

errval_t ump_chan_deregister_send(struct ump_chan *uc)
{
    return waitset_chan_deregister(&uc->send_chan);
}

errval_t ump_chan_send_until(struct ump_chan *uc, const uint64_t words[UMP_PAYLOAD_WORDS],
                             uint16_t ctrl, systime_t deadline)
{
    errval_t err = ump_chan_send(uc, words, ctrl);
    while (err_no(err) == LIB_ERR_UMP_FULL) {
        err = waitset_chan_wait_polled(&uc->send_chan, deadline);
        if (err_is_ok(err))
            err = ump_chan_send(uc, words, ctrl);
    }
    return err_no(err) == LIB_ERR_TIMEOUT ? err_push(err, LIB_ERR_SEND_TIMEOUT) : err;
}

/// Waits for a message that is not there yet.
static errval_t recv_later(struct ump_chan *uc, volatile struct ump_message **msg,
                           systime_t deadline)
{
    errval_t err;
    do {
        err = waitset_chan_wait_polled(&uc->recv_chan, deadline);
        if (err_is_ok(err))
            err = ump_chan_recv(uc, msg);
    } while (err_no(err) == LIB_ERR_NO_UMP_MSG);
    return err_no(err) == LIB_ERR_TIMEOUT ? err_push(err, LIB_ERR_RECV_TIMEOUT) : err;
}

errval_t ump_chan_recv_until(struct ump_chan *uc, volatile struct ump_message **msg,
                             systime_t deadline)
{
    errval_t err = ump_chan_recv(uc, msg);
    return err_no(err) == LIB_ERR_NO_UMP_MSG ? recv_later(uc, msg, deadline) : err;
}

/// The clock is only read when there is something to wait for.
errval_t ump_chan_send_blocking(struct ump_chan *uc, const uint64_t words[UMP_PAYLOAD_WORDS],
                                uint16_t ctrl)
{
    errval_t err = ump_chan_send(uc, words, ctrl);
    return err_no(err) == LIB_ERR_UMP_FULL
               ? ump_chan_send_until(uc, words, ctrl, blocking_deadline(BLOCKING_LIMIT_US))
               : err;
}

errval_t ump_chan_recv_blocking(struct ump_chan *uc, volatile struct ump_message **msg)
{
    errval_t err = ump_chan_recv(uc, msg);
    return err_no(err) == LIB_ERR_NO_UMP_MSG
               ? recv_later(uc, msg, blocking_deadline(BLOCKING_FOREVER))
               : err;
}
