// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Streams of known content in both directions at once, between threads: at full rate, with
// random stalls, in batches, and with a thread of its own for each half of an end. Each thread
// counts its errors by itself, since CUnit's assertions are for one thread only.
#include "pair.h"
#include "testlib/testlib.h"

#include <pthread.h>

enum { BATCH = 5 };

/// What one thread does with one end.
struct party {
    struct urpc_chan *chan;
    unsigned stream; // of what it sends; it receives the other
    uint64_t to_send;
    uint64_t to_recv;
    bool stalls;
    bool batches;
    uint64_t seed;
    uint64_t errors;
};

static void maybe_stall(struct party *party)
{
    if (!party->stalls || random_next(&party->seed) % 256 != 0)
        return;
    unsigned spins = 0;
    for (uint64_t left = random_next(&party->seed) % 2000; left > 0; left--)
        poll_pause(&spins);
}

static uint64_t send_some(struct party *party, uint64_t number)
{
    struct urpc_msg msgs[BATCH];
    uint64_t left = party->to_send - number;
    if (party->batches) {
        size_t count = left < BATCH ? left : BATCH;
        for (size_t i = 0; i < count; i++)
            msg_make(&msgs[i], party->stream, number + i);
        return urpc_send_batch(party->chan, msgs, count);
    }
    struct urpc_line *line = left > 0 ? urpc_claim(party->chan) : NULL;
    if (line == NULL)
        return 0;
    msg_make(&msgs[0], party->stream, number);
    for (int i = 0; i < URPC_WORDS; i++)
        line->words[i] = msgs[0].words[i];
    urpc_publish(party->chan, msgs[0].ctrl);
    return 1;
}

static uint64_t recv_some(struct party *party, uint64_t number)
{
    struct urpc_msg msgs[BATCH];
    size_t count = urpc_recv_batch(party->chan, msgs, party->batches ? BATCH : 1);
    for (size_t i = 0; i < count; i++)
        party->errors += !msg_is(&msgs[i], !party->stream, number + i);
    return count;
}

static void *run_party(void *argument)
{
    struct party *party = argument;
    uint64_t sent = 0, received = 0;
    unsigned spins = 0;
    while (sent < party->to_send || received < party->to_recv) {
        uint64_t before = sent + received;
        sent += sent < party->to_send ? send_some(party, sent) : 0;
        received += received < party->to_recv ? recv_some(party, received) : 0;
        if (sent + received == before)
            poll_pause(&spins);
        maybe_stall(party);
    }
    return NULL;
}

static void run_parties(struct pair *pair, struct party *parties, size_t count)
{
    pthread_t threads[4];
    for (size_t i = 0; i < count; i++) {
        int failed = pthread_create(&threads[i], NULL, run_party, &parties[i]);
        CU_ASSERT_EQUAL_FATAL(failed, 0);
    }
    for (size_t i = 0; i < count; i++) {
        pthread_join(threads[i], NULL);
        CU_ASSERT_EQUAL(parties[i].errors, 0);
    }
    for (int end = 0; end < 2; end++) {
        CU_ASSERT_TRUE(urpc_valid(&pair->end[end]));
        CU_ASSERT_FALSE(urpc_can_recv(&pair->end[end]));
        CU_ASSERT_FALSE(urpc_peer_broken(&pair->end[end]));
    }
}

static void duplex(size_t lines, uint64_t count, bool stalls, bool batches)
{
    struct pair pair;
    struct party parties[2];
    pair_make(&pair, lines);
    for (unsigned i = 0; i < 2; i++)
        parties[i] = (struct party){&pair.end[i], i, count, count, stalls, batches, i, 0};
    run_parties(&pair, parties, 2);
    pair_drop(&pair);
}

static void test_full_rate(void)
{
    duplex(URPC_LINES_MIN, 20000, false, false);
    duplex(9, 50000, false, false);
    duplex(64, 100000, false, false);
}

static void test_stalls(void)
{
    duplex(URPC_LINES_MIN, 10000, true, false);
    duplex(13, 20000, true, false);
    duplex(64, 50000, true, false);
}

static void test_batches(void)
{
    duplex(7, 20000, false, true);
    duplex(32, 100000, true, true);
}

/// Without traffic back, all acknowledgements go through the acknowledgement line.
static void test_one_way(void)
{
    struct pair pair;
    pair_make(&pair, 32);
    struct party parties[2] = {
        {&pair.end[0], 0, 100000, 0, false, false, 0, 0},
        {&pair.end[1], 1, 0, 100000, false, false, 1, 0},
    };
    run_parties(&pair, parties, 2);
    pair_drop(&pair);
}

/// Each end has a thread that sends and another that receives.
static void test_four_threads(void)
{
    struct pair pair;
    struct party parties[4];
    pair_make(&pair, 16);
    for (unsigned i = 0; i < 4; i++) {
        uint64_t send = i < 2 ? 40000 : 0;
        parties[i] = (struct party){&pair.end[i % 2], i % 2, send, 40000 - send, true, false, i, 0};
    }
    run_parties(&pair, parties, 4);
    pair_drop(&pair);
}

TEST_SUITE("urpc streams") = {
    {"both ways at full rate", test_full_rate},
    {"both ways with random stalls", test_stalls},
    {"both ways in batches", test_batches},
    {"one way", test_one_way},
    {"a thread for each half of an end", test_four_threads},
};
