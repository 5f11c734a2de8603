// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// A server in lmp_server_run(), which the test leaves by a jump: which reply waits until its handler
// has returned, how each is sent, and what may come back with it. Clients are in the same dispatcher.
// What happens is said in a line: "(1" a handler begins with a request of client 1, ")" it ends, a
// letter and a number is a reply that was sent: by a call that waits for the next request (c), with
// the core only (y), with a capability given (g) or lent (n), or to nobody (x).
#include "barrelfish/capabilities.h"
#include "barrelfish/lmp_rpc.h"
#include "barrelfish/slot_alloc.h"
#include "barrelfish/waitset_chan.h"
#include "fake_kernel.h"
#include "kpi/syscalls.h"
#include "testlib/testlib.h"

#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#define CLIENTS 3u
#define EACH_EVENT 16u

enum { REPLY = 1, SHORT, EMPTY, KEEP, LEND, GIVE, TWICE, TO_TWO, BUSY, FORGET, FULL, GONE };

/// What clients send at once, how often the server sends then, and what is said meanwhile.
struct step {
    struct {
        uint32_t badge, op;
    } requests[2];
    unsigned sends;
    const char *said;
};

static struct lmp_server server;
static struct waitset ws;
static struct waitset_chanstate event;
static struct capref server_caps[CLIENTS], kept;
static struct lmp_endpoint *replies[CLIENTS];
static const struct step *step;
static unsigned sends;
static char said[64];
static jmp_buf end;

static void say(const char *what, uint64_t number)
{
    size_t length = strlen(said);
    snprintf(said + length, sizeof(said) - length, number == 0 ? "%s" : "%s%lu", what, number);
}

/// A reply with a number that tells which: of whom, and which of theirs.
static void reply(uint32_t badge, unsigned nth, struct capref cap, bool give)
{
    uint64_t words[LMP_MSG_LENGTH] = {RPC_REQUEST, badge * 10 + nth};
    CU_ASSERT_EQUAL(lmp_server_reply(&server, badge, words, cap, give), SYS_ERR_OK);
}

static void on_event(void *arg)
{
    (void)arg;
    say("[", 0);
    reply(1, 2, NULL_CAP, false);
}

static void act(uint32_t badge, uint64_t op, struct capref cap)
{
    switch (op) {
    case KEEP:
        CU_ASSERT_FALSE(capref_is_null(cap));
        kept = cap;
        break;
    case LEND:
    case GIVE:
        reply(badge, 1, kept, op == GIVE);
        return;
    case TO_TWO:
        reply(2, 1, NULL_CAP, false);
        return;
    }
    reply(badge, 1, NULL_CAP, false);
    if (op == TWICE)
        reply(badge, 2, NULL_CAP, false);
    else if (op == BUSY)
        (void)!waitset_chan_trigger_closure(&ws, &event, MKCLOSURE(on_event, NULL));
    else if (op == FORGET)
        lmp_server_forget(&server, badge);
    else if (op == FULL)
        fake.full_left = 1;
    else if (op == GONE)
        fake.caps[server.clients[0].reply_cap.slot].present = false;
}

static void on_request(void *st, uint32_t badge, const uint64_t words[LMP_MSG_LENGTH],
                       size_t length, struct capref cap)
{
    CU_ASSERT_TRUE(st == &kept && length == (words[0] == SHORT ? 1 : LMP_MSG_LENGTH));
    CU_ASSERT_TRUE(words[0] == KEEP || capref_is_null(cap));
    say("(", badge);
    act(badge, words[0], cap);
    say(")", 0);
}

static void send(uint32_t badge, uint32_t op)
{
    struct capref cap = NULL_CAP;
    if (op == RPC_OP_CONNECT)
        cap = fake_endpoint(lmp_endpoint_offset(replies[badge - 1]), 4, 0);
    else if (op == KEEP)
        cap = fake_endpoint(SELFEP_END, 1, 77);
    size_t length = op == SHORT ? 1 : op == EMPTY ? 0 : LMP_MSG_LENGTH;
    CU_ASSERT_EQUAL(fake_send(server_caps[badge - 1], cap, length, RPC_REQUEST | op), SYS_ERR_OK);
}

static void begin_step(void)
{
    said[0] = '\0';
    sends = 0;
    for (unsigned i = 0; i < 2 && step->requests[i].badge != 0; i++)
        send(step->requests[i].badge, step->requests[i].op);
}

/// What has come to the clients.
static void take_replies(void)
{
    uint32_t flags = fake.sent_flags & (LMP_FLAG_GIVE | LMP_FLAG_NO_GRANT);
    const char *way = flags == LMP_FLAG_GIVE       ? "g"
                      : flags == LMP_FLAG_NO_GRANT ? "n"
                      : fake.sent_flags == 0       ? "c"
                                                   : "y";
    bool any = false;
    for (unsigned i = 0; i < CLIENTS; i++) {
        struct lmp_recv_msg msg = LMP_RECV_MSG_INIT;
        struct capref cap, slot = replies[i]->recv_slot;
        if (err_is_fail(lmp_endpoint_recv(replies[i], &msg.buf, &cap)))
            continue;
        any = true;
        CU_ASSERT_EQUAL(msg.words[0], 0); // R1
        CU_ASSERT_TRUE(capref_is_null(cap) == (flags == 0) &&
                       (fake.sent_flags & ~flags) == (*way == 'c' ? 0 : LMP_FLAG_YIELD));
        say(way, msg.words[1]);
        if (!capref_is_null(cap))
            CU_ASSERT_EQUAL(cap_delete(cap), SYS_ERR_OK);
        lmp_endpoint_set_recv_slot(replies[i], slot);
    }
    if (!any)
        say("x", 0);
}

static void sent(void)
{
    take_replies();
    if (++sends < step->sends)
        return;
    CU_ASSERT_STRING_EQUAL(said, step->said);
    CU_ASSERT_FALSE(capref_is_null(server.ep->recv_slot));
    step++;
    if (step->said == NULL)
        longjmp(end, 1);
    begin_step();
}

static void begin(void)
{
    fake_kernel_start();
    waitset_init(&ws);
    waitset_chanstate_init(&event, CHANTYPE_OTHER);
    kept = NULL_CAP;
    CU_ASSERT_EQUAL_FATAL(lmp_server_init(&server, &ws, on_request, &kept), SYS_ERR_OK);
    for (unsigned i = 0; i < CLIENTS; i++) {
        struct capref own, slot;
        CU_ASSERT_EQUAL_FATAL(endpoint_create(4, &own, &replies[i]), SYS_ERR_OK);
        CU_ASSERT_EQUAL_FATAL(slot_alloc(&slot), SYS_ERR_OK);
        lmp_endpoint_set_recv_slot(replies[i], slot);
        server_caps[i] = fake_endpoint(SELFEP_OFFSET, SELFEP_MESSAGES, i + 1);
    }
}

static void run(const struct step *first, unsigned calls)
{
    begin();
    fake.after_send = sent;
    fake.calls = calls; // every other one brings the next request in registers
    step = first;
    begin_step();
    if (setjmp(end) == 0)
        lmp_server_run(&server);
}

static const struct step steps[] = {
    {{{1, RPC_OP_CONNECT}}, 1, "c"},
    {{{2, RPC_OP_CONNECT}}, 1, "c"},
    {{{3, RPC_OP_CONNECT}, {2, REPLY}}, 2, "y(2)c21"},
    {{{1, REPLY}}, 1, "(1)c11"},
    {{{2, REPLY}}, 1, "(2)c21"},
    {{{1, REPLY}, {2, SHORT}}, 2, "(1)y11(2)c21"},
    {{{1, EMPTY}, {2, REPLY}}, 1, "(2)c21"},
    {{{1, KEEP}}, 1, "(1)c11"},
    {{{1, LEND}, {3, REPLY}}, 2, "(1n11)(3)c31"},
    {{{1, GIVE}, {3, REPLY}}, 2, "(1g11)(3)c31"},
    {{{2, KEEP}}, 1, "(2)c21"},
    {{{1, TWICE}, {3, REPLY}}, 3, "(1y12)y11(3)c31"},
    {{{1, TO_TWO}, {3, REPLY}}, 2, "(1y21)(3)c31"},
    {{{1, BUSY}}, 2, "(1)y11[y12"},
    {{{2, FULL}, {3, REPLY}}, 1, "(2)(3)c31"},
    {{{2, REPLY}}, 1, "(2)c21"},
    {{{1, FORGET}, {3, REPLY}}, 1, "(1)(3)c31"},
    {{{1, RPC_OP_CONNECT}}, 1, "c"},
    {{{1, GONE}}, 1, "(1)x"},
    {{{2, REPLY}}, 1, "(2)c21"},
    {{{0}}, 0, NULL},
};

static void test_run(void)
{
    for (unsigned calls = 0; calls < 2; calls++) {
        run(steps, calls);
        CU_ASSERT_EQUAL(lmp_server_reply_error(&server, 1, SYS_ERR_OK), LIB_ERR_CHAN_CLOSED);
        fake.after_send = NULL;
        CU_ASSERT_EQUAL(lmp_server_reply_error(&server, 2, SYS_ERR_OK), SYS_ERR_OK);
    }
}

/// A flood of requests leaves the waitset's others their turn.
static void test_flood(void)
{
    begin();
    for (unsigned i = 0; i < EACH_EVENT + 1; i++)
        send(1, EMPTY);
    CU_ASSERT_EQUAL(event_dispatch_non_block(&ws), SYS_ERR_OK);
    CU_ASSERT_EQUAL(server.ep->kern->delivered - server.ep->kern->consumed, 1);
    CU_ASSERT_EQUAL(event_dispatch_non_block(&ws), SYS_ERR_OK);
    CU_ASSERT_EQUAL(server.ep->kern->delivered, server.ep->kern->consumed);
    CU_ASSERT_EQUAL(event_dispatch_non_block(&ws), LIB_ERR_NO_EVENT);
}

static void register_behind_its_back(void)
{
    struct waitset other;
    begin();
    struct event_closure closure = server.ep->waitset_state.closure;
    waitset_init(&other);
    CU_ASSERT_EQUAL(lmp_endpoint_deregister(server.ep), SYS_ERR_OK);
    CU_ASSERT_EQUAL(lmp_endpoint_register(server.ep, &other, NOP_CLOSURE), SYS_ERR_OK);
    closure.handler(closure.arg);
}

static void test_registered(void)
{
    test_dies(register_behind_its_back);
}

TEST_SUITE("servers") = {
    {"a server that serves for ever", test_run},
    {"a flood of requests", test_flood},
    {"registered behind its back", test_registered},
};
