// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// How two domains come to share a channel, and how it ends. The monitor makes a frame for both
// rings at MONITOR_BIND; the server gets it with the request, maps it and accepts; neither can
// revoke it. Each side gets the other's Notify from its monitor. One Notify, and so one interrupt
// vector, serves all channels of a domain (ump_internal.h). See barrelfish/ump_chan.h.
// UB1 What is kept beside a channel leads to it; a channel is opened once.

#include "barrelfish/blocking.h"
#include "barrelfish/capabilities.h"
#include "barrelfish/domain.h"
#include "barrelfish/vspace_common.h"
#include "channel/ump_internal.h"
#include "monitor_events.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/// What is kept for a channel beside it: also while it is being bound.
struct ump_peer {
    struct monitor_peer peer;
    struct monitor_wait wait;
    struct ump_chan *uc;
};

static void relay(uint64_t id)
{
    uint64_t words[LMP_MSG_LENGTH] = {MONITOR_NOTIFY_RELAY, id};
    (void)!monitor_call(words, NULL_CAP, words, NULL);
}

/// Makes the endpoint for notifications known to the monitor, once. Between monitor_events_begin()
/// and _end().
static errval_t need_notify(void)
{
    struct lmp_endpoint *ep;
    struct capref cap;
    uint64_t words[LMP_MSG_LENGTH] = {MONITOR_NOTIFY};
    if (ump_waking.ep != NULL)
        return SYS_ERR_OK;
    errval_t err = endpoint_create(4, &cap, &ep);
    if (err_is_fail(err))
        return err;
    err = monitor_call(words, cap, words, NULL);
    if (err_is_ok(err))
        ump_waking = (struct ump_waking){ep, relay};
    else
        endpoint_destroy(cap, ep); // the monitor may have it, though its answer was lost
    ump_caps_call = monitor_call;
    return err;
}

static struct ump_chan *of_peer(struct monitor_peer *peer)
{
    return ((struct ump_peer *)((char *)peer - offsetof(struct ump_peer, peer)))->uc;
}

static struct capref peer_cap(struct monitor_peer *peer, const uint64_t *words, struct capref cap)
{
    struct ump_chan *uc = of_peer(peer);
    assert(uc->server == ((words[3] & MONITOR_CAP_SERVER) != 0)); // UB1
    return ump_caps_arrived(uc, words, cap);
}

static void peer_gone(struct monitor_peer *peer)
{
    struct ump_chan *uc = of_peer(peer);
    uc->gone = true;
    // Only what is registered is triggered.
    (void)waitset_chan_trigger(&uc->recv_chan);
    (void)waitset_chan_trigger(&uc->send_chan);
}

/// Maps a frame and makes the channel's rings in it; the frame stays the caller's on an error.
static errval_t map_rings(struct ump_chan *uc, struct capref frame, size_t out_offset,
                          size_t out_bytes, size_t in_offset, size_t in_bytes)
{
    uint8_t *buf;
    struct frame_identity id;
    errval_t err = frame_identify(frame, &id);
    if (err_is_fail(err))
        return err;
    if (in_bytes > id.bytes || out_bytes > id.bytes - in_bytes)
        return LIB_ERR_UMP_BUFSIZE;
    struct ump_peer *peer = calloc(1, sizeof(*peer));
    if (peer == NULL)
        return LIB_ERR_MALLOC_FAIL;
    err = vspace_map_one_frame((void **)&buf, id.bytes, frame, NULL, NULL);
    if (err_is_ok(err)) {
        err = ump_chan_init(uc, buf + in_offset, in_bytes, buf + out_offset, out_bytes);
        if (err_is_fail(err))
            (void)vspace_unmap(buf);
    }
    if (err_is_fail(err)) {
        free(peer);
        return err;
    }
    peer->uc = uc;
    uc->peer = peer;
    uc->buf = buf;
    uc->frame = frame;
    return SYS_ERR_OK;
}

/// Frees what a channel holds; the monitor knows it no more.
static void release(struct ump_chan *uc)
{
    if (uc->buf == NULL)
        return;
    ump_caps_free(uc);
    (void)vspace_unmap(uc->buf);
    (void)cap_destroy(uc->frame);
    if (!capref_is_null(uc->notify))
        (void)cap_destroy(uc->notify);
    free(uc->peer);
    uc->buf = uc->peer = NULL;
}

/// Between begin and end, or in the events' thread: the connection `id` is known.
static void opened(struct ump_chan *uc, uint64_t id, domainid_t with, struct capref notify)
{
    struct ump_peer *peer = uc->peer;
    assert(peer != NULL && peer->uc == uc && uc->id == 0); // UB1
    uc->id = id;
    uc->notify = notify;
    ump_chan_setup(uc);
    uc->recv_chan.peer = uc->send_chan.peer = with;
    peer->peer =
        (struct monitor_peer){.id = id, .server = uc->server, .gone = peer_gone, .cap = peer_cap};
    monitor_peer_add(&peer->peer);
}

static void run_continuation(void *arg)
{
    struct ump_chan *uc = arg;
    if (err_is_fail(uc->bind_err))
        release(uc);
    uc->cont.handler(uc->cont.st, uc->bind_err, uc, NULL_CAP);
}

/// Runs in the events' thread.
static void bound(struct monitor_wait *wait)
{
    struct ump_chan *uc = wait->st;
    if (err_is_ok(wait->err))
        opened(uc, wait->id, (domainid_t)wait->value, wait->cap);
    uc->bind_err = wait->err;
    if (uc->cont.handler == NULL)
        thread_sem_post(&wait->sem);
    else
        (void)!waitset_chan_trigger_closure(get_default_waitset(), &uc->bind_chan,
                                            MKCLOSURE(run_continuation, uc));
}

static size_t round_up(size_t bytes, size_t unit)
{
    return (bytes + unit - 1) / unit * unit;
}

/// Asks for the connection and drives the making of its memory, which large channels need several
/// requests for.
static errval_t get_frame(iref_t iref, size_t out_bytes, size_t in_bytes, uint64_t *id,
                          struct capref *frame)
{
    uint64_t words[LMP_MSG_LENGTH] = {MONITOR_BIND, iref, out_bytes, in_bytes};
    errval_t err = monitor_call(words, NULL_CAP, words, frame);
    while (err_is_ok(err) && words[2] == 0) {
        if (!capref_is_null(*frame))
            (void)cap_destroy(*frame); // Not to be sent yet.
        *id = words[1];
        words[0] = MONITOR_BIND_MEMORY;
        err = monitor_call(words, NULL_CAP, words, frame);
    }
    *id = words[1];
    return err_is_ok(err) && capref_is_null(*frame) ? LIB_ERR_RPC_REPLY : err;
}

/// Sends the request and maps the frame that comes back; events are held back from before until the
/// wait is known.
static errval_t request(struct ump_chan *uc, struct ump_bind_continuation cont, iref_t iref,
                        size_t out_bytes, size_t in_bytes)
{
    struct capref frame = NULL_CAP;
    uint64_t id = 0;
    errval_t err = monitor_events_begin();
    if (err_is_fail(err))
        return err;
    err = need_notify();
    if (err_is_ok(err))
        err = get_frame(iref, out_bytes, in_bytes, &id, &frame);
    if (err_is_ok(err)) {
        err = map_rings(uc, frame, 0, out_bytes, out_bytes, in_bytes);
        if (err_is_ok(err)) {
            struct ump_peer *peer = uc->peer;
            uc->cont = cont;
            monitor_wait_add(&peer->wait, MONITOR_EVENT_BOUND, id, bound, uc);
        } else {
            uint64_t goodbye[LMP_MSG_LENGTH] = {MONITOR_DISCONNECT, id};
            (void)!monitor_call(goodbye, NULL_CAP, goodbye, NULL);
            (void)cap_destroy(frame);
        }
    }
    monitor_events_end();
    return err;
}

static errval_t bind_rounded(struct ump_chan *uc, struct ump_bind_continuation cont, iref_t iref,
                             size_t in_bytes, size_t out_bytes)
{
    const size_t most = (size_t)URPC_LINES_MAX * UMP_MSG_BYTES;
    if (in_bytes > most || out_bytes > most)
        return LIB_ERR_UMP_BUFSIZE;
    return request(uc, cont, iref, round_up(out_bytes, UMP_MSG_BYTES),
                   round_up(in_bytes, UMP_MSG_BYTES));
}

errval_t ump_chan_bind(struct ump_chan *uc, struct ump_bind_continuation cont,
                       struct event_queue_node *qnode, iref_t iref,
                       struct monitor_binding *monitor_binding, size_t inchanlen, size_t outchanlen,
                       struct capref notify_cap)
{
    (void)qnode;
    (void)monitor_binding;
    (void)notify_cap;
    return cont.handler == NULL ? LIB_ERR_INVALID_ARGS
                                : bind_rounded(uc, cont, iref, inchanlen, outchanlen);
}

errval_t ump_chan_bind_blocking(struct ump_chan *uc, iref_t iref, size_t inchanlen,
                                size_t outchanlen)
{
    struct ump_bind_continuation none = {NULL, NULL};
    errval_t err = bind_rounded(uc, none, iref, inchanlen, outchanlen);
    if (err_is_fail(err))
        return err;
    struct ump_peer *peer = uc->peer;
    uint64_t id = peer->wait.id;
    err = monitor_wait_block(&peer->wait, blocking_deadline(BLOCKING_LIMIT_US));
    if (err_no(err) == LIB_ERR_TIMEOUT)
        err = monitor_bind_give_up(id, err);
    if (err_is_fail(err))
        release(uc);
    return err;
}

errval_t ump_chan_accept(struct ump_chan *uc, struct monitor_bind_request *request)
{
    struct capref notify = NULL_CAP;
    uint64_t words[LMP_MSG_LENGTH] = {MONITOR_BIND_REPLY, request->id, SYS_ERR_OK};
    // The client's outgoing area, our incoming one, comes first.
    errval_t err = request->lmp ? LIB_ERR_INVALID_ARGS
                                : map_rings(uc, request->cap, request->client_out_bytes,
                                            request->client_in_bytes, 0, request->client_out_bytes);
    if (err_is_fail(err)) {
        (void)monitor_refuse(request, err);
        return err;
    }
    request->cap = NULL_CAP;
    err = monitor_events_begin();
    if (err_is_fail(err)) {
        release(uc);
        return err;
    }
    err = need_notify();
    if (err_is_fail(err))
        (void)monitor_refuse(request, err);
    else
        err = monitor_call(words, NULL_CAP, words, &notify);
    uc->server = true;
    if (err_is_ok(err))
        opened(uc, request->id, request->client, notify);
    monitor_events_end();
    if (err_is_fail(err)) {
        if (!capref_is_null(notify))
            (void)cap_destroy(notify);
        release(uc);
    }
    return err;
}

void ump_chan_close(struct ump_chan *uc)
{
    struct ump_peer *peer = uc->peer;
    urpc_close(&uc->state.ring);
    ump_chan_flush(uc);
    (void)waitset_chan_deregister(&uc->recv_chan);
    (void)waitset_chan_deregister(&uc->send_chan);
    if (uc->id == 0)
        return;
    uint64_t words[LMP_MSG_LENGTH] = {MONITOR_DISCONNECT, uc->id};
    if (err_is_ok(monitor_events_begin())) {
        monitor_peer_remove(&peer->peer);
        if (!uc->gone)
            (void)!monitor_call(words, NULL_CAP, words, NULL);
        monitor_events_end();
    }
    release(uc);
}
