// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The server's side of requests over LMP: the self endpoint, and a bounded table of clients by
// badge (a hash of chains over indices, so that a server's memory is fixed). A client is whoever
// holds a capability with that badge; what it sends is a claim. The server does not wait for a
// client: what a client has no room for is lost, and a client whose endpoint is gone is forgotten.

#include <assert.h>
#include <string.h>

#include "barrelfish/capabilities.h"
#include "barrelfish/debug.h"
#include "barrelfish/lmp_rpc.h"
#include "barrelfish/slot_alloc.h"
#include "barrelfish/syscalls.h"
#include "dispatch/dispatcher.h"

// Messages handled by one event, so that a flood of requests leaves room for the waitset's others.
#define MESSAGES_EACH_EVENT 16

static uint16_t *bucket_of(struct lmp_server *server, uint32_t badge)
{
    return &server->buckets[(badge ^ badge >> 16) % LMP_SERVER_BUCKETS];
}

static struct lmp_client *client_find(struct lmp_server *server, uint32_t badge)
{
    for (uint16_t i = *bucket_of(server, badge); i != 0; i = server->clients[i - 1].next)
        if (server->clients[i - 1].badge == badge)
            return &server->clients[i - 1];
    return NULL;
}

static struct lmp_client *client_add(struct lmp_server *server, uint32_t badge)
{
    uint16_t index = server->free_list;
    if (index == 0)
        return NULL;
    struct lmp_client *client = &server->clients[index - 1];
    assert(index <= LMP_SERVER_CLIENTS_MAX && client->badge == 0 && badge != 0); // R3
    server->free_list = client->next;
    client->badge = badge;
    client->reply_cap = NULL_CAP;
    client->next = *bucket_of(server, badge);
    *bucket_of(server, badge) = index;
    return client;
}

void lmp_server_forget(struct lmp_server *server, uint32_t badge)
{
    uint16_t *link = bucket_of(server, badge);
    while (*link != 0 && server->clients[*link - 1].badge != badge)
        link = &server->clients[*link - 1].next;
    if (*link == 0)
        return;
    uint16_t index = *link;
    struct lmp_client *client = &server->clients[index - 1];
    *link = client->next;
    if (!capref_is_null(client->reply_cap))
        cap_drop(client->reply_cap);
    client->badge = 0;
    client->next = server->free_list;
    server->free_list = index;
}

/// A client that is gone is forgotten.
static errval_t check_reply(struct lmp_server *server, uint32_t badge, errval_t err)
{
    if (err_is_fail(err) && !lmp_err_is_transient(err) &&
        err_no(err) != SYS_ERR_LMP_CAPTRANSFER_SRC)
        lmp_server_forget(server, badge);
    return err;
}

/// R1, whatever error a handler was told.
static void copy_answer(uint64_t words[LMP_MSG_LENGTH], const uint64_t answer[LMP_MSG_LENGTH])
{
    memcpy(words, answer, LMP_MSG_LENGTH * sizeof(words[0]));
    words[0] &= ~RPC_REQUEST;
}

/// Keeps the reply for lmp_server_run(), if the handler of the request gives it there.
static bool keep_reply(struct lmp_server *server, uint32_t badge,
                       const uint64_t answer[LMP_MSG_LENGTH])
{
    if (server->handling != thread_self() || server->handled != badge || server->replied != 0)
        return false;
    server->reply.buf.msglen = LMP_MSG_LENGTH;
    copy_answer(server->reply.words, answer);
    server->replied = badge;
    return true;
}

errval_t lmp_server_reply(struct lmp_server *server, uint32_t badge,
                          const uint64_t answer[LMP_MSG_LENGTH], struct capref cap, bool give)
{
    struct lmp_client *client = client_find(server, badge);
    if (client == NULL)
        return LIB_ERR_CHAN_CLOSED;
    uint32_t flags = LMP_FLAG_YIELD;
    uint64_t words[LMP_MSG_LENGTH];
    if (!capref_is_null(cap))
        flags |= give ? LMP_FLAG_GIVE : LMP_FLAG_NO_GRANT;
    else if (keep_reply(server, badge, answer))
        return SYS_ERR_OK;
    copy_answer(words, answer);
    return check_reply(server, badge,
                       lmp_send(client->reply_cap, flags, cap, LMP_MSG_LENGTH, words));
}

errval_t lmp_server_reply_error(struct lmp_server *server, uint32_t badge, errval_t err)
{
    uint64_t words[LMP_MSG_LENGTH] = {err};
    return lmp_server_reply(server, badge, words, NULL_CAP, false);
}

/// A client gives its reply endpoint, perhaps anew.
static void take_reply_endpoint(struct lmp_server *server, uint32_t badge, struct capref cap)
{
    struct lmp_client *client = badge == 0 ? NULL : client_find(server, badge);
    bool admitted = badge != 0 && (server->admits == NULL || server->admits(badge));
    if (client == NULL && admitted && !capref_is_null(cap))
        client = client_add(server, badge);
    if (client == NULL) {
        if (!capref_is_null(cap)) {
            uint64_t words[LMP_MSG_LENGTH] = {LIB_ERR_BIND_REFUSED};
            (void)lmp_send(cap, 0, NULL_CAP, LMP_MSG_LENGTH, words);
            cap_drop(cap);
        }
        return;
    }
    if (!capref_is_null(cap)) {
        if (!capref_is_null(client->reply_cap))
            cap_drop(client->reply_cap);
        client->reply_cap = cap;
    }
    (void)lmp_server_reply_error(server, badge, SYS_ERR_OK);
}

/// Keeps a slot ready. Without one, requests with capabilities are refused to their senders, who
/// try again; each further message is an occasion to get one.
static void prepare_slot(struct lmp_server *server)
{
    struct capref slot;
    if (capref_is_null(server->ep->recv_slot) && err_is_ok(slot_alloc(&slot)))
        lmp_endpoint_set_recv_slot(server->ep, slot);
}

/// What a client sends and is no request may be an answer, of this server or of another, for which
/// that client has named this endpoint: it is not answered (R2).
static void handle(struct lmp_server *server, struct lmp_recv_msg *msg, struct capref cap)
{
    uint32_t badge = (uint32_t)msg->buf.badge;
    if (badge != 0 && (msg->buf.msglen == 0 || (msg->words[0] & RPC_REQUEST) == 0)) {
        if (!capref_is_null(cap))
            cap_drop(cap);
        return;
    }
    msg->words[0] &= ~RPC_REQUEST;
    server->handled = badge;
    if (badge != 0 && msg->words[0] == RPC_OP_CONNECT)
        take_reply_endpoint(server, badge, cap);
    else
        server->handler(server->st, badge, msg->words, msg->buf.msglen, cap);
    server->handled = 0;
}

/// Sends the reply that was kept, if there is one and the client is still known. With `wait`, if
/// nothing else is to be done, the next request may come at once: true, it is in server->reply.
static bool send_kept(struct lmp_server *server, bool wait, struct capref *cap)
{
    uint32_t badge = server->replied;
    struct lmp_client *client = badge != 0 ? client_find(server, badge) : NULL;
    uint64_t received = 0;
    server->replied = 0;
    if (client == NULL)
        return false;
    uint64_t to = get_cap_caddr(client->reply_cap);
    struct dispatcher *disp = dispatch_disable();
    dispatch_poll(disp);
    errval_t err = wait && server->ws->pending == NULL
                       ? lrpc_try_disabled(disp, to, 0, 0, server->ep, &server->reply, &received)
                       : sys_lmp_send(to, LMP_FLAG_YIELD, 0, LMP_MSG_LENGTH, server->reply.words);
    dispatch_enable(disp);
    if (err_is_fail(check_reply(server, badge, err)) || received == 0)
        return false;
    lmp_endpoint_take_cap(server->ep, (received & LMP_RECV_HAS_CAP) != 0, cap);
    return true;
}

static void on_message(void *arg)
{
    struct lmp_server *server = arg;
    for (int i = 0; i < MESSAGES_EACH_EVENT; i++) {
        struct lmp_recv_msg msg = LMP_RECV_MSG_INIT;
        struct capref cap;
        if (lmp_endpoint_can_recv(server->ep))
            (void)send_kept(server, false, NULL); // the core is not handed over with it
        if (err_is_fail(lmp_endpoint_recv(server->ep, &msg.buf, &cap)))
            break;
        prepare_slot(server);
        handle(server, &msg, cap);
    }
    prepare_slot(server);
    errval_t err = lmp_endpoint_register(server->ep, server->ws, MKCLOSURE(on_message, server));
    if (err_is_fail(err))
        USER_PANIC_ERR(err, "a server's endpoint was registered behind its back");
}

errval_t lmp_server_init(struct lmp_server *server, struct waitset *ws, lmp_server_handler handler,
                         void *st)
{
    memset(server, 0, sizeof(*server));
    for (uint16_t i = 0; i < LMP_SERVER_CLIENTS_MAX; i++)
        server->clients[i].next = i + 1u < LMP_SERVER_CLIENTS_MAX ? i + 2 : 0;
    server->free_list = 1;
    server->ep = lmp_endpoint_self();
    server->ws = ws;
    server->handler = handler;
    server->st = st;
    prepare_slot(server);
    return lmp_endpoint_register(server->ep, ws, MKCLOSURE(on_message, server));
}

void lmp_server_admit(struct lmp_server *server, bool (*admits)(uint32_t badge))
{
    server->admits = admits;
}

void lmp_server_run(struct lmp_server *server)
{
    server->handling = thread_self();
    for (;;) {
        struct capref cap;
        if (send_kept(server, true, &cap)) {
            struct lmp_recv_msg msg = server->reply;
            prepare_slot(server);
            handle(server, &msg, cap);
            continue;
        }
        errval_t err = event_dispatch(server->ws);
        if (err_is_fail(err))
            USER_PANIC_ERR(err, "event_dispatch");
    }
}
