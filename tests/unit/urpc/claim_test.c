// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What a hostile peer stores is a claim (I8): acknowledgements of what was never sent, stale
// ones, and random garbage in all of its area must leave the local state valid. Its messages
// may be nonsense, and it may harm its own; nothing else.
#include "pair.h"
#include "testlib/testlib.h"

#include <string.h>

static const uint64_t payload[URPC_WORDS];

static void test_line_beyond_sent(void)
{
    static const uint64_t claims[] = {9, 1000, UINT64_C(1) << 62, INT64_MAX};
    for (size_t i = 0; i < sizeof(claims) / sizeof(claims[0]); i++) {
        struct pair pair;
        pair_make(&pair, 10);
        CU_ASSERT_EQUAL(pair_fill(&pair.end[0]), 8);
        atomic_store(&pair.area[1]->consumed, claims[i]);
        CU_ASSERT_FALSE(urpc_can_send(&pair.end[0]));
        CU_ASSERT_TRUE(urpc_peer_broken(&pair.end[0]));
        CU_ASSERT_FALSE(urpc_peer_broken(&pair.end[1]));
        CU_ASSERT_TRUE(urpc_valid(&pair.end[0]));
        CU_ASSERT_FALSE(urpc_arm_room(&pair.end[0], 1));
        pair_drop(&pair);
    }
}

static void test_header_beyond_sent(void)
{
    static const uint64_t claims[] = {9, 1000, (UINT64_C(1) << (URPC_ACK_BITS - 1)) - 1};
    for (size_t i = 0; i < sizeof(claims) / sizeof(claims[0]); i++) {
        struct pair pair;
        pair_make(&pair, 10);
        CU_ASSERT_EQUAL(pair_fill(&pair.end[0]), 8);
        atomic_store(&pair.area[1]->ring[0].header, claims[i] << URPC_ACK_SHIFT | URPC_EPOCH);
        struct urpc_msg msg;
        CU_ASSERT_TRUE(urpc_recv(&pair.end[0], msg.words, &msg.ctrl));
        CU_ASSERT_FALSE(urpc_can_send(&pair.end[0]));
        CU_ASSERT_TRUE(urpc_peer_broken(&pair.end[0]));
        CU_ASSERT_TRUE(urpc_valid(&pair.end[0]));
        pair_drop(&pair);
    }
}

/// Claims at and behind what is known are no sign of a broken peer.
static void test_honest_limits(void)
{
    struct pair pair;
    pair_make(&pair, 10);
    CU_ASSERT_EQUAL(pair_fill(&pair.end[0]), 8);
    atomic_store(&pair.area[1]->consumed, 8);
    CU_ASSERT_EQUAL(pair_fill(&pair.end[0]), 8);
    atomic_store(&pair.area[1]->consumed, 7);
    CU_ASSERT_FALSE(urpc_can_send(&pair.end[0]));
    atomic_store(&pair.area[1]->consumed, (uint64_t)-1);
    CU_ASSERT_FALSE(urpc_can_send(&pair.end[0]));
    CU_ASSERT_FALSE(urpc_peer_broken(&pair.end[0]));
    atomic_store(&pair.area[1]->consumed, 16);
    CU_ASSERT_EQUAL(pair_fill(&pair.end[0]), 8);
    CU_ASSERT_TRUE(urpc_valid(&pair.end[0]));
    pair_drop(&pair);
}

/// A line may stand unread for long; its old acknowledgement must then not count as news.
static void test_stale_header(void)
{
    struct pair pair;
    struct urpc_msg msg;
    pair_make(&pair, 10);
    CU_ASSERT_TRUE(urpc_send(&pair.end[1], payload, 7));
    for (uint64_t i = 0; i < 200000; i++) {
        msg_make(&msg, 0, i);
        CU_ASSERT_TRUE(urpc_send(&pair.end[0], msg.words, msg.ctrl));
        CU_ASSERT_TRUE(urpc_recv(&pair.end[1], msg.words, &msg.ctrl));
        CU_ASSERT_TRUE(msg_is(&msg, 0, i));
    }
    CU_ASSERT_TRUE(urpc_recv(&pair.end[0], msg.words, &msg.ctrl));
    CU_ASSERT_EQUAL(msg.ctrl, 7);
    uint64_t room = 8 - (pair.end[0].tx.sent - pair.end[0].tx.acked);
    CU_ASSERT_TRUE(pair_fill(&pair.end[0]) >= room);
    CU_ASSERT_FALSE(urpc_peer_broken(&pair.end[0]));
    CU_ASSERT_TRUE(urpc_valid(&pair.end[0]));
    pair_drop(&pair);
}

/// Everything in the peer's area is random, over and over; only local validity is left to check.
static void test_garbage(void)
{
    uint64_t seed = 2, received = 0, answered = 0;
    for (size_t lines = URPC_LINES_MIN; lines < 40; lines += 5) {
        struct pair pair;
        pair_make(&pair, lines);
        _Atomic uint64_t *words = (_Atomic uint64_t *)(void *)pair.area[1];
        struct urpc_chan *chan = &pair.end[0];
        for (int i = 0; i < 20000; i++) {
            uint64_t small = random_next(&seed) % 64;
            uint64_t value = random_next(&seed) >> small;
            atomic_store(&words[random_next(&seed) % (lines * 8)], value);
            struct urpc_msg msg;
            received += urpc_recv(chan, msg.words, &msg.ctrl);
            if (urpc_send(chan, payload, 0))
                answered += urpc_peer_sleeps(chan);
            else if (urpc_arm_room(chan, 1))
                urpc_disarm_room(chan);
            answered += urpc_peer_waits(chan);
            CU_ASSERT_TRUE(urpc_valid(chan));
        }
        pair_drop(&pair);
    }
    CU_ASSERT_TRUE(received > 100 && answered > 10);
}

TEST_SUITE("urpc claims") = {
    {"acknowledgement line beyond sent", test_line_beyond_sent},
    {"header acknowledgement beyond sent", test_header_beyond_sent},
    {"honest and old claims", test_honest_limits},
    {"a line unread for long", test_stale_header},
    {"garbage everywhere", test_garbage},
};
