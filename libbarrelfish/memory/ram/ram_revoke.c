// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The holder's side of visible revocation: an endpoint that the memory server sends to.
#include "barrelfish/ram_revoke.h"

#include "barrelfish/capabilities.h"
#include "barrelfish/debug.h"
#include "if/mem_serv.h"
#include "ram_server.h"

/// The memory server waits when there is no room, but not for long.
#define MESSAGES 16u

static errval_t listen(struct ram_revoke *revoke);

static void on_message(void *arg)
{
    struct ram_revoke *revoke = arg;
    struct lmp_recv_msg msg = LMP_RECV_MSG_INIT;
    errval_t err = lmp_endpoint_recv(revoke->ep, &msg.buf, NULL);
    // Registered first, so that the callback may deregister.
    errval_t listen_err = listen(revoke);
    if (err_is_fail(listen_err))
        DEBUG_ERR(listen_err, "this domain does not hear of memory that is wanted back");
    if (err_is_fail(err) || msg.buf.msglen != 3)
        return;
    if (msg.words[0] == MEM_SERV_WANTED && revoke->wanted != NULL)
        revoke->wanted(revoke->arg, msg.words[1], msg.words[2]);
    else if (msg.words[0] == MEM_SERV_LOST && revoke->lost != NULL)
        revoke->lost(revoke->arg, msg.words[1], msg.words[2]);
}

static errval_t listen(struct ram_revoke *revoke)
{
    return lmp_endpoint_register(revoke->ep, revoke->ws, MKCLOSURE(on_message, revoke));
}

errval_t ram_revoke_register(struct ram_revoke *revoke, struct waitset *ws,
                             ram_revoke_wanted_t wanted, ram_revoke_lost_t lost, void *arg)
{
    *revoke = (struct ram_revoke){.ws = ws, .wanted = wanted, .lost = lost, .arg = arg};
    errval_t err = endpoint_create(MESSAGES, &revoke->cap, &revoke->ep);
    if (err_is_fail(err))
        return err;
    uint64_t words[LMP_MSG_LENGTH] = {MEM_SERV_REVOKE_EP};
    err = listen(revoke);
    if (err_is_ok(err))
        err = ram_server_call(words, revoke->cap);
    if (err_is_fail(err))
        endpoint_destroy(revoke->cap, revoke->ep);
    return err;
}

errval_t ram_revoke_deregister(struct ram_revoke *revoke)
{
    uint64_t words[LMP_MSG_LENGTH] = {MEM_SERV_REVOKE_EP};
    errval_t err = ram_server_call(words, NULL_CAP);
    if (err_is_ok(err))
        endpoint_destroy(revoke->cap, revoke->ep);
    return err;
}
