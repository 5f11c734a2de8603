// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Clients and a server in one dispatcher: requests, capabilities both ways, a full buffer, clients
// that are gone or too many, and no slot or capability lost.
#include "barrelfish/capabilities.h"
#include "barrelfish/lmp_rpc.h"
#include "barrelfish/syscalls.h"
#include "fake_kernel.h"
#include "testlib/testlib.h"

enum { OP_ADD = 1, OP_KEEP_CAP, OP_GIVE_CAP, OP_LATER, OP_FORGET };
enum { LIMIT_US = 200 };

static struct lmp_server server;
static struct waitset server_ws;
static struct capref kept;
static uint32_t later;
static unsigned unbadged;

static void on_request(void *st, uint32_t badge, const uint64_t words[LMP_MSG_LENGTH],
                       size_t length, struct capref cap)
{
    uint64_t out[LMP_MSG_LENGTH] = {SYS_ERR_OK};
    CU_ASSERT_PTR_EQUAL(st, &kept);
    if (badge == 0) {
        unbadged++;
        return;
    }
    CU_ASSERT_EQUAL(length, LMP_MSG_LENGTH);
    switch (words[0]) {
    case OP_ADD:
        out[1] = words[1] + words[2];
        (void)lmp_server_reply(&server, badge, out, NULL_CAP, false);
        break;
    case OP_KEEP_CAP:
        kept = cap;
        (void)lmp_server_reply(&server, badge, out, NULL_CAP, false);
        break;
    case OP_GIVE_CAP:
        CU_ASSERT_EQUAL(lmp_server_reply(&server, badge, out, kept, true), SYS_ERR_OK);
        break;
    case OP_LATER:
        later = badge;
        (void)lmp_server_reply_error(&server, badge, LIB_ERR_NOT_IMPLEMENTED);
        break;
    case OP_FORGET:
        lmp_server_forget(&server, badge);
        break;
    }
}

static void serve(void)
{
    while (err_is_ok(event_dispatch_non_block(&server_ws))) {
    }
}

static void begin(void)
{
    fake_kernel_start();
    fake.after_send = serve;
    waitset_init(&server_ws);
    kept = NULL_CAP;
    unbadged = 0;
    CU_ASSERT_EQUAL_FATAL(lmp_server_init(&server, &server_ws, on_request, &kept), SYS_ERR_OK);
}

static struct capref server_cap(uint32_t badge)
{
    return fake_endpoint(SELFEP_OFFSET, SELFEP_MESSAGES, badge);
}

static void test_call(void)
{
    struct lmp_rpc rpc;
    uint64_t words[LMP_MSG_LENGTH] = {OP_ADD, 20, 22};
    begin();
    CU_ASSERT_EQUAL(lmp_rpc_init(&rpc, server_cap(5)), SYS_ERR_OK);
    fake.full_left = 3;
    CU_ASSERT_EQUAL(lmp_rpc_call(&rpc, words, NULL_CAP, words, NULL), SYS_ERR_OK);
    CU_ASSERT_EQUAL(words[1], 42);
    CU_ASSERT_EQUAL(fake.yields, 3);
    words[0] = OP_LATER;
    CU_ASSERT_EQUAL(lmp_rpc_call(&rpc, words, NULL_CAP, words, NULL), LIB_ERR_NOT_IMPLEMENTED);
    CU_ASSERT_EQUAL(later, 5);
    CU_ASSERT_FALSE(disp_is_disabled());
    lmp_server_forget(&server, 5);
    lmp_rpc_destroy(&rpc);
    CU_ASSERT_EQUAL(fake_slots_used(), 2);   // server_cap, the server's receive slot
    CU_ASSERT_EQUAL(fake_caps_present(), 1); // server_cap
}

static void test_caps(void)
{
    struct lmp_rpc rpc;
    struct capref back = NULL_CAP;
    uint64_t words[LMP_MSG_LENGTH] = {OP_KEEP_CAP};
    begin();
    CU_ASSERT_EQUAL(lmp_rpc_init(&rpc, server_cap(5)), SYS_ERR_OK);
    unsigned before = fake_caps_present();
    struct capref mine = fake_endpoint(SELFEP_END, 1, 77);
    CU_ASSERT_EQUAL(lmp_rpc_call(&rpc, words, mine, words, NULL), SYS_ERR_OK);
    CU_ASSERT_EQUAL(fake_caps_present(), before + 2);
    words[0] = OP_GIVE_CAP;
    CU_ASSERT_EQUAL(lmp_rpc_call(&rpc, words, NULL_CAP, words, &back), SYS_ERR_OK);
    CU_ASSERT_EQUAL(fake_caps_present(), before + 2);
    CU_ASSERT_FALSE_FATAL(capref_is_null(back));
    CU_ASSERT_EQUAL(fake.caps[back.slot].badge, 77);
    CU_ASSERT_FALSE(fake.caps[kept.slot].present);
    words[0] = OP_KEEP_CAP;
    CU_ASSERT_EQUAL(lmp_rpc_call(&rpc, words, back, words, NULL), SYS_ERR_OK);
    words[0] = OP_GIVE_CAP; // not wanted: destroyed
    CU_ASSERT_EQUAL(lmp_rpc_call(&rpc, words, NULL_CAP, words, NULL), SYS_ERR_OK);
    CU_ASSERT_EQUAL(fake_caps_present(), before + 2);
}

static void test_no_slot(void)
{
    struct lmp_rpc rpc;
    uint64_t words[LMP_MSG_LENGTH] = {OP_ADD, 1, 1};
    begin();
    struct capref cap = server_cap(5);
    fake.slots_free = 0;
    CU_ASSERT_EQUAL(lmp_rpc_init(&rpc, cap), LIB_ERR_SLOT_ALLOC_NO_SPACE);
    fake.slots_free = 2; // the reply endpoint, and the server's next receive slot
    CU_ASSERT_EQUAL(lmp_rpc_init(&rpc, cap), SYS_ERR_OK);
    CU_ASSERT_EQUAL(lmp_rpc_call(&rpc, words, NULL_CAP, words, NULL), LIB_ERR_SLOT_ALLOC_NO_SPACE);
    CU_ASSERT_EQUAL(words[1], 1);
}

static void test_clients(void)
{
    static struct lmp_rpc rpcs[2];
    begin();
    CU_ASSERT_EQUAL(lmp_server_reply_error(&server, 9, SYS_ERR_OK), LIB_ERR_CHAN_CLOSED);
    CU_ASSERT_EQUAL(lmp_rpc_init(&rpcs[0], server_cap(9)), SYS_ERR_OK);
    CU_ASSERT_EQUAL(lmp_rpc_init(&rpcs[1], server_cap(9)), SYS_ERR_OK); // replaces the first
    unsigned caps = fake_caps_present();
    fake.caps[server.clients[0].reply_cap.slot].offset = 0;
    fake.caps[server.clients[0].reply_cap.slot].messages = 0; // full for ever
    CU_ASSERT_EQUAL(lmp_server_reply_error(&server, 9, SYS_ERR_OK), SYS_ERR_LMP_BUF_OVERFLOW);
    CU_ASSERT_EQUAL(fake_caps_present(), caps);
    struct capref reply_cap = server.clients[0].reply_cap;
    fake.caps[reply_cap.slot].present = false; // the client is gone
    fake.after_send = NULL;
    server.clients[0].reply_cap = NULL_CAP;
    CU_ASSERT_EQUAL(lmp_server_reply_error(&server, 9, SYS_ERR_OK), SYS_ERR_CAP_NOT_FOUND);
    CU_ASSERT_EQUAL(lmp_server_reply_error(&server, 9, SYS_ERR_OK), LIB_ERR_CHAN_CLOSED);
}

/// A client that the server forgets instead of answering is told so, and can connect anew.
static void test_forgotten(void)
{
    struct lmp_rpc rpc;
    begin();
    CU_ASSERT_EQUAL(lmp_rpc_init(&rpc, server_cap(5)), SYS_ERR_OK);
    unsigned caps = fake_caps_present();
    for (unsigned round = 0; round < 3; round++) {
        uint64_t words[LMP_MSG_LENGTH] = {OP_FORGET};
        CU_ASSERT_EQUAL(lmp_rpc_call(&rpc, words, NULL_CAP, words, NULL), LIB_ERR_CHAN_CLOSED);
        CU_ASSERT_EQUAL(fake_caps_present(), caps - 1);
        words[0] = OP_ADD;
        words[1] = words[2] = round;
        CU_ASSERT_EQUAL(lmp_rpc_call(&rpc, words, NULL_CAP, words, NULL), SYS_ERR_OK);
        CU_ASSERT_EQUAL(words[1], 2 * round);
        CU_ASSERT_EQUAL(fake_caps_present(), caps);
    }
    // The dispatcher itself may take the last capability away from one that waits.
    CU_ASSERT_EQUAL(cap_destroy(rpc.reply_cap), SYS_ERR_OK);
    uint64_t words[LMP_MSG_LENGTH] = {OP_ADD};
    CU_ASSERT_EQUAL(lmp_rpc_call(&rpc, words, NULL_CAP, words, NULL), SYS_ERR_LMP_CAPTRANSFER_SRC);
}

static void test_table_full(void)
{
    struct lmp_rpc rpc;
    begin();
    struct capref reply = fake_endpoint(SELFEP_END, 1, 0);
    for (uint32_t badge = 1; badge <= LMP_SERVER_CLIENTS_MAX; badge++) {
        struct capref cap = server_cap(badge * 65536);
        struct lmp_endpoint_kern *kern =
            (struct lmp_endpoint_kern *)((uint8_t *)fake.disp + SELFEP_END);
        CU_ASSERT_EQUAL(fake_send(cap, reply, 8, RPC_REQUEST | RPC_OP_CONNECT), SYS_ERR_OK);
        serve();
        kern->consumed = kern->delivered;
        fake.caps[cap.slot] = (struct fake_cap){.slot_used = false};
        fake.slots_free++;
    }
    CU_ASSERT_EQUAL(server.free_list, 0);
    CU_ASSERT_EQUAL(lmp_rpc_init(&rpc, server_cap(3)), LIB_ERR_BIND_REFUSED);
    for (uint32_t badge = 1; badge <= LMP_SERVER_CLIENTS_MAX; badge++) {
        lmp_server_forget(&server, badge * 65536);
        lmp_server_forget(&server, badge * 65536);
    }
    CU_ASSERT_EQUAL(fake_caps_present(), 2);
    CU_ASSERT_EQUAL(lmp_rpc_init(&rpc, server_cap(3)), SYS_ERR_OK);
}

static bool admits_even(uint32_t badge)
{
    return badge % 2 == 0;
}

/// What somebody sent whose domain has ended since leaves no trace.
static void test_not_admitted(void)
{
    struct lmp_rpc rpc;
    begin();
    lmp_server_admit(&server, admits_even);
    unsigned caps = fake_caps_present();
    uint16_t list = server.free_list;
    CU_ASSERT_EQUAL(lmp_rpc_init(&rpc, server_cap(3)), LIB_ERR_BIND_REFUSED);
    CU_ASSERT(server.free_list == list && fake_caps_present() == caps + 1); // server_cap
    CU_ASSERT_EQUAL(lmp_rpc_init(&rpc, server_cap(4)), SYS_ERR_OK);
    CU_ASSERT_NOT_EQUAL(server.free_list, list);
}

static void test_unbadged(void)
{
    begin();
    struct capref cap = server_cap(0);
    CU_ASSERT_EQUAL(fake_send(cap, NULL_CAP, 0, 0), SYS_ERR_OK);
    CU_ASSERT_EQUAL(fake_send(cap, NULL_CAP, 5, RPC_OP_CONNECT), SYS_ERR_OK);
    serve();
    CU_ASSERT_EQUAL(unbadged, 2);
    for (int i = 0; i < 40; i++)
        CU_ASSERT_EQUAL(fake_send(cap, NULL_CAP, 1, 1), SYS_ERR_OK);
    serve();
    CU_ASSERT_EQUAL(unbadged, 42);
}

/// What a server sends to a client whose connection has ended goes nowhere: where the reply
/// endpoint was may be something else.
static void test_destroyed(void)
{
    struct lmp_rpc rpc;
    begin();
    CU_ASSERT_EQUAL(lmp_rpc_init(&rpc, server_cap(5)), SYS_ERR_OK);
    struct lmp_endpoint_kern *kern = rpc.reply_ep->kern;
    uint32_t delivered = kern->delivered;
    lmp_rpc_destroy(&rpc);
    CU_ASSERT_EQUAL(lmp_server_reply_error(&server, 5, SYS_ERR_OK), SYS_ERR_CAP_NOT_FOUND);
    CU_ASSERT_EQUAL(lmp_server_reply_error(&server, 5, SYS_ERR_OK), LIB_ERR_CHAN_CLOSED);
    CU_ASSERT_EQUAL(kern->delivered, delivered);
    CU_ASSERT_EQUAL(fake_slots_used(), 2); // server_cap, the server's receive slot
}

/// A client that has the server answer to a server's endpoint: its own.
static void test_answer_to_server(void)
{
    begin();
    struct capref cap = server_cap(5);
    struct lmp_endpoint_kern *kern = server.ep->kern;
    CU_ASSERT_EQUAL(fake_send(cap, cap, 8, RPC_REQUEST | RPC_OP_CONNECT), SYS_ERR_OK);
    fake.after_send = NULL;
    for (unsigned i = 0; i < 3; i++) {
        serve();
        CU_ASSERT_EQUAL(kern->delivered, 2); // the request and its answer
        CU_ASSERT_EQUAL(kern->consumed, 2);
    }
    CU_ASSERT_EQUAL(unbadged, 0);
    // Whatever a handler answers with, a server takes it for no request.
    CU_ASSERT_EQUAL(lmp_server_reply_error(&server, 5, RPC_REQUEST | OP_LATER), SYS_ERR_OK);
    later = 0;
    serve();
    CU_ASSERT_EQUAL(later, 0);
    CU_ASSERT_EQUAL(kern->delivered, 3);
}

/// What is no request is dropped, with what it brings.
static void test_no_request(void)
{
    begin();
    struct capref cap = server_cap(5), brought = fake_endpoint(SELFEP_END, 1, 77);
    unsigned caps = fake_caps_present(), slots = fake_slots_used();
    fake.after_send = NULL;
    later = 0;
    CU_ASSERT_EQUAL(fake_send(cap, brought, 8, RPC_OP_CONNECT), SYS_ERR_OK);
    serve();
    CU_ASSERT_EQUAL(fake_send(cap, brought, 8, OP_LATER), SYS_ERR_OK);
    serve();
    CU_ASSERT_EQUAL(fake_send(cap, NULL_CAP, 0, RPC_REQUEST | OP_LATER), SYS_ERR_OK);
    serve();
    CU_ASSERT_EQUAL(later, 0);
    CU_ASSERT_EQUAL(fake_caps_present(), caps);
    CU_ASSERT_EQUAL(fake_slots_used(), slots);
    CU_ASSERT_EQUAL(lmp_server_reply_error(&server, 5, SYS_ERR_OK), LIB_ERR_CHAN_CLOSED);
}

/// Sends the client something that is no reply, before the server's reply.
static void serve_after_request(void)
{
    static const uint64_t words[LMP_MSG_LENGTH] = {RPC_REQUEST | OP_ADD};
    struct lmp_client *client = &server.clients[0];
    fake.after_send = NULL;
    CU_ASSERT_EQUAL(sys_lmp_send(get_cap_caddr(client->reply_cap), 0, get_cap_caddr(kept),
                                 LMP_MSG_LENGTH, words),
                    SYS_ERR_OK);
    serve();
}

static void test_no_reply(void)
{
    struct lmp_rpc rpc;
    begin();
    CU_ASSERT_EQUAL(lmp_rpc_init(&rpc, server_cap(5)), SYS_ERR_OK);
    kept = fake_endpoint(SELFEP_END, 1, 77);
    unsigned caps = fake_caps_present();
    for (unsigned i = 0; i < 2; i++) { // in registers and in the buffer
        uint64_t words[LMP_MSG_LENGTH] = {OP_ADD, 20, 22};
        fake.after_send = serve_after_request;
        CU_ASSERT_EQUAL(lmp_rpc_call(&rpc, words, NULL_CAP, words, NULL), SYS_ERR_OK);
        CU_ASSERT_EQUAL(words[1], 42);
        CU_ASSERT_EQUAL(fake_caps_present(), caps);
    }
}

/// A server that takes no requests, or does not answer in time: a late answer goes nowhere, and the
/// next call connects anew, once.
static void test_limited(void)
{
    struct lmp_rpc rpc;
    uint64_t words[LMP_MSG_LENGTH] = {OP_ADD, 20, 22};
    begin();
    CU_ASSERT_EQUAL(lmp_rpc_init_limited(&rpc, server_cap(5), LIMIT_US), SYS_ERR_OK);
    unsigned slots = fake_slots_used();
    fake.after_send = NULL;
    CU_ASSERT_EQUAL(err_no(lmp_rpc_call(&rpc, words, NULL_CAP, words, NULL)), LIB_ERR_RECV_TIMEOUT);
    CU_ASSERT_EQUAL(words[1], 20);
    CU_ASSERT_EQUAL(fake_slots_used(), slots); // another reply endpoint
    fake.full_left = UINT32_MAX;
    CU_ASSERT_EQUAL(err_no(lmp_rpc_call(&rpc, words, NULL_CAP, words, NULL)), LIB_ERR_SEND_TIMEOUT);
    CU_ASSERT_TRUE(rpc.late); // the server does not know it yet
    fake.full_left = 3;       // for a short time only
    fake.after_send = serve;
    rpc.limit_us = 1000000;
    CU_ASSERT_EQUAL(lmp_rpc_call(&rpc, words, NULL_CAP, words, NULL), SYS_ERR_OK);
    CU_ASSERT_EQUAL(words[1], 42);
    CU_ASSERT_FALSE(rpc.late);
    CU_ASSERT_FALSE(disp_is_disabled());
}

/// Sends the client a message without words, before the server's reply.
static void serve_after_nothing(void)
{
    static const uint64_t words[LMP_MSG_LENGTH] = {RPC_REQUEST};
    fake.after_send = NULL;
    uint64_t to = get_cap_caddr(server.clients[0].reply_cap);
    CU_ASSERT_EQUAL(sys_lmp_send(to, 0, 0, 0, words), SYS_ERR_OK);
}

static void test_empty_reply(void)
{
    struct lmp_rpc rpc;
    begin();
    CU_ASSERT_EQUAL(lmp_rpc_init(&rpc, server_cap(5)), SYS_ERR_OK);
    for (unsigned i = 0; i < 2; i++) { // in registers and in the buffer
        uint64_t words[LMP_MSG_LENGTH] = {OP_ADD, 20, 22};
        fake.after_send = serve_after_nothing;
        CU_ASSERT_EQUAL(lmp_rpc_call(&rpc, words, NULL_CAP, words, NULL), LIB_ERR_RPC_REPLY);
        CU_ASSERT_EQUAL(words[1], 20);
        server.ep->kern->consumed = server.ep->kern->delivered; // the request
    }
}

/// A reply came too late, and there is no other endpoint to be had.
static void test_no_endpoint(void)
{
    struct lmp_rpc rpc;
    uint64_t words[LMP_MSG_LENGTH] = {OP_ADD, 20, 22};
    begin();
    CU_ASSERT_EQUAL(lmp_rpc_init_limited(&rpc, server_cap(5), LIMIT_US), SYS_ERR_OK);
    unsigned slots = fake_slots_used();
    fake.after_send = NULL;
    fake.refusal = SYS_ERR_SLOT_IN_USE;
    CU_ASSERT_EQUAL(err_no(lmp_rpc_call(&rpc, words, NULL_CAP, words, NULL)), LIB_ERR_RECV_TIMEOUT);
    CU_ASSERT_EQUAL(lmp_rpc_call(&rpc, words, NULL_CAP, words, NULL), LIB_ERR_CHAN_CLOSED);
    lmp_rpc_destroy(&rpc);
    CU_ASSERT_EQUAL(fake_slots_used(), slots - 1);
    CU_ASSERT_EQUAL(lmp_rpc_init(&rpc, server_cap(5)), SYS_ERR_SLOT_IN_USE);
}

TEST_SUITE("rpc") = {
    {"calls", test_call},
    {"capabilities", test_caps},
    {"no slot", test_no_slot},
    {"clients that are gone", test_clients},
    {"a client that is forgotten", test_forgotten},
    {"too many clients", test_table_full},
    {"clients that are not admitted", test_not_admitted},
    {"messages of the CPU driver", test_unbadged},
    {"a connection that was ended", test_destroyed},
    {"answers that a server gets", test_answer_to_server},
    {"no request", test_no_request},
    {"no reply", test_no_reply},
    {"a server that does not answer in time", test_limited},
    {"an empty reply", test_empty_reply},
    {"no endpoint for replies", test_no_endpoint},
};
