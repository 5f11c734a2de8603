// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Rights of single messages (guard.if): who lacks one is refused before anything of the message is
// looked at; a call fails alone, a message ends its binding.
#include "pair.h"
#include <testlib/testlib.h>

#include <if/guard_defs.h>

extern const struct use use_guard;

static struct pair pair;
static unsigned heard;

static void count(struct ear *ear, const struct view *view)
{
    (void)ear, (void)view;
    heard++;
}

static struct guard_binding *open_pair(void)
{
    pair_open(&pair, &use_guard, WORLD_RING_BYTES);
    pair.ends[SERVER].ear.heard = count;
    heard = 0;
    end_serve(&pair.ends[SERVER]);
    return pair.ends[CLIENT].binding;
}

static void close_pair(void)
{
    end_serving_stops();
    pair_close(&pair);
}

static void allow(uint32_t rights)
{
    guard_allow(pair.ends[SERVER].binding, rights);
}

/// Calls each rpc: those that `allowed` has are answered, the others fail, and nothing else does.
static void call_each(struct guard_binding *binding, bool keep, bool store)
{
    uint8_t data[500] = {0};
    uint64_t back;
    uint32_t stored;
    unsigned before = heard;
    errval_t denied = SYS_ERR_RIGHTS;
    CU_ASSERT_EQUAL(guard_ask(binding, 1, &back), SYS_ERR_OK);
    CU_ASSERT_EQUAL(guard_keep(binding, 2, &back), keep ? SYS_ERR_OK : denied);
    CU_ASSERT_EQUAL(guard_store(binding, data, 40, &stored), store ? SYS_ERR_OK : denied);
    CU_ASSERT_EQUAL(guard_store(binding, data, 500, &stored), store ? SYS_ERR_OK : denied);
    CU_ASSERT_EQUAL(heard - before, 1u + keep + 2 * store);
}

/// A binding has no right at first, then those that it was allowed last; the server's own handling of
/// answers, and the other direction, have their own.
static void calls(void)
{
    struct guard_binding *binding = open_pair();
    call_each(binding, false, false);
    allow(guard_RIGHT_keeper);
    call_each(binding, true, true);
    allow(guard_RIGHT_operator);
    call_each(binding, true, false);
    allow(guard_RIGHT_operator | guard_RIGHT_keeper);
    call_each(binding, true, true);
    allow(0);
    call_each(binding, false, false);
    guard_allow(binding, ~0u);
    call_each(binding, false, false);
    CU_ASSERT_EQUAL(pair.ends[SERVER].ear.ended, SYS_ERR_OK);
    close_pair();
}

static void messages(void)
{
    struct guard_binding *binding = open_pair();
    allow(guard_RIGHT_operator);
    CU_ASSERT_EQUAL(guard_note__tx(binding, NOP_CONT, 1), SYS_ERR_OK);
    CU_ASSERT_EQUAL(guard_halt__tx(binding, NOP_CONT, 2), SYS_ERR_OK);
    thread_yield();
    CU_ASSERT_EQUAL(heard, 2);
    allow(guard_RIGHT_keeper);
    CU_ASSERT_EQUAL(guard_halt__tx(binding, NOP_CONT, 3), SYS_ERR_OK);
    thread_yield();
    CU_ASSERT_EQUAL(heard, 2);
    CU_ASSERT_EQUAL(pair.ends[SERVER].ear.ended, SYS_ERR_RIGHTS);
    thread_yield();
    (void)fibers_dispatch(&pair.ends[CLIENT].ws, 100);
    CU_ASSERT_EQUAL(err_no(pair.ends[CLIENT].ear.ended), LIB_ERR_CHAN_CLOSED);
    close_pair();
}

/// What is wrong with a message that is refused is not looked at. A call without a number, that nobody
/// could be told about, ends the binding as a message does.
static void refused_unseen(void)
{
    struct peer peer;
    uint8_t garbage[64];
    uint64_t words[URPC_WORDS], refused;
    uint16_t ctrl;
    memset(garbage, 0xff, sizeof(garbage));
    peer_open(&peer, &use_guard, WORLD_RING_BYTES, false);
    peer_message(&peer, guard_store_call__msgnum, 7, garbage, 56);
    peer_message(&peer, guard_store_call__msgnum, 8, garbage, 64);
    peer_run(&peer);
    for (unsigned call = 7; call < 9; call++) {
        CU_ASSERT_TRUE(peer_take(&peer, words, &ctrl));
        memcpy(&refused, words, sizeof(refused));
        CU_ASSERT_EQUAL(ctrl, FLOUNDER_WHOLE | FLOUNDER_CTRL(FLOUNDER_ERROR, call));
        CU_ASSERT_EQUAL(refused, SYS_ERR_RIGHTS);
    }
    CU_ASSERT_EQUAL(peer.end.ear.ended, SYS_ERR_OK);
    peer_message(&peer, guard_keep_call__msgnum, 0, garbage, 8);
    peer_run(&peer);
    CU_ASSERT_EQUAL(peer.end.ear.ended, SYS_ERR_RIGHTS);
    peer_close(&peer);
}

WORLD_TEST(calls)
WORLD_TEST(messages)
WORLD_TEST(refused_unseen)

TEST_SUITE("rights") = {
    {"calls", test_in_calls},
    {"messages", test_in_messages},
    {"what is refused is not looked at", test_in_refused_unseen},
};
