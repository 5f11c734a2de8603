// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The lost wake-up as a litmus test: in each of many rounds one thread publishes and asks for the
// peer's flag while the other arms, started together with a small random offset. The window is
// some nanoseconds wide, so nothing but the race is in a round. I10: not both may miss the other.
// The same for an acknowledgement against a sender that arms for room (I12).
#include "pair.h"
#include "testlib/testlib.h"

#include <pthread.h>
#include <stdatomic.h>

enum { ROUNDS = 40000, MOST_OFFSET = 64 };

struct race {
    struct pair pair;
    bool for_room;
    bool saw_flag; // by the helper, in this round
    uint64_t seed;
    _Alignas(64) _Atomic unsigned started; // rounds; written by the main thread
    _Alignas(64) _Atomic unsigned ended;   // rounds; written by the helper
};

static void await(_Atomic unsigned *counter, unsigned value)
{
    unsigned spins = 0;
    while (atomic_load_explicit(counter, memory_order_acquire) != value)
        poll_pause(&spins);
}

static void offset(uint64_t *seed)
{
    for (volatile uint64_t left = random_next(seed) % MOST_OFFSET; left > 0;)
        left = left - 1;
}

/// Publishes one message, or consumes one so that an acknowledgement goes out; then looks.
static void *helper(void *argument)
{
    struct race *race = argument;
    struct urpc_chan *chan = &race->pair.end[0];
    for (unsigned round = 1; round <= ROUNDS; round++) {
        struct urpc_msg msg = {.ctrl = 0};
        await(&race->started, round);
        offset(&race->seed);
        if (race->for_room)
            race->saw_flag = urpc_recv(chan, msg.words, &msg.ctrl) && urpc_peer_waits(chan);
        else
            race->saw_flag = urpc_send(chan, msg.words, msg.ctrl) && urpc_peer_sleeps(chan);
        atomic_store_explicit(&race->ended, round, memory_order_release);
    }
    return NULL;
}

/// One round of the arming side; true if the message or the room was there or the peer knows.
static bool arm_once(struct race *race, unsigned round, uint64_t *seed)
{
    struct urpc_chan *chan = &race->pair.end[1];
    struct urpc_msg msg = {.ctrl = 0};
    while (race->for_room && urpc_send(chan, msg.words, msg.ctrl)) {
    }
    atomic_store_explicit(&race->started, round, memory_order_release);
    offset(seed); // twice, since the helper needs a line's transfer to notice the start
    offset(seed);
    bool armed = race->for_room ? urpc_arm_room(chan, 1) : urpc_arm(chan);
    await(&race->ended, round);
    if (race->for_room) {
        urpc_disarm_room(chan);
    } else {
        urpc_disarm(chan);
        armed |= !urpc_recv(chan, msg.words, &msg.ctrl);
    }
    return !armed || race->saw_flag;
}

static void run_race(bool for_room)
{
    static struct race race;
    uint64_t seed = 5, lost = 0;
    pthread_t thread;
    race = (struct race){.for_room = for_room, .seed = 6};
    pair_make(&race.pair, 5); // so few ring lines that each one consumed is acknowledged
    int failed = pthread_create(&thread, NULL, helper, &race);
    CU_ASSERT_EQUAL_FATAL(failed, 0);
    for (unsigned round = 1; round <= ROUNDS; round++)
        lost += !arm_once(&race, round, &seed);
    pthread_join(thread, NULL);
    CU_ASSERT_EQUAL(lost, 0);
    pair_drop(&race.pair);
}

static void test_message_against_arm(void)
{
    run_race(false);
}

static void test_ack_against_arm_room(void)
{
    run_race(true);
}

TEST_SUITE("urpc wake-up race") = {
    {"message against arm", test_message_against_arm},
    {"acknowledgement against arm for room", test_ack_against_arm_room},
};
