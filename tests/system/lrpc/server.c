// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The server's domain, and the client's way to it.
#include <string.h>

#include "barrelfish/capabilities.h"
#include "barrelfish/slot_alloc.h"
#include "barrelfish/spawn_client.h"
#include "lrpc_test.h"

#define SERVER_MESSAGES 4u
#define WORK_STEPS 100000u

static struct lmp_endpoint *server_ep, *elsewhere_ep;

static uint64_t object_bytes(struct capref cap)
{
    struct capability info;
    return err_is_ok(cap_identify(cap, &info)) ? info.bytes : 0;
}

static uint64_t work(void)
{
    static volatile uint64_t steps;
    for (steps = 0; steps < WORK_STEPS;)
        steps++;
    return steps;
}

/// Calls where the client does not wait.
static errval_t call_aside(size_t length, uint64_t *recv_flags)
{
    const struct client to = {.reply = server_ep};
    struct lmp_recv_msg msg = {.buf.msglen = length};
    return client_call(&to, (struct capref){cnode_arg, ARG_OTHER}, LMP_FLAG_CALL, NULL_CAP, &msg,
                       recv_flags);
}

/// Turns the request into its reply; *cap is what came, and then what is to be given back.
static void answer(struct lmp_recv_msg *msg, struct capref *cap)
{
    uint64_t words[LMP_MSG_LENGTH] = {0}, behind = 0, request = msg->words[0];
    for (size_t i = msg->buf.msglen; i < LMP_MSG_LENGTH; i++)
        behind |= msg->words[i];
    switch (request) {
    case REQUEST_ECHO:
        for (size_t i = 0; i < msg->buf.msglen; i++)
            msg->words[i]++;
        return;
    case REQUEST_CAP:
        words[1] = object_bytes(*cap);
        break;
    case REQUEST_BEHIND:
        words[1] = behind;
        words[2] = msg->buf.badge;
        break;
    case REQUEST_OTHER:
        words[0] = lmp_send((struct capref){cnode_arg, ARG_OTHER}, 0, NULL_CAP, 0, words);
        break;
    case REQUEST_ASIDE:
        words[0] = call_aside(msg->words[1], &words[1]);
        break;
    case REQUEST_WORK:
        words[1] = work();
        break;
    case REQUEST_LATE:
        words[0] = barrelfish_usleep(msg->words[1]);
        break;
    case REQUEST_QUIT:
        break;
    default:
        words[0] = SYS_ERR_ILLEGAL_INVOCATION;
        break;
    }
    memcpy(msg->words, words, sizeof(words));
    msg->buf.msglen = 3;
}

/// The first message tells the client where the server is; a second one of the other endpoint.
static errval_t introduce(struct capref reply)
{
    struct capref caps[2];
    uint64_t words[LMP_MSG_LENGTH] = {0};
    struct lmp_endpoint **eps[2] = {&server_ep, &elsewhere_ep};
    for (unsigned i = 0; i < 2; i++) {
        errval_t err = endpoint_create(SERVER_MESSAGES, &caps[i], eps[i]);
        while (err_is_ok(err) || lmp_err_is_transient(err)) {
            err = lmp_send(reply, LMP_FLAG_YIELD, caps[i], 0, words);
            if (err_is_ok(err))
                break;
        }
        if (err_is_fail(err))
            return err;
    }
    return SYS_ERR_OK;
}

int server_main(void)
{
    struct capref reply = {cnode_arg, ARG_REPLY}, slot, cap;
    struct lmp_recv_msg msg = LMP_RECV_MSG_INIT;
    if (err_is_fail(introduce(reply)) || err_is_fail(slot_alloc(&slot)))
        return 1;
    lmp_endpoint_set_recv_slot(server_ep, slot);
    errval_t err = lrpc_wait(server_ep, &msg, &cap);
    while (err_is_ok(err)) {
        bool quit = msg.words[0] == REQUEST_QUIT;
        answer(&msg, &cap);
        if (quit) {
            err = lmp_send(reply, 0, NULL_CAP, msg.buf.msglen, msg.words);
            return err_is_ok(err) ? 0 : 1;
        }
        if (!capref_is_null(cap))
            lmp_endpoint_set_recv_slot(server_ep, cap); // free again, once it is given back
        err = lrpc_reply_and_wait(reply, capref_is_null(cap) ? 0 : LMP_FLAG_GIVE, cap, server_ep,
                                  &msg, &cap);
    }
    return 1;
}

bool client_start(struct client *client)
{
    struct cnoderef cnode;
    struct lmp_recv_msg msg;
    struct capref slots[2];
    char *argv[] = {"test_lrpc", "server", NULL};
    EXPECT_OK(endpoint_create(1, &client->reply_cap, &client->reply));
    EXPECT_OK(endpoint_create(1, &client->other_cap, &client->other));
    EXPECT_OK(cnode_create_l2(&client->args, &cnode));
    EXPECT_OK(cap_copy((struct capref){cnode, ARG_REPLY}, client->reply_cap));
    EXPECT_OK(cap_copy((struct capref){cnode, ARG_OTHER}, client->other_cap));
    EXPECT_OK(spawn_program_with_caps(disp_get_core_id(), disp_name(), argv, NULL, NULL_CAP,
                                      client->args, SPAWN_FLAGS_DEFAULT, &client->domain));
    struct capref *came[2] = {&client->server, &client->elsewhere};
    for (unsigned i = 0; i < 2; i++) {
        EXPECT_OK(slot_alloc(&slots[i]));
        lmp_endpoint_set_recv_slot(client->reply, slots[i]);
        if (!EXPECT_OK(lrpc_wait(client->reply, &msg, came[i])))
            return false;
    }
    // One call brings the server to where it waits for the next.
    msg.buf.msglen = 1;
    msg.words[0] = REQUEST_ECHO;
    return EXPECT_OK(lrpc_call(client->server, 0, NULL_CAP, client->reply, &msg, NULL));
}

void client_end(struct client *client)
{
    struct lmp_recv_msg msg = {.buf.msglen = 1, .words = {REQUEST_QUIT}};
    uint8_t status = 1;
    EXPECT_OK(lrpc_call(client->server, 0, NULL_CAP, client->reply, &msg, NULL));
    EXPECT(msg.words[0] == SYS_ERR_OK);
    EXPECT_OK(spawn_wait(client->domain, &status, false));
    EXPECT(status == 0);
    // The server is gone, and with it what its endpoints were.
    uint64_t recv_flags = 0;
    msg.words[0] = REQUEST_ECHO;
    EXPECT(err_is_fail(
        client_call(client, client->server, LMP_FLAG_CALL, NULL_CAP, &msg, &recv_flags)));
    struct capref *slots[2] = {&client->server, &client->elsewhere};
    for (unsigned i = 0; i < 2; i++) {
        errval_t err = cap_delete(*slots[i]);
        EXPECT(err_is_ok(err) || err_no(err) == SYS_ERR_CAP_NOT_FOUND);
        EXPECT_OK(slot_free(*slots[i]));
    }
    EXPECT_OK(cap_destroy(client->args));
    EXPECT_OK(cap_destroy(client->reply_cap));
    EXPECT_OK(cap_destroy(client->other_cap));
    lmp_endpoint_free(client->reply);
    lmp_endpoint_free(client->other);
}

errval_t client_call(const struct client *client, struct capref to, uint64_t flags,
                     struct capref send_cap, struct lmp_recv_msg *msg, uint64_t *recv_flags)
{
    dispatcher_handle_t handle = disp_disable();
    struct dispatcher_shared *shared = disp_shared();
    shared->lmp_seen = shared->lmp_delivered;
    shared->lrpc_endpoint = lmp_endpoint_offset(client->reply);
    errval_t err = sys_lmp_call(get_cap_caddr(to), flags, get_cap_caddr(send_cap), msg, recv_flags);
    disp_enable(handle);
    return err;
}

bool client_call_direct(const struct client *client, struct lmp_recv_msg *msg, size_t length)
{
    uint64_t recv_flags = 0;
    msg->buf.msglen = length;
    return EXPECT_OK(
               client_call(client, client->server, LMP_FLAG_CALL, NULL_CAP, msg, &recv_flags)) &&
           EXPECT(recv_flags == LMP_RECV_WORDS);
}
