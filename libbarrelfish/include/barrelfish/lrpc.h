// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Lightweight calls between two dispatchers of one core: a message is sent and the core goes with
// it, straight to the receiver if that waits in one of these calls too; so a call and its reply are
// two system calls, and the scheduler has no part in them. lmp_rpc_call() and lmp_server_run() use
// them; a server or a benchmark that has nothing but calls may use them itself. Source: Bershad,
// Anderson, Lazowska, Levy: "Lightweight Remote Procedure Call", TOCS 1990.

#pragma once

#include "barrelfish/blocking.h"
#include "barrelfish/lmp_endpoints.h"

/// Sends the message in *msg (msg->buf.msglen words) and a capability (NULL_CAP: none) to `server`,
/// and waits for one at `ep`, which then is in *msg and, unless `cap` is NULL, its capability in
/// *cap, as of lmp_endpoint_recv(). The endpoint is registered with no waitset. The words go
/// straight into the receiver's registers if nothing else can happen in this dispatcher (no thread
/// is runnable, no channel is polled, no timer runs) and the receiver waits in a call of these at
/// the endpoint sent to; else they are a message like any other. `flags`: LMP_FLAG_GIVE,
/// LMP_FLAG_NO_GRANT. Blocks, but not for room. LIB_ERR_CHAN_CLOSED: the message may have been
/// sent, and nobody is left who could answer at `ep` (barrelfish/lmp_endpoints.h): the server has
/// ended, or has deleted its copy. Other errors are those of lmp_send(), and nothing has been sent
/// or received then. Waits until `deadline` at the latest (0: for ever); with one, the core is not
/// handed over directly, for who waits in the CPU driver is not woken by a time.
/// LIB_ERR_RECV_TIMEOUT: it was sent, and the answer may still come, to whoever waits at `ep` next.
LIB_MUST_CHECK errval_t lrpc_call_until(struct capref server, uint32_t flags,
                                        struct capref send_cap, struct lmp_endpoint *ep,
                                        struct lmp_recv_msg *msg, struct capref *cap,
                                        systime_t deadline);

/// The same with a limit: that of the thread if it has set one (barrelfish/blocking.h), which is a
/// deadline; else BLOCKING_LIMIT_US, or up to DISPATCHER_WATCH_MS more, and the core is handed over.
LIB_MUST_CHECK errval_t lrpc_call(struct capref server, uint32_t flags, struct capref send_cap,
                                  struct lmp_endpoint *ep, struct lmp_recv_msg *msg,
                                  struct capref *cap);

/// The server's side: replies to `client` and waits for the next call at `ep`. If the reply could
/// not be sent the error is returned and nothing was waited for: go on with lrpc_wait(). Without a
/// limit, unless the thread has one.
LIB_MUST_CHECK static inline errval_t
lrpc_reply_and_wait(struct capref client, uint32_t flags, struct capref send_cap,
                    struct lmp_endpoint *ep, struct lmp_recv_msg *msg, struct capref *cap)
{
    return lrpc_call_until(client, flags, send_cap, ep, msg, cap,
                           blocking_deadline(BLOCKING_FOREVER));
}

/// Waits for a message at `ep`, until a time at the latest (0: for ever). LIB_ERR_RECV_TIMEOUT;
/// LIB_ERR_CHAN_CLOSED: nobody is left who could send one, at once and for as long as that is so.
LIB_MUST_CHECK errval_t lrpc_wait_until(struct lmp_endpoint *ep, struct lmp_recv_msg *msg,
                                        struct capref *cap, systime_t deadline);

/// The same with the thread's limit: a server's first message.
LIB_MUST_CHECK static inline errval_t lrpc_wait(struct lmp_endpoint *ep, struct lmp_recv_msg *msg,
                                                struct capref *cap)
{
    return lrpc_wait_until(ep, msg, cap, blocking_deadline(BLOCKING_FOREVER));
}
