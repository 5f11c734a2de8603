// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// How two monitors come to a direct channel: each event in each state of a peer. Whole runs are in
// tests/sim/.
#include <testlib/testlib.h>

#include "effects.h"
#include "protocol/connect.h"

enum { CORE = 3, LOWER = 2, HIGHER = 5, PARENT = 0, CORES = 8 };

static struct connect_state state;
static struct connect_effects out;

static void begin(void)
{
    static const uint16_t nodes[CORES];
    struct boot_tree tree;
    CU_ASSERT_EQUAL(boot_tree_make(&tree, nodes, CORES, 3), SYS_ERR_OK);
    CU_ASSERT_EQUAL(tree.parent[CORE], PARENT);
    connect_init(&state, CORE, &tree);
}

/// Takes a step and expects these kinds of effects, ended by 0.
static void step(struct connect_event event, ...)
{
    connect_step(&state, &event, &out);
    EXPECT_EFFECTS(out, event);
    for (unsigned i = 0; i < out.count; i++)
        CU_ASSERT_EQUAL(out.list[i].peer, event.peer);
}

static struct connect_event of(enum connect_event_kind kind, coreid_t peer, uint64_t number,
                               errval_t err)
{
    return (struct connect_event){kind, peer, true, number, err, {0}};
}

static struct connect_event says(coreid_t peer, struct intermon_message message)
{
    return (struct connect_event){.kind = message.op, .peer = peer, .message = message};
}

static struct connect_event requests(coreid_t peer, uint64_t number)
{
    return says(peer, (struct intermon_message){INTERMON_CONNECT, .connect = {.number = number}});
}

static struct connect_event replies(coreid_t peer, uint64_t number, errval_t err)
{
    return says(peer, (struct intermon_message){INTERMON_CONNECTED, .connected = {err, number}});
}

static struct connect_event switches(coreid_t peer)
{
    return says(peer, (struct intermon_message){.op = INTERMON_SWITCHED});
}

static void test_asker(void)
{
    begin();
    step(of(CONNECT_NO_EVENT, HIGHER, 0, SYS_ERR_OK), 0);
    struct connect_event down = of(CONNECT_WANTED, HIGHER, 0, SYS_ERR_OK);
    down.up = false;
    step(down, 0);
    step(of(CONNECT_WANTED, HIGHER, 0, SYS_ERR_OK), CONNECT_ASK, 0);
    CU_ASSERT_EQUAL(out.list[0].number, 1);
    step(of(CONNECT_SENT, HIGHER, 1, SYS_ERR_OK), 0);
    step(of(CONNECT_WANTED, HIGHER, 0, SYS_ERR_OK), 0); // asked already
    step(switches(HIGHER), 0);
    step(replies(HIGHER, 1, SYS_ERR_OK), CONNECT_SET_NOTIFY, 0);
    step(of(CONNECT_NOTIFIED, HIGHER, 1, SYS_ERR_OK), CONNECT_READ, CONNECT_SEND_SWITCH,
         CONNECT_WRITE, 0);
    step(of(CONNECT_WANTED, HIGHER, 0, SYS_ERR_OK), 0); // there is one
    step(replies(HIGHER, 1, SYS_ERR_OK), 0);
    step(switches(HIGHER), 0);
}

static void test_asker_fails(void)
{
    begin();
    step(of(CONNECT_WANTED, HIGHER, 0, SYS_ERR_OK), CONNECT_ASK, 0);
    step(of(CONNECT_SENT, HIGHER, 1, MON_ERR_LIMIT), 0);
    step(of(CONNECT_WANTED, HIGHER, 0, SYS_ERR_OK), CONNECT_ASK, 0);
    CU_ASSERT_EQUAL(out.list[0].number, 2);
    step(replies(HIGHER, 1, SYS_ERR_OK), 0); // N4
    step(replies(HIGHER, 2, MON_ERR_LIMIT), CONNECT_TAKE_BACK, 0);
    step(replies(HIGHER, 2, SYS_ERR_OK), 0);
    step(of(CONNECT_WANTED, HIGHER, 0, SYS_ERR_OK), CONNECT_ASK, 0);
    step(replies(HIGHER, 3, SYS_ERR_OK), CONNECT_SET_NOTIFY, 0);
    step(of(CONNECT_NOTIFIED, HIGHER, 3, MON_ERR_PROTOCOL), CONNECT_TAKE_BACK, 0);
    step(of(CONNECT_WANTED, HIGHER, 0, SYS_ERR_OK), CONNECT_ASK, 0);
}

static void test_asked(void)
{
    begin();
    step(requests(HIGHER, 7), CONNECT_ACCEPT, 0);
    CU_ASSERT_EQUAL(out.list[0].number, 7);
    step(of(CONNECT_ACCEPTED, HIGHER, 7, LIB_ERR_MALLOC_FAIL), CONNECT_REPLY, 0);
    CU_ASSERT_EQUAL(out.list[0].number, 7);
    CU_ASSERT_EQUAL(out.list[0].err, LIB_ERR_MALLOC_FAIL);
    step(switches(HIGHER), 0);
    step(requests(HIGHER, 8), CONNECT_ACCEPT, 0);
    step(of(CONNECT_ACCEPTED, HIGHER, 8, SYS_ERR_OK), CONNECT_REPLY, CONNECT_WRITE, 0);
    CU_ASSERT_EQUAL(out.list[0].number, 8);
    CU_ASSERT_EQUAL(out.list[0].err, SYS_ERR_OK);
    step(of(CONNECT_WANTED, HIGHER, 0, SYS_ERR_OK), 0);
    step(requests(HIGHER, 9), CONNECT_REFUSE, CONNECT_REPLY, 0);
    CU_ASSERT_EQUAL(out.list[1].err, MON_ERR_LIMIT);
    CU_ASSERT_EQUAL(out.list[1].number, 9);
    step(switches(HIGHER), CONNECT_READ, 0);
    step(switches(HIGHER), 0);
    step(requests(HIGHER, 9), CONNECT_REFUSE, CONNECT_REPLY, 0);
}

static void test_both_ask(void)
{
    begin();
    step(of(CONNECT_WANTED, HIGHER, 0, SYS_ERR_OK), CONNECT_ASK, 0);
    step(requests(HIGHER, 4), CONNECT_REFUSE, CONNECT_REPLY, 0);
    step(replies(HIGHER, 1, SYS_ERR_OK), CONNECT_SET_NOTIFY, 0);
    step(of(CONNECT_WANTED, LOWER, 0, SYS_ERR_OK), CONNECT_ASK, 0);
    step(requests(LOWER, 4), CONNECT_TAKE_BACK, CONNECT_ACCEPT, 0);
    CU_ASSERT_EQUAL(out.list[1].number, 4);
    step(of(CONNECT_ACCEPTED, LOWER, 4, SYS_ERR_OK), CONNECT_REPLY, CONNECT_WRITE, 0);
    step(replies(LOWER, 1, MON_ERR_LIMIT), 0); // it refuses ours
    step(switches(LOWER), CONNECT_READ, 0);
}

static void test_neighbours(void)
{
    begin();
    for (coreid_t peer = 0; peer < CORES; peer++) {
        bool has = peer == CORE || peer == PARENT;
        struct connect_event event = of(CONNECT_WANTED, peer, 0, SYS_ERR_OK);
        if (has)
            step(event, 0);
        else
            step(event, CONNECT_ASK, 0);
    }
    static const uint16_t nodes[CORES];
    struct boot_tree tree;
    CU_ASSERT_EQUAL(boot_tree_make(&tree, nodes, CORES, 3), SYS_ERR_OK);
    connect_init(&state, PARENT, &tree);
    step(of(CONNECT_WANTED, CORE, 0, SYS_ERR_OK), 0);
}

TEST_SUITE("direct channels") = {
    {"who asks", test_asker},        {"what fails for it", test_asker_fails},
    {"who is asked", test_asked},    {"both ask", test_both_ask},
    {"neighbours", test_neighbours},
};
