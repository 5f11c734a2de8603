// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The client's side of requests over LMP. The slot for a capability in the reply is allocated
// before the connection's mutex is taken, because the slot allocator may itself have to call the
// memory server over this connection. Each request hands the core to the server (lrpc.c).

#include "barrelfish/lmp_rpc.h"

#include <assert.h>
#include <string.h>

#include "barrelfish/blocking.h"
#include "barrelfish/capabilities.h"
#include "barrelfish/lrpc.h"
#include "barrelfish/slot_alloc.h"
#include "barrelfish/syscalls.h"
#include "barrelfish/systime.h"

#define REPLY_MESSAGES 2u

/// Sends a request. Yields to the server as long as its buffer is full.
static errval_t request(struct lmp_rpc *rpc, const uint64_t in[LMP_MSG_LENGTH],
                        struct capref send_cap, struct lmp_recv_msg *msg, struct capref *cap,
                        systime_t deadline)
{
    for (;;) {
        msg->buf.msglen = LMP_MSG_LENGTH;
        memcpy(msg->words, in, sizeof(msg->words));
        msg->words[0] |= RPC_REQUEST;
        errval_t err = lrpc_call_until(rpc->server, 0, send_cap, rpc->reply_ep, msg, cap, deadline);
        if (!lmp_err_is_transient(err))
            return err;
        if (deadline != 0 && systime_now() >= deadline)
            return err_push(err, LIB_ERR_SEND_TIMEOUT);
        thread_yield_dispatcher(get_cap_caddr(rpc->server));
    }
}

/// What came is a request, and so no reply (R2): waits for the next.
static errval_t await_reply(struct lmp_rpc *rpc, struct lmp_recv_msg *msg, struct capref *cap,
                            systime_t deadline)
{
    if (!capref_is_null(*cap)) {
        (void)cap_delete(*cap);
        lmp_endpoint_set_recv_slot(rpc->reply_ep, *cap);
        *cap = NULL_CAP;
    }
    return lrpc_wait_until(rpc->reply_ep, msg, cap, deadline);
}

/// A reply that comes too late must not be taken for that to the next request: it goes to an
/// endpoint that is there no more. The next call connects with the new one.
static void forget_late_reply(struct lmp_rpc *rpc)
{
    lmp_rpc_destroy(rpc);
    if (err_is_fail(endpoint_create(REPLY_MESSAGES, &rpc->reply_cap, &rpc->reply_ep)))
        rpc->reply_ep = NULL;
    rpc->late = true;
}

/// *cap is set in any case. The thread's limit is not for these, but the connection's own.
static errval_t exchange(struct lmp_rpc *rpc, const uint64_t in[LMP_MSG_LENGTH],
                         struct capref send_cap, uint64_t out[LMP_MSG_LENGTH], struct capref *cap)
{
    *cap = NULL_CAP;
    struct lmp_recv_msg msg = LMP_RECV_MSG_INIT;
    systime_t deadline = rpc->limit_us != 0 ? blocking_until(rpc->limit_us) : 0;
    errval_t err = request(rpc, in, send_cap, &msg, cap, deadline);
    while (err_is_ok(err) && msg.buf.msglen > 0 && (msg.words[0] & RPC_REQUEST) != 0)
        err = await_reply(rpc, &msg, cap, deadline);
    if (err_no(err) == LIB_ERR_RECV_TIMEOUT)
        forget_late_reply(rpc);
    if (err_is_fail(err))
        return err;
    if (msg.buf.msglen == 0)
        return LIB_ERR_RPC_REPLY;
    assert((msg.words[0] & RPC_REQUEST) == 0); // R2
    memcpy(out, msg.words, sizeof(msg.words));
    return out[0];
}

/// Gives the server the reply endpoint.
static errval_t give_reply_endpoint(struct lmp_rpc *rpc)
{
    uint64_t words[LMP_MSG_LENGTH] = {RPC_OP_CONNECT};
    struct capref cap;
    errval_t err = exchange(rpc, words, rpc->reply_cap, words, &cap);
    rpc->late = rpc->late && err_is_fail(err);
    return err;
}

errval_t lmp_rpc_init(struct lmp_rpc *rpc, struct capref server)
{
    return lmp_rpc_init_limited(rpc, server, 0);
}

errval_t lmp_rpc_init_limited(struct lmp_rpc *rpc, struct capref server, delayus_t limit_us)
{
    rpc->server = server;
    rpc->limit_us = limit_us;
    rpc->late = false;
    thread_mutex_init(&rpc->mutex);
    errval_t err = endpoint_create(REPLY_MESSAGES, &rpc->reply_cap, &rpc->reply_ep);
    if (err_is_fail(err))
        return err;
    err = give_reply_endpoint(rpc);
    if (err_is_fail(err))
        lmp_rpc_destroy(rpc);
    return err;
}

void lmp_rpc_destroy(struct lmp_rpc *rpc)
{
    if (rpc->reply_ep != NULL)
        endpoint_destroy(rpc->reply_cap, rpc->reply_ep);
}

errval_t lmp_rpc_call(struct lmp_rpc *rpc, const uint64_t in[LMP_MSG_LENGTH],
                      struct capref send_cap, uint64_t out[LMP_MSG_LENGTH], struct capref *recv_cap)
{
    struct capref spare = NULL_CAP;
    if (rpc->reply_ep == NULL)
        return LIB_ERR_CHAN_CLOSED;
    if (capref_is_null(rpc->reply_ep->recv_slot)) {
        errval_t err = slot_alloc(&spare);
        if (err_is_fail(err))
            return err;
    }
    struct capref cap = NULL_CAP;
    thread_mutex_lock(&rpc->mutex);
    if (capref_is_null(rpc->reply_ep->recv_slot)) {
        lmp_endpoint_set_recv_slot(rpc->reply_ep, spare);
        spare = NULL_CAP;
    }
    // The server may have forgotten this client, or be another one by now.
    bool anew = rpc->late || lmp_endpoint_is_closed(rpc->reply_ep);
    errval_t err = anew ? give_reply_endpoint(rpc) : SYS_ERR_OK;
    if (err_is_ok(err))
        err = exchange(rpc, in, send_cap, out, &cap);
    thread_mutex_unlock(&rpc->mutex);
    if (!capref_is_null(spare))
        (void)slot_free(spare);
    if (recv_cap != NULL)
        *recv_cap = cap;
    else if (!capref_is_null(cap))
        (void)cap_destroy(cap);
    return err;
}
