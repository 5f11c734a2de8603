// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The private state of an end: each damage that urpc_valid() must see, and what is looked at or told no
// more often than it has to be, which no message shows.
#include "pair.h"
#include "testlib/testlib.h"

static const uint64_t payload[URPC_WORDS];

/// An end in the middle of its second lap, with two lines on their way out and one consumed since the
/// last that was told.
static void make(struct pair *pair)
{
    struct urpc_msg msg;
    pair_make(pair, 10);
    for (unsigned i = 0; i < 11; i++) {
        CU_ASSERT_TRUE(urpc_send(&pair->end[0], payload, 0));
        CU_ASSERT(i >= 9 || urpc_recv(&pair->end[1], msg.words, &msg.ctrl));
        CU_ASSERT_TRUE(urpc_send(&pair->end[1], payload, 0));
        CU_ASSERT_TRUE(urpc_recv(&pair->end[0], msg.words, &msg.ctrl));
    }
    CU_ASSERT_TRUE(urpc_valid(&pair->end[0]));
}

#define DAMAGE(field, value)                                                                       \
    do {                                                                                           \
        struct urpc_chan *chan = &pair.end[0];                                                     \
        struct urpc_chan kept = *chan;                                                             \
        chan->field = (value);                                                                     \
        CU_ASSERT_FALSE(urpc_valid(chan));                                                         \
        *chan = kept;                                                                              \
        CU_ASSERT_TRUE(urpc_valid(chan));                                                          \
    } while (0)

static void test_damage(void)
{
    struct pair pair;
    make(&pair);
    struct urpc_chan end = pair.end[0];
    DAMAGE(tx.acked, end.tx.sent + 1);
    DAMAGE(tx.acked, end.tx.sent - 9);
    DAMAGE(tx.sent, end.tx.acked - 1);
    DAMAGE(tx.sent, end.tx.place.stop + 1);
    DAMAGE(tx.place.lap, 0);
    DAMAGE(tx.place.lap, 9);
    DAMAGE(tx.place.lap, 16);
    DAMAGE(tx.place.epoch, URPC_EPOCH);
    DAMAGE(tx.place.epoch, 1);
    DAMAGE(tx.place.origin, end.tx.place.origin + URPC_LINE_BYTES);
    DAMAGE(tx.place.stop, end.tx.place.stop + 1);
    DAMAGE(tx.place.stop, end.tx.place.stop - 1);
    DAMAGE(rx.consumed, end.rx.place.stop);
    DAMAGE(rx.consumed, end.rx.told - 1);
    DAMAGE(rx.told, 12);
    DAMAGE(rx.place.lap, 0);
    DAMAGE(rx.place.lap, 10);
    DAMAGE(rx.place.lap, 16);
    DAMAGE(rx.place.epoch, URPC_EPOCH);
    DAMAGE(rx.place.origin, end.rx.place.origin - URPC_LINE_BYTES);
    DAMAGE(rx.place.stop, end.rx.place.stop + 1);
    DAMAGE(rx.place.stop, end.rx.place.stop - 1);
    DAMAGE(manner.ahead, end.out_slots + 1);
    pair.end[0].manner.ahead = end.out_slots;
    CU_ASSERT_TRUE(urpc_valid(&pair.end[0]));
    pair_drop(&pair);
}

/// Full, and empty, are no damage; a line more, or less, is.
static void test_limits(void)
{
    struct pair pair;
    pair_make(&pair, 10);
    for (unsigned i = 0; i < 8; i++)
        CU_ASSERT_TRUE(urpc_send(&pair.end[0], payload, 0));
    CU_ASSERT_TRUE(urpc_valid(&pair.end[0]));
    pair.end[0].tx.sent++;
    CU_ASSERT_FALSE(urpc_valid(&pair.end[0]));
    pair.end[0].tx.sent--;
    for (unsigned i = 0; i < 8; i++) {
        pair_take(&pair.end[1], 1);
        CU_ASSERT_TRUE(urpc_valid(&pair.end[1]));
    }
    CU_ASSERT_TRUE(urpc_has_room(&pair.end[0], 8));
    CU_ASSERT_FALSE(urpc_has_room(&pair.end[0], 9));
    CU_ASSERT_EQUAL(pair.end[0].tx.acked, pair.end[0].tx.sent);
    CU_ASSERT_TRUE(urpc_valid(&pair.end[0]));
    pair_drop(&pair);
}

/// The largest and the smallest areas that there may be, and areas that touch. Nothing is read there.
static void test_areas(void)
{
    enum { AT = 1 << 30, MOST = URPC_LINES_MAX, LEAST = URPC_LINES_MIN };
    char *out = (char *)(uintptr_t)AT;
    struct urpc_chan chan;
    CU_ASSERT_TRUE(urpc_init(&chan, out, out + (size_t)MOST * 64, MOST));
    CU_ASSERT_TRUE(urpc_valid(&chan));
    CU_ASSERT_FALSE(urpc_init(&chan, out, out + (size_t)MOST * 128, MOST + 1));
    CU_ASSERT_TRUE(urpc_init_sized(&chan, out, LEAST, out + LEAST * 64, 8));
    CU_ASSERT(chan.out_slots == LEAST - 2 && chan.in_slots == 6 && chan.tell_every == 1);
    CU_ASSERT(chan.manner.ahead <= chan.out_slots);
    CU_ASSERT_TRUE(urpc_init_sized(&chan, out + 8 * 64, LEAST, out, 8));
    CU_ASSERT_FALSE(urpc_init_sized(&chan, out + 7 * 64, LEAST, out, 8));
    CU_ASSERT_FALSE(urpc_init_sized(&chan, out, 8, out + 7 * 64, LEAST));
    CU_ASSERT_FALSE(urpc_init_sized(&chan, out, LEAST - 1, out + 8 * 64, 8));
    CU_ASSERT_FALSE(urpc_init_sized(&chan, out, 8, out + 8 * 64, LEAST - 1));
}

static void test_told_every(void)
{
    static const struct {
        size_t slots, tells, room_max;
    } sizes[] = {{2, 1, 2}, {3, 1, 3}, {4, 1, 4}, {7, 1, 7}, {8, 2, 7}, {9, 2, 8}, {64, 16, 49}};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct pair pair;
        pair_make(&pair, sizes[i].slots + URPC_STATE_LINES);
        CU_ASSERT_EQUAL(pair.end[0].tell_every, sizes[i].tells);
        CU_ASSERT_EQUAL(urpc_room_max(&pair.end[0]), sizes[i].room_max);
        pair_drop(&pair);
    }
}

/// Who waits for room is looked for only when an acknowledgement has gone out since the last time, and
/// who sleeps only when something was sent.
static void test_looks(void)
{
    struct pair pair;
    pair_make(&pair, 18);
    (void)pair_fill(&pair.end[0]);
    pair_take(&pair.end[1], 4);
    CU_ASSERT_FALSE(urpc_peer_waits(&pair.end[1])); // nobody does
    CU_ASSERT_TRUE(urpc_arm_room(&pair.end[0], 5));
    CU_ASSERT_FALSE(urpc_peer_waits(&pair.end[1])); // nothing new for who does
    pair_take(&pair.end[1], 4);
    CU_ASSERT_TRUE(urpc_peer_waits(&pair.end[1]));
    pair_drop(&pair);
}

/// Room for as much as a sender may wait for comes when all is consumed, and not before (I7).
static void test_most_room(void)
{
    for (size_t slots = 2; slots < 20; slots++) {
        struct pair pair;
        struct urpc_msg msg;
        pair_make(&pair, slots + URPC_STATE_LINES);
        struct urpc_chan *chan = &pair.end[0];
        (void)pair_fill(chan);
        CU_ASSERT_TRUE(urpc_arm_room(chan, urpc_room_max(chan)));
        while (urpc_recv(&pair.end[1], msg.words, &msg.ctrl)) {
        }
        CU_ASSERT_TRUE(urpc_peer_waits(&pair.end[1]));
        CU_ASSERT_FALSE(urpc_arm_room(chan, urpc_room_max(chan)));
        pair_drop(&pair);
    }
}

/// An acknowledgement that rode here long ago and was looked at is no news after half of all that the
/// count in a header can say (I9).
static void test_old_ride(void)
{
    struct pair pair;
    uint64_t count = (UINT64_C(1) << (URPC_ACK_BITS - 1)) + 16;
    pair_make(&pair, 10);
    struct urpc_chan *chan = &pair.end[0];
    CU_ASSERT_TRUE(urpc_send(&pair.end[1], payload, 7));
    pair_take(chan, 1);
    CU_ASSERT_FALSE(urpc_has_room(chan, 9)); // It is looked at.
    chan->tx.sent = chan->tx.acked = chan->tx.checked = count;
    chan->tx.place.lap += count;
    chan->tx.place.stop += count;
    chan->tx.place.origin -= count * URPC_LINE_BYTES;
    atomic_store(&pair.area[1]->consumed, count);
    CU_ASSERT_TRUE(urpc_valid(chan));
    CU_ASSERT_FALSE(urpc_has_room(chan, 9));
    CU_ASSERT_FALSE(urpc_peer_broken(chan));
    pair_drop(&pair);
}

/// Before anything was consumed here no header acknowledges anything.
static void test_no_ride(void)
{
    struct pair pair;
    pair_make(&pair, 10);
    (void)pair_fill(&pair.end[0]);
    for (unsigned i = 0; i < 8; i++)
        atomic_store(&pair.area[1]->ring[i].header, UINT64_C(5) << URPC_ACK_SHIFT);
    CU_ASSERT_FALSE(urpc_can_send(&pair.end[0]));
    CU_ASSERT_EQUAL(pair.end[0].tx.acked, 0);
    pair_drop(&pair);
}

/// What rides on the line consumed last counts, and on no other.
static void test_which_ride(void)
{
    struct pair pair;
    pair_make(&pair, 10);
    (void)pair_fill(&pair.end[0]);
    for (unsigned i = 0; i < 3; i++)
        CU_ASSERT_TRUE(urpc_send(&pair.end[1], payload, 0));
    pair_take(&pair.end[0], 2);
    for (uint64_t i = 0; i < 8; i++)
        atomic_store(&pair.area[1]->ring[i].header, (i + 1) << URPC_ACK_SHIFT | URPC_EPOCH);
    CU_ASSERT_TRUE(urpc_can_send(&pair.end[0]));
    CU_ASSERT_EQUAL(pair.end[0].tx.acked, 2);
    pair_drop(&pair);
}

/// A line's worth of room that the peer's own line tells is found when what rides is not enough.
static void test_both_ways(void)
{
    struct pair pair;
    pair_make(&pair, 10);
    (void)pair_fill(&pair.end[0]);
    pair_take(&pair.end[1], 1);
    CU_ASSERT_TRUE(urpc_send(&pair.end[1], payload, 0));
    pair_take(&pair.end[0], 1);
    pair_take(&pair.end[1], 3);
    CU_ASSERT_TRUE(urpc_has_room(&pair.end[0], 1)); // rides
    CU_ASSERT_EQUAL(pair.end[0].tx.acked, 1);
    CU_ASSERT_TRUE(urpc_has_room(&pair.end[0], 4)); // told
    CU_ASSERT_FALSE(urpc_has_room(&pair.end[0], 5));
    pair_drop(&pair);
}

TEST_SUITE("urpc state") = {
    {"damage", test_damage},
    {"limits", test_limits},
    {"areas", test_areas},
    {"how often is told", test_told_every},
    {"how often is looked", test_looks},
    {"most room", test_most_room},
    {"an old acknowledgement", test_old_ride},
    {"no acknowledgement", test_no_ride},
    {"which acknowledgement", test_which_ride},
    {"both ways of acknowledging", test_both_ways},
};
