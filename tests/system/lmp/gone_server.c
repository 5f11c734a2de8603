// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Servers that end, or let go of their client, in every way.
#include "gone.h"

#include <stdlib.h>

#include "barrelfish/barrelfish.h"
#include "barrelfish/capabilities.h"
#include "barrelfish/lmp_rpc.h"
#include "barrelfish/lrpc.h"
#include "barrelfish/slot_alloc.h"

#define MESSAGES 4u

static struct capref reply;

static errval_t answer(void)
{
    const uint64_t words[LMP_MSG_LENGTH] = {GONE_ANSWERED};
    return lmp_send(reply, 0, NULL_CAP, 1, words);
}

static errval_t give_away(void)
{
    const uint64_t words[LMP_MSG_LENGTH] = {GONE_NONE};
    return lmp_send((struct capref){cnode_arg, GONE_ARG_OTHER}, LMP_FLAG_GIVE, reply, 1, words);
}

static errval_t handle(uint64_t request)
{
    switch (request) {
    case GONE_NONE:
    case GONE_SILENT:
        return SYS_ERR_OK;
    case GONE_ANSWER:
        return answer();
    case GONE_LAST:
        return err_is_ok(answer()) ? exit(GONE_STATUS_EXIT), SYS_ERR_OK : LIB_ERR_CHAN_CLOSED;
    case GONE_EXIT:
        exit(GONE_STATUS_EXIT);
    case GONE_FAULT_DISABLED:
        disp_disable();
        __asm__ volatile("ud2");
        __builtin_unreachable();
    case GONE_FAULT:
        __asm__ volatile("ud2");
        __builtin_unreachable();
    case GONE_DELETE:
        return cap_delete(reply);
    case GONE_REVOKE:
        return cap_revoke(reply);
    case GONE_GIVE:
        return give_away();
    default:
        return SYS_ERR_ILLEGAL_INVOCATION;
    }
}

int gone_server(void)
{
    struct lmp_endpoint *ep;
    struct capref ep_cap, slot;
    const uint64_t words[LMP_MSG_LENGTH] = {0};
    reply = (struct capref){cnode_arg, GONE_ARG_REPLY};
    errval_t err = endpoint_create(MESSAGES, &ep_cap, &ep);
    if (err_is_ok(err))
        err = slot_alloc(&slot);
    if (err_is_ok(err)) {
        lmp_endpoint_set_recv_slot(ep, slot);
        err = lmp_send(reply, 0, ep_cap, 0, words);
    }
    while (err_is_ok(err)) {
        struct lmp_recv_msg msg;
        struct capref came;
        err = lrpc_wait(ep, &msg, &came);
        if (err_is_ok(err)) {
            reply = capref_is_null(came) ? reply : came;
            err = handle(msg.words[0]);
        }
    }
    return err_no(err) == LIB_ERR_CHAN_CLOSED ? GONE_STATUS_CLOSED : 1;
}

static struct lmp_server server;

static void on_request(void *st, uint32_t badge, const uint64_t words[LMP_MSG_LENGTH],
                       size_t length, struct capref cap)
{
    (void)st;
    (void)length;
    (void)cap;
    if (words[0] == GONE_RPC_ANSWER)
        (void)lmp_server_reply_error(&server, badge, SYS_ERR_OK);
    else if (words[0] == GONE_RPC_FORGET)
        lmp_server_forget(&server, badge);
    else
        exit(GONE_STATUS_EXIT);
}

int gone_rpc_server(void)
{
    struct capref badged;
    const uint64_t words[LMP_MSG_LENGTH] = {0};
    errval_t err = lmp_server_init(&server, get_default_waitset(), on_request, NULL);
    if (err_is_ok(err))
        err = slot_alloc(&badged);
    if (err_is_ok(err))
        err = cap_mint(badged, cap_selfep, CAPRIGHTS_ALL, GONE_RPC_BADGE);
    if (err_is_ok(err))
        err = lmp_send((struct capref){cnode_arg, GONE_ARG_REPLY}, LMP_FLAG_GIVE, badged, 0, words);
    if (err_is_fail(err))
        return 1;
    lmp_server_run(&server);
}
