// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Requests and replies over LMP. A client sends to the server's endpoint with a capability whose
// badge says who it is; the server answers to the reply endpoint that the client gave with
// RPC_OP_CONNECT. The first word of a request is the operation with RPC_REQUEST, that of a reply an
// errval_t. A server never blocks on a client. Requests of one lmp_rpc are answered one by one.
//
// R1 A request's first word has the bit RPC_REQUEST. No reply's has, nor any other message that a
//    server sends to an endpoint that a client has named.
// R2 A server answers nothing but requests, and a client takes nothing else for a reply than what
//    is no request. So whoever names a server's endpoint, the server's own or another's, where its
//    answers are to go, makes nobody answer an answer.

// R3 A server's entry for a client is in the chain of its badge, or, with badge 0, in the free list.

#pragma once

#include "barrelfish/lmp_endpoints.h"
#include "barrelfish/threads.h"

/// Operation 0: a client gives its reply endpoint. A server's own operations begin at 1.
#define RPC_OP_CONNECT 0u

/// What tells a request from a reply (R1): a bit beyond those of an errval_t. lmp_rpc_call() adds
/// it and lmp_server takes it off; only who sends a request by itself needs it.
#define RPC_REQUEST (UINT64_C(1) << 63)
_Static_assert(5 * ERR_CODE_BITS < 63, "R1: an errval_t may have the bit");

/// Private to lmp_rpc.c; visible for allocation.
struct lmp_rpc {
    struct capref server;
    struct capref reply_cap;
    struct lmp_endpoint *reply_ep;
    struct thread_mutex mutex;
    delayus_t limit_us; ///< of an exchange; 0: none
    bool late;          ///< a reply did not come in time: the server has to be given the endpoint
};

/// Connects to a server. `server` stays the caller's and must live as long as `rpc`. Blocks.
/// Works before the C library is up. Errors: of slot_alloc(), endpoint_create(), the transport and
/// the server; `rpc` is unusable then.
LIB_MUST_CHECK errval_t lmp_rpc_init(struct lmp_rpc *rpc, struct capref server);

/// The same to a server that need not be trusted: no exchange takes longer than `limit_us`, this one
/// included. LIB_ERR_SEND_TIMEOUT: it takes no requests; LIB_ERR_RECV_TIMEOUT: it does not answer,
/// and if it does later the answer is dropped; a later call connects anew.
LIB_MUST_CHECK errval_t lmp_rpc_init_limited(struct lmp_rpc *rpc, struct capref server,
                                             delayus_t limit_us);

/// Ends the use of a connection: destroys the reply endpoint. No call may be under way.
void lmp_rpc_destroy(struct lmp_rpc *rpc);

/// Sends in[] (in[0] = operation) and a copy of `send_cap` (NULL_CAP: none), waits for the reply in
/// out[] and returns out[0], or an error of the transport. `recv_cap`: NULL if no capability is
/// wanted, else it is set, on success and on the server's errors, to the one that came, now the
/// caller's, or NULL_CAP. in and out may be the same array. Blocks; callers take turns.
/// LIB_ERR_CHAN_CLOSED: the server has ended, or has forgotten this client, before it answered; the
/// next call connects anew.
LIB_MUST_CHECK errval_t lmp_rpc_call(struct lmp_rpc *rpc, const uint64_t in[LMP_MSG_LENGTH],
                                     struct capref send_cap, uint64_t out[LMP_MSG_LENGTH],
                                     struct capref *recv_cap);

/// Handles one request. `cap`: NULL_CAP, or a capability that the handler now owns, slot included.
/// words[0] is the operation, without RPC_REQUEST.
/// badge 0: the CPU driver speaks; there is nobody to reply to.
typedef void (*lmp_server_handler)(void *st, uint32_t badge, const uint64_t words[LMP_MSG_LENGTH],
                                   size_t length, struct capref cap);

#define LMP_SERVER_CLIENTS_MAX 512u
#define LMP_SERVER_BUCKETS 256u

/// Private to lmp_server.c; visible for allocation.
struct lmp_client {
    uint32_t badge; ///< 0: free
    uint16_t next;  ///< index + 1 of the next in its bucket or in the free list
    struct capref reply_cap;
};

struct lmp_server {
    struct thread *handling;   ///< the thread in lmp_server_run() while it handles a request ...
    uint32_t handled;          ///< ... of this client
    uint32_t replied;          ///< the same, if the reply waits to be sent
    struct lmp_recv_msg reply; ///< it
    struct lmp_endpoint *ep;
    struct waitset *ws;
    lmp_server_handler handler;
    bool (*admits)(uint32_t badge); ///< NULL: everybody
    void *st;
    uint16_t free_list; ///< index + 1
    uint16_t buckets[LMP_SERVER_BUCKETS];
    struct lmp_client clients[LMP_SERVER_CLIENTS_MAX];
};

/// Serves the self endpoint of this dispatcher: event_dispatch(ws) runs `handler` for each request;
/// what a client sends and is none is dropped. One server for a dispatcher.
LIB_MUST_CHECK errval_t lmp_server_init(struct lmp_server *server, struct waitset *ws,
                                        lmp_server_handler handler, void *st);

/// From now on, only clients for whom `admits` returns true are made known. For a server that is
/// told when domains end: what one sent before must not make it known again.
void lmp_server_admit(struct lmp_server *server, bool (*admits)(uint32_t badge));

/// Serves for ever: as a loop of event_dispatch() on the server's waitset, but that a reply without
/// a capability, to the request at hand, is sent when the handler has returned, and the core goes
/// with it to the client (barrelfish/lrpc.h), if nothing else is to be done here. Errors of such a
/// reply are not told to the handler.
void lmp_server_run(struct lmp_server *server) __attribute__((noreturn));

/// Replies to the client `badge`, at once or later. answer[0] = errval_t. `cap` (NULL_CAP: none) is
/// moved if `give`, and is still the caller's if that failed; else it is lent: the client gets a
/// copy without the right to grant, which it can neither revoke nor pass on. Does not block.
/// LIB_ERR_CHAN_CLOSED: no such client; other errors: the reply is lost, and so is the client if
/// its endpoint is gone.
errval_t lmp_server_reply(struct lmp_server *server, uint32_t badge,
                          const uint64_t answer[LMP_MSG_LENGTH], struct capref cap, bool give);

/// Replies with a bare error.
errval_t lmp_server_reply_error(struct lmp_server *server, uint32_t badge, errval_t err);

/// Forgets a client whose domain has ended; unknown ones are ignored. That is final if before it all
/// capabilities with that badge were deleted (cap_revoke() of one of them): what was sent with them
/// lies before the message that the domain has ended, and nothing comes after it.
void lmp_server_forget(struct lmp_server *server, uint32_t badge);
