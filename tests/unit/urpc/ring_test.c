// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The channel's semantics, both ends on one thread: full and empty, wrap-around for every small
// size, in-place access, batches, the acknowledgement counter's wrap, closing, and random
// operations against a pair of counters as the reference. Threads are in stream_test.c.
#include "pair.h"
#include "testlib/testlib.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static bool send_one(struct urpc_chan *chan, unsigned stream, uint64_t number)
{
    struct urpc_msg msg;
    msg_make(&msg, stream, number);
    return urpc_send(chan, msg.words, msg.ctrl);
}

static bool recv_one(struct urpc_chan *chan, unsigned stream, uint64_t number)
{
    struct urpc_msg msg;
    return urpc_recv(chan, msg.words, &msg.ctrl) && msg_is(&msg, stream, number);
}

static void test_init_refuses(void)
{
    _Alignas(64) static uint8_t memory[16 * URPC_LINE_BYTES];
    uint8_t *half = memory + 8 * URPC_LINE_BYTES;
    struct urpc_chan chan = {.out_slots = 77};
    CU_ASSERT_FALSE(urpc_init(&chan, NULL, half, 8));
    CU_ASSERT_FALSE(urpc_init(&chan, memory, NULL, 8));
    CU_ASSERT_FALSE(urpc_init(&chan, memory + 8, half, 7));
    CU_ASSERT_FALSE(urpc_init(&chan, memory, half + 32, 7));
    CU_ASSERT_FALSE(urpc_init(&chan, memory, half, URPC_LINES_MIN - 1));
    CU_ASSERT_FALSE(urpc_init(&chan, memory, half, (size_t)URPC_LINES_MAX + 1));
    CU_ASSERT_FALSE(urpc_init(&chan, memory, half, SIZE_MAX));
    CU_ASSERT_FALSE(urpc_init(&chan, memory, memory, 8));
    CU_ASSERT_FALSE(urpc_init(&chan, memory, half, 9));
    CU_ASSERT_FALSE(urpc_init(&chan, half, memory, 9));
    CU_ASSERT_EQUAL(chan.out_slots, 77);
    CU_ASSERT_TRUE(urpc_init(&chan, memory, half, 8));
    CU_ASSERT_TRUE(urpc_init_sized(&chan, half, 8, memory, 4));
    CU_ASSERT_TRUE(urpc_valid(&chan));
}

static void test_full_and_empty(void)
{
    for (size_t lines = URPC_LINES_MIN; lines <= 70; lines++) {
        struct pair pair;
        pair_make(&pair, lines);
        struct urpc_chan *from = &pair.end[0], *to = &pair.end[1];
        uint64_t slots = lines - URPC_STATE_LINES, sent = 0, received = 0;
        for (int lap = 0; lap < 5; lap++) {
            CU_ASSERT_FALSE(urpc_can_recv(to));
            while (send_one(from, 0, sent))
                sent++;
            CU_ASSERT_FALSE(urpc_can_send(from));
            CU_ASSERT_PTR_NULL(urpc_claim(from));
            CU_ASSERT_TRUE(sent - received <= slots);
            CU_ASSERT_TRUE(sent - received >= urpc_room_max(from)); // I7
            CU_ASSERT_TRUE(lap > 0 || sent == slots);
            for (; received < sent; received++)
                CU_ASSERT_TRUE(recv_one(to, 0, received));
            CU_ASSERT_FALSE(recv_one(to, 0, received));
            CU_ASSERT_TRUE(urpc_valid(from) && urpc_valid(to));
        }
        CU_ASSERT_FALSE(urpc_peer_broken(from));
        pair_drop(&pair);
    }
}

/// Sizes of the two directions may differ, and an end may be made after the first messages.
static void test_unequal_and_late(void)
{
    _Alignas(64) static uint8_t small[4 * URPC_LINE_BYTES], large[21 * URPC_LINE_BYTES];
    struct urpc_chan early, late;
    CU_ASSERT_TRUE_FATAL(urpc_init_sized(&early, large, 21, small, 4));
    for (uint64_t i = 0; i < 19; i++)
        CU_ASSERT_TRUE(send_one(&early, 0, i));
    CU_ASSERT_FALSE(send_one(&early, 0, 19));
    CU_ASSERT_TRUE_FATAL(urpc_init_sized(&late, small, 4, large, 21));
    for (uint64_t i = 0; i < 1000; i++) {
        CU_ASSERT_TRUE(recv_one(&late, 0, i));
        CU_ASSERT_TRUE(send_one(&late, 1, i));
        CU_ASSERT_TRUE(recv_one(&early, 1, i));
        CU_ASSERT_TRUE(send_one(&early, 0, i + 19)); // the riding acknowledgement is enough
    }
    CU_ASSERT_TRUE(urpc_valid(&early) && urpc_valid(&late));
}

static void test_in_place(void)
{
    struct pair pair;
    pair_make(&pair, 6);
    struct urpc_chan *from = &pair.end[0], *to = &pair.end[1];
    for (uint64_t i = 0; i < 100; i++) {
        struct urpc_line *line = urpc_claim(from);
        CU_ASSERT_PTR_NOT_NULL_FATAL(line);
        line->words[0] = i;
        line->words[6] = ~i;
        CU_ASSERT_PTR_EQUAL(urpc_claim(from), line);
        CU_ASSERT_FALSE(urpc_can_recv(to));
        urpc_publish(from, (uint16_t)(i * 777));
        uint16_t ctrl = 0;
        const struct urpc_line *got = urpc_peek(to, &ctrl);
        CU_ASSERT_PTR_EQUAL_FATAL(got, line);
        CU_ASSERT_PTR_EQUAL(urpc_peek(to, &ctrl), line); // it stays until consumed
        CU_ASSERT_TRUE(got->words[0] == i && got->words[6] == ~i);
        CU_ASSERT_EQUAL(ctrl, (uint16_t)(i * 777));
        urpc_consume(to);
        CU_ASSERT_FALSE(urpc_can_recv(to));
    }
    pair_drop(&pair);
}

/// A rest changes nothing that can be read, whether the next line is free or holds a message that
/// nobody has read yet.
static void test_relax(void)
{
    struct pair pair;
    pair_make(&pair, 8);
    for (unsigned round = 0; round < 20; round++) {
        struct urpc_msg msg;
        uint64_t sent = 0;
        do {
            uint8_t area[8 * URPC_LINE_BYTES];
            struct urpc_chan end = pair.end[0];
            memcpy(area, pair.area[0], sizeof(area));
            urpc_relax(&pair.end[0]);
            CU_ASSERT_EQUAL(memcmp(area, pair.area[0], sizeof(area)), 0);
            CU_ASSERT_EQUAL(memcmp(&end, &pair.end[0], sizeof(end)), 0);
        } while (send_one(&pair.end[0], 0, round * 6 + sent) && ++sent < 6);
        CU_ASSERT_EQUAL(sent, 6);
        CU_ASSERT_FALSE(urpc_send(&pair.end[0], (uint64_t[URPC_WORDS]){0}, 0));
        for (uint64_t i = 0; i < sent; i++) {
            urpc_relax(&pair.end[1]);
            CU_ASSERT_TRUE(recv_one(&pair.end[1], 0, round * 6 + i));
        }
        CU_ASSERT_FALSE(urpc_recv(&pair.end[1], msg.words, &msg.ctrl));
    }
    pair_drop(&pair);
}

/// An acknowledgement line goes out once for each quarter turn, and not more often (I6 b).
static void test_told_by_quarters(void)
{
    struct pair pair;
    pair_make(&pair, 66);
    for (uint64_t i = 0; i < 640; i++) {
        CU_ASSERT_TRUE(send_one(&pair.end[0], 0, i));
        CU_ASSERT_TRUE(recv_one(&pair.end[1], 0, i));
        CU_ASSERT_EQUAL(atomic_load(&pair.area[1]->consumed), (i + 1) / 16 * 16);
    }
    CU_ASSERT_EQUAL(urpc_room_max(&pair.end[0]), 49);
    CU_ASSERT_TRUE(urpc_has_room(&pair.end[0], 49));
    pair_drop(&pair);
}

/// Sets an end as if `count` lines (a whole number of double laps) had passed each way.
static void start_at(struct urpc_chan *chan, uint64_t count)
{
    uint64_t bytes = count * URPC_LINE_BYTES;
    chan->tx.sent = chan->tx.acked = chan->tx.checked = chan->rx.told = chan->rx.checked = count;
    chan->tx.place.lap += count;
    chan->tx.place.stop += count;
    chan->tx.place.origin -= bytes;
    chan->rx.place.lap += count;
    chan->rx.place.stop += count;
    chan->rx.place.origin -= bytes;
    atomic_store(&chan->rx.consumed, count);
    atomic_store(&chan->out->consumed, count);
    chan->tx.ride = count << URPC_ACK_SHIFT;
    atomic_store(&chan->out->ring[chan->out_slots - 1].header, chan->tx.ride); // of the last lap
}

/// The count in a header wraps without anyone noticing.
static void test_ack_wrap(void)
{
    struct pair pair;
    pair_make(&pair, 10);
    uint64_t start = (UINT64_C(1) << URPC_ACK_BITS) - 512;
    start_at(&pair.end[0], start);
    start_at(&pair.end[1], start);
    for (uint64_t i = 0; i < 2000; i++) {
        CU_ASSERT_TRUE(send_one(&pair.end[0], 0, i));
        CU_ASSERT_TRUE(recv_one(&pair.end[1], 0, i));
        CU_ASSERT_TRUE(i % 3 != 0 || send_one(&pair.end[1], 1, i));
        CU_ASSERT_TRUE(i % 3 != 0 || recv_one(&pair.end[0], 1, i));
        CU_ASSERT_TRUE(urpc_valid(&pair.end[0]) && urpc_valid(&pair.end[1]));
    }
    CU_ASSERT_TRUE(pair.end[0].tx.acked > UINT64_C(1) << URPC_ACK_BITS);
    CU_ASSERT_FALSE(urpc_peer_broken(&pair.end[0]) || urpc_peer_broken(&pair.end[1]));
    pair_drop(&pair);
}

/// One random operation on an end; `sent` and `received` are the reference.
static void random_step(struct pair *pair, unsigned end, uint64_t sent[2], uint64_t received[2],
                        uint64_t *seed)
{
    struct urpc_chan *chan = &pair->end[end];
    struct urpc_msg msgs[8];
    size_t count = random_next(seed) % 8;
    if (random_next(seed) % 2 == 0) {
        for (size_t i = 0; i < count; i++)
            msg_make(&msgs[i], end, sent[end] + i);
        bool room = urpc_has_room(chan, count);
        size_t done = urpc_send_batch(chan, msgs, count);
        CU_ASSERT_TRUE(room ? done == count : done < count);
        sent[end] += done;
        CU_ASSERT_TRUE(sent[end] - received[!end] <= chan->out_slots);
    } else {
        size_t there = sent[!end] - received[end];
        size_t done = urpc_recv_batch(chan, msgs, count);
        CU_ASSERT_EQUAL(done, count < there ? count : there);
        for (size_t i = 0; i < done; i++)
            CU_ASSERT_TRUE(msg_is(&msgs[i], !end, received[end] + i));
        received[end] += done;
    }
    CU_ASSERT_TRUE(urpc_valid(chan));
}

static void test_random_operations(void)
{
    uint64_t seed = 1;
    for (size_t lines = URPC_LINES_MIN; lines <= 40; lines++) {
        struct pair pair;
        uint64_t sent[2] = {0, 0}, received[2] = {0, 0};
        pair_make(&pair, lines);
        for (int i = 0; i < 2000; i++)
            random_step(&pair, random_next(&seed) % 2, sent, received, &seed);
        CU_ASSERT_TRUE(received[0] > 200 && received[1] > 200);
        CU_ASSERT_FALSE(urpc_peer_broken(&pair.end[0]) || urpc_peer_broken(&pair.end[1]));
        pair_drop(&pair);
    }
}

static void test_close(void)
{
    struct pair pair;
    pair_make(&pair, 8);
    CU_ASSERT_TRUE(send_one(&pair.end[0], 0, 0));
    CU_ASSERT_FALSE(urpc_peer_closed(&pair.end[1]));
    urpc_close(&pair.end[0]);
    CU_ASSERT_TRUE(urpc_peer_closed(&pair.end[1]));
    CU_ASSERT_FALSE(urpc_peer_closed(&pair.end[0]));
    CU_ASSERT_TRUE(recv_one(&pair.end[1], 0, 0));
    CU_ASSERT_FALSE(urpc_can_recv(&pair.end[1]));
    CU_ASSERT_FALSE(urpc_arm(&pair.end[1]));
    CU_ASSERT_TRUE(send_one(&pair.end[1], 1, 0));
    CU_ASSERT_TRUE(recv_one(&pair.end[0], 1, 0));
    pair_drop(&pair);
}

/// Runs `misuse` in a child; true if an assertion stopped it.
static bool stopped(void (*misuse)(struct urpc_chan *))
{
    struct pair pair;
    pair_make(&pair, 4);
    pid_t child = fork();
    if (child == 0) {
        signal(SIGILL, SIG_DFL);
        misuse(&pair.end[0]);
        _exit(0);
    }
    int status = 0;
    bool waited = child > 0 && waitpid(child, &status, 0) == child;
    pair_drop(&pair);
    return waited && WIFSIGNALED(status) && WTERMSIG(status) == SIGILL;
}

static void publish_when_full(struct urpc_chan *chan)
{
    while (send_one(chan, 0, 0)) {
    }
    urpc_publish(chan, 0);
}

static void consume_nothing(struct urpc_chan *chan)
{
    urpc_consume(chan);
}

static void wait_for_too_much(struct urpc_chan *chan)
{
    _exit(urpc_arm_room(chan, urpc_room_max(chan) + 1));
}

static void test_misuse_stops(void)
{
    CU_ASSERT_TRUE(stopped(publish_when_full));
    CU_ASSERT_TRUE(stopped(consume_nothing));
    CU_ASSERT_TRUE(stopped(wait_for_too_much));
}

TEST_SUITE("urpc ring") = {
    {"init refuses bad areas", test_init_refuses},
    {"full, empty and wrap, all sizes", test_full_and_empty},
    {"unequal sizes, late peer", test_unequal_and_late},
    {"in-place access", test_in_place},
    {"a rest changes nothing", test_relax},
    {"acknowledgement each quarter", test_told_by_quarters},
    {"acknowledgement counter wraps", test_ack_wrap},
    {"random operations", test_random_operations},
    {"close", test_close},
    {"misuse stops", test_misuse_stops},
};
