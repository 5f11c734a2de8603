// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Every length, capabilities both ways, all ways on which a message does not come in registers,
// what is refused, and receivers that are gone.
#include <string.h>

#include "barrelfish/capabilities.h"
#include "barrelfish/slot_alloc.h"
#include "lrpc_test.h"

#define BADGE 77u
#define GARBAGE 0x5a5a5a5a5a5a5a5aul

void test_words(const struct client *client)
{
    for (size_t length = 1; length <= LMP_MSG_LENGTH; length++) {
        struct test_random random = {length};
        struct lmp_recv_msg msg = {.words = {REQUEST_ECHO}};
        uint64_t sent[LMP_MSG_LENGTH] = {REQUEST_ECHO};
        for (size_t i = 1; i < LMP_MSG_LENGTH; i++)
            sent[i] = msg.words[i] = test_random_next(&random);
        if (!client_call_direct(client, &msg, length) || !EXPECT(msg.buf.msglen == length))
            return;
        EXPECT(msg.buf.badge == 0);
        for (size_t i = 0; i < LMP_MSG_LENGTH; i++)
            EXPECT(msg.words[i] == (i < length ? sent[i] + 1 : 0));
        memset(msg.words, 0x5a, sizeof(msg.words));
        msg.words[0] = REQUEST_BEHIND;
        EXPECT(client_call_direct(client, &msg, length) && msg.words[1] == 0);
    }
}

void test_caps(const struct client *client)
{
    struct capref frame, cap;
    struct capability info;
    uint64_t recv_flags = 0;
    struct lmp_recv_msg msg = {.buf.msglen = 1, .words = {REQUEST_CAP}};
    EXPECT_OK(frame_alloc(&frame, 2 * BASE_PAGE_SIZE, NULL));
    EXPECT_OK(slot_alloc(&cap));
    lmp_endpoint_set_recv_slot(client->reply, cap);
    for (unsigned i = 0; i < 3; i++) {
        // Given to the server, whose library sees it as ours does, and given back by it.
        errval_t err = client_call(client, client->server, LMP_FLAG_CALL | LMP_FLAG_GIVE, frame,
                                   &msg, &recv_flags);
        EXPECT_OK(err);
        EXPECT(recv_flags == (LMP_RECV_WORDS | LMP_RECV_HAS_CAP));
        EXPECT(msg.words[0] == SYS_ERR_OK && msg.words[1] == 2 * BASE_PAGE_SIZE);
        EXPECT_ERR(cap_identify(frame, &info), SYS_ERR_CAP_NOT_FOUND);
        EXPECT(err_is_ok(cap_identify(cap, &info)) && info.bytes == 2 * BASE_PAGE_SIZE);
        struct capref now_free = frame;
        frame = cap;
        cap = now_free;
        lmp_endpoint_set_recv_slot(client->reply, cap);
        msg.buf.msglen = 1;
        msg.words[0] = REQUEST_CAP;
    }
    // Nothing is sent if the capability cannot go, and the caller does not wait.
    EXPECT_OK(slot_free(cap));
    cap = frame;
    EXPECT_OK(slot_alloc(&frame));
    EXPECT_ERR(client_call(client, client->server, LMP_FLAG_CALL, frame, &msg, &recv_flags),
               SYS_ERR_LMP_CAPTRANSFER_SRC);
    EXPECT_ERR(client_call(client, client->elsewhere, LMP_FLAG_CALL, cap, &msg, &recv_flags),
               SYS_ERR_LMP_CAPTRANSFER_DST);
    EXPECT_OK(slot_free(frame));
    EXPECT_OK(cap_destroy(cap));
    lmp_endpoint_set_recv_slot(client->reply, NULL_CAP);
}

static bool take(struct lmp_endpoint *ep, struct lmp_recv_msg *msg)
{
    *msg = (struct lmp_recv_msg)LMP_RECV_MSG_INIT;
    return err_is_ok(lmp_endpoint_recv(ep, &msg->buf, NULL));
}

/// Without waiting: the message goes into a buffer, and the caller has something to look at.
static void test_no_wait(const struct client *client, size_t length)
{
    // The server waits elsewhere: it wakes, finds nothing where it looks, and sleeps again. With a
    // message that has not been seen the caller does not wait.
    uint64_t recv_flags = LMP_RECV_WORDS, words[LMP_MSG_LENGTH] = {0};
    struct lmp_recv_msg msg = {.buf.msglen = length, .words = {REQUEST_ECHO}};
    struct capref to[2] = {client->server, client->elsewhere};
    for (unsigned i = 0; i < 2; i++) {
        EXPECT_OK(lmp_send(client->other_cap, 0, NULL_CAP, 1, words));
        dispatcher_handle_t handle = disp_disable();
        disp_shared()->lmp_seen = disp_shared()->lmp_delivered - 1;
        errval_t err = sys_lmp_call(get_cap_caddr(to[i]), LMP_FLAG_CALL, 0, &msg, &recv_flags);
        disp_enable(handle);
        EXPECT_OK(err);
        EXPECT(recv_flags == 0 && msg.words[0] == REQUEST_ECHO && take(client->other, &msg));
        msg = (struct lmp_recv_msg){.buf.msglen = length, .words = {REQUEST_ECHO}};
    }
    EXPECT_OK(lrpc_wait(client->reply, &msg, NULL)); // the first was for the server
    EXPECT(msg.words[0] == REQUEST_ECHO + 1 && msg.buf.msglen == length);

    // To oneself: the message is there, so there is nothing to wait for.
    recv_flags = LMP_RECV_WORDS;
    msg = (struct lmp_recv_msg){.buf.msglen = length, .words = {GARBAGE, 1}};
    EXPECT_OK(client_call(client, client->reply_cap, LMP_FLAG_CALL, NULL_CAP, &msg, &recv_flags));
    EXPECT(recv_flags == 0 && take(client->reply, &msg) && msg.words[0] == GARBAGE);
}

/// A call to an endpoint where the receiver does not wait goes into its buffer, and ends its wait.
/// The server then waits in that call until any other message comes.
static void test_aside(const struct client *client, size_t length)
{
    uint64_t recv_flags = LMP_RECV_WORDS, words[LMP_MSG_LENGTH] = {REQUEST_ECHO};
    struct lmp_recv_msg msg = {.buf.msglen = 2, .words = {REQUEST_ASIDE, length}};
    EXPECT_OK(client_call(client, client->server, LMP_FLAG_CALL, NULL_CAP, &msg, &recv_flags));
    EXPECT(recv_flags == 0 && take(client->other, &msg) && msg.buf.msglen == length);
    EXPECT_OK(lmp_send(client->server, 0, NULL_CAP, 1, words));
    EXPECT_OK(lrpc_wait(client->reply, &msg, NULL));
    EXPECT(msg.words[0] == SYS_ERR_OK && msg.words[1] == 0);
    EXPECT_OK(lrpc_wait(client->reply, &msg, NULL));
    EXPECT(msg.words[0] == REQUEST_ECHO + 1);
}

void test_detours(const struct client *client)
{
    test_aside(client, 1);
    test_aside(client, LMP_MSG_LENGTH);
    test_no_wait(client, 1);
    test_no_wait(client, LMP_MSG_LENGTH);
    uint64_t recv_flags = LMP_RECV_WORDS, words[LMP_MSG_LENGTH] = {0};
    // Another message ends the wait; the reply then comes into the buffer.
    struct lmp_recv_msg msg = {.buf.msglen = 1, .words = {REQUEST_OTHER}};
    EXPECT_OK(client_call(client, client->server, LMP_FLAG_CALL, NULL_CAP, &msg, &recv_flags));
    EXPECT(recv_flags == 0 && take(client->other, &msg) && msg.buf.msglen == 0);
    EXPECT_OK(lrpc_wait(client->reply, &msg, NULL));
    EXPECT(msg.words[0] == SYS_ERR_OK && !lmp_endpoint_can_recv(client->reply));

    // The library finds the way in each case.
    msg = (struct lmp_recv_msg){.buf.msglen = 1, .words = {REQUEST_WORK}};
    EXPECT_OK(lrpc_call(client->server, 0, NULL_CAP, client->reply, &msg, NULL));
    EXPECT(msg.words[0] == SYS_ERR_OK && msg.words[1] > 0);
    EXPECT_OK(lmp_send(client->other_cap, 0, NULL_CAP, 1, words));
    msg = (struct lmp_recv_msg){.buf.msglen = 1, .words = {REQUEST_OTHER}};
    EXPECT_OK(lrpc_call(client->server, 0, NULL_CAP, client->reply, &msg, NULL));
    EXPECT(msg.words[0] == SYS_ERR_LMP_BUF_OVERFLOW && take(client->other, &msg));
}

/// What is refused before anything is sent. Messages of eight words have a way of their own.
static void test_refused(const struct client *client, size_t length)
{
    struct capref weak, empty;
    struct lmp_recv_msg msg = {.buf.msglen = length, .words = {REQUEST_ECHO}};
    uint64_t recv_flags = GARBAGE, caddr = get_cap_caddr(client->server);
    disp_shared()->lrpc_endpoint = lmp_endpoint_offset(client->reply);
    EXPECT_ERR(sys_lmp_call(caddr, LMP_FLAG_CALL, 0, &msg, &recv_flags), SYS_ERR_ARGS);
    EXPECT_ERR(
        client_call(client, client->server, LMP_FLAG_CALL | 0x10, NULL_CAP, &msg, &recv_flags),
        SYS_ERR_ARGS);
    EXPECT_ERR(client_call(client, client->server,
                           LMP_FLAG_CALL | LMP_FLAG_GIVE | LMP_FLAG_NO_GRANT, NULL_CAP, &msg,
                           &recv_flags),
               SYS_ERR_ARGS);
    EXPECT_ERR(client_call(client, cap_root, LMP_FLAG_CALL, NULL_CAP, &msg, &recv_flags),
               SYS_ERR_CAP_TYPE);
    EXPECT_OK(slot_alloc(&empty));
    EXPECT_ERR(client_call(client, empty, LMP_FLAG_CALL, NULL_CAP, &msg, &recv_flags),
               SYS_ERR_CAP_NOT_FOUND);
    EXPECT_ERR(client_call(client, client->server, LMP_FLAG_CALL, empty, &msg, &recv_flags),
               SYS_ERR_LMP_CAPTRANSFER_SRC);
    EXPECT_OK(slot_free(empty));
    EXPECT_OK(slot_alloc(&weak));
    EXPECT_OK(cap_mint(weak, client->server, CAPRIGHTS_READ, 0));
    EXPECT_ERR(client_call(client, weak, LMP_FLAG_CALL, NULL_CAP, &msg, &recv_flags),
               SYS_ERR_RIGHTS);
    EXPECT_OK(cap_destroy(weak));
    EXPECT(recv_flags == GARBAGE && msg.words[0] == REQUEST_ECHO);
}

void test_errors(const struct client *client)
{
    struct capref badged;
    struct lmp_recv_msg msg = {.buf.msglen = LMP_MSG_LENGTH + 1};
    uint64_t recv_flags;
    EXPECT_ERR(client_call(client, client->server, LMP_FLAG_CALL, NULL_CAP, &msg, &recv_flags),
               SYS_ERR_ARGS);
    EXPECT_ERR(lrpc_call(client->server, 0, NULL_CAP, client->reply, &msg, NULL),
               LIB_ERR_INVALID_ARGS);
    msg.buf.msglen = 1;
    EXPECT_ERR(lrpc_call(client->server, LMP_FLAG_CALL, NULL_CAP, client->reply, &msg, NULL),
               LIB_ERR_INVALID_ARGS);
    EXPECT_OK(slot_alloc(&badged));
    EXPECT_OK(cap_mint(badged, client->server, CAPRIGHTS_ALL, BADGE));
    for (size_t length = 1; length <= LMP_MSG_LENGTH; length++) {
        test_refused(client, length);
        msg = (struct lmp_recv_msg){.buf.msglen = length, .words = {REQUEST_BEHIND}};
        EXPECT_OK(client_call(client, badged, LMP_FLAG_CALL, NULL_CAP, &msg, &recv_flags));
        EXPECT(recv_flags == LMP_RECV_WORDS && msg.words[2] == BADGE && msg.buf.badge == 0);
    }
    EXPECT_OK(cap_destroy(badged));
}
