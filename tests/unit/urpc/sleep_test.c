// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Sleep and wake (I10 to I12), first step by step on one thread, then thousands of sleeps at
// random times between two threads. A semaphore stands for the notification: it is sticky, as
// the channel asks for. A wait that lasts for seconds is a lost wake-up, and counted as an error.
#include "pair.h"
#include "testlib/testlib.h"

#include <pthread.h>
#include <semaphore.h>
#include <time.h>

enum { LOST_AFTER_S = 4 };

static const uint64_t payload[URPC_WORDS];

static void test_arm_steps(void)
{
    struct pair pair;
    pair_make(&pair, 8);
    struct urpc_chan *from = &pair.end[0], *to = &pair.end[1];
    struct urpc_msg msg;
    CU_ASSERT_TRUE(urpc_send(from, payload, 0));
    CU_ASSERT_FALSE(urpc_peer_sleeps(from)); // awake
    CU_ASSERT_FALSE(urpc_arm(to));           // a message is there
    CU_ASSERT_TRUE(urpc_recv(to, msg.words, &msg.ctrl));
    for (int i = 0; i < 3; i++) {
        CU_ASSERT_TRUE(urpc_arm(to));
        CU_ASSERT_FALSE(urpc_peer_sleeps(from)); // nothing published since it last looked
        CU_ASSERT_TRUE(urpc_send(from, payload, 0));
        CU_ASSERT_TRUE(urpc_peer_sleeps(from));
        CU_ASSERT_TRUE(urpc_send(from, payload, 0));
        CU_ASSERT_FALSE(urpc_peer_sleeps(from)); // once for each sleep
        CU_ASSERT_EQUAL(urpc_recv_batch(to, &msg, 1), 1);
        CU_ASSERT_EQUAL(urpc_recv_batch(to, &msg, 1), 1);
        if (i != 1) { // arming anew without disarming is a new sleep, too
            urpc_disarm(to);
            CU_ASSERT_TRUE(urpc_send(from, payload, 0));
            CU_ASSERT_FALSE(urpc_peer_sleeps(from));
            CU_ASSERT_TRUE(urpc_recv(to, msg.words, &msg.ctrl));
        }
    }
    CU_ASSERT_TRUE(urpc_arm(to));
    urpc_close(from);
    CU_ASSERT_TRUE(urpc_peer_sleeps(from)); // a close wakes up as well
    pair_drop(&pair);
}

static void test_arm_room_steps(void)
{
    struct pair pair;
    pair_make(&pair, 18);
    struct urpc_chan *from = &pair.end[0], *to = &pair.end[1];
    struct urpc_msg msg;
    CU_ASSERT_FALSE(urpc_arm_room(from, 1)); // there is room
    (void)pair_fill(from);
    CU_ASSERT_TRUE(urpc_arm_room(from, 1));
    for (int i = 0; i < 3; i++) {
        CU_ASSERT_TRUE(urpc_recv(to, msg.words, &msg.ctrl));
        CU_ASSERT_FALSE(urpc_peer_waits(to)); // no acknowledgement has gone out
    }
    CU_ASSERT_TRUE(urpc_recv(to, msg.words, &msg.ctrl));
    CU_ASSERT_TRUE(urpc_peer_waits(to));
    CU_ASSERT_FALSE(urpc_peer_waits(to));
    CU_ASSERT_FALSE(urpc_arm_room(from, 4));
    CU_ASSERT_TRUE(urpc_arm_room(from, 5));
    urpc_close(to);
    CU_ASSERT_TRUE(urpc_peer_waits(to));
    CU_ASSERT_FALSE(urpc_arm_room(from, 5));
    pair_drop(&pair);
}

/// One thread and its end.
struct sleeper {
    struct urpc_chan *chan;
    sem_t *own;
    sem_t *peer;
    unsigned stream;
    uint64_t to_send;
    uint64_t to_recv;
    uint64_t most_spins; // of a random stall
    uint64_t seed;
    uint64_t sent;
    uint64_t received;
    uint64_t sleeps;
    uint64_t errors;
};

static void notify_if_asked(struct sleeper *sleeper)
{
    // Both are asked, whatever the first one says: each has its own flag to look at.
    bool sleeps = urpc_peer_sleeps(sleeper->chan);
    bool waits = urpc_peer_waits(sleeper->chan);
    if (sleeps || waits)
        sem_post(sleeper->peer);
}

static void wait_notified(struct sleeper *sleeper)
{
    struct timespec limit;
    clock_gettime(CLOCK_REALTIME, &limit);
    limit.tv_sec += LOST_AFTER_S;
    sleeper->sleeps++;
    sleeper->errors += sem_timedwait(sleeper->own, &limit) != 0;
}

static void stall(struct sleeper *sleeper)
{
    uint64_t left = random_next(&sleeper->seed) % sleeper->most_spins;
    // Short stalls are the usual ones: the race that matters is a few instructions wide.
    for (left >>= random_next(&sleeper->seed) % 10; left > 0; left--)
        __builtin_ia32_pause();
}

static void sleep_until_useful(struct sleeper *sleeper)
{
    bool wants_room = sleeper->sent < sleeper->to_send;
    if (wants_room && !urpc_arm_room(sleeper->chan, 1))
        return;
    if (urpc_arm(sleeper->chan)) {
        wait_notified(sleeper);
        urpc_disarm(sleeper->chan);
    }
    if (wants_room)
        urpc_disarm_room(sleeper->chan);
}

static bool work(struct sleeper *sleeper)
{
    struct urpc_msg msg;
    bool worked = false;
    uint64_t burst = 1 + random_next(&sleeper->seed) % 3;
    for (; burst > 0 && sleeper->sent < sleeper->to_send; burst--) {
        msg_make(&msg, sleeper->stream, sleeper->sent);
        if (!urpc_send(sleeper->chan, msg.words, msg.ctrl))
            break;
        sleeper->sent++;
        worked = true;
    }
    while (urpc_recv(sleeper->chan, msg.words, &msg.ctrl)) {
        sleeper->errors += !msg_is(&msg, !sleeper->stream, sleeper->received);
        sleeper->received++;
        worked = true;
    }
    notify_if_asked(sleeper);
    return worked;
}

static void *run_sleeper(void *argument)
{
    struct sleeper *sleeper = argument;
    while ((sleeper->sent < sleeper->to_send || sleeper->received < sleeper->to_recv) &&
           sleeper->errors == 0)
        if (work(sleeper))
            stall(sleeper);
        else
            sleep_until_useful(sleeper);
    return NULL;
}

/// Returns the number of sleeps of both threads together.
static uint64_t run_sleepers(size_t lines, uint64_t there, uint64_t back, uint64_t spins)
{
    struct pair pair;
    sem_t sems[2];
    pthread_t threads[2];
    struct sleeper sleepers[2];
    pair_make(&pair, lines);
    for (unsigned i = 0; i < 2; i++) {
        sem_init(&sems[i], 0, 0);
        sleepers[i] = (struct sleeper){.chan = &pair.end[i],
                                       .own = &sems[i],
                                       .peer = &sems[!i],
                                       .stream = i,
                                       .to_send = i == 0 ? there : back,
                                       .to_recv = i == 0 ? back : there,
                                       .most_spins = spins,
                                       .seed = i + lines};
    }
    for (unsigned i = 0; i < 2; i++) {
        int failed = pthread_create(&threads[i], NULL, run_sleeper, &sleepers[i]);
        CU_ASSERT_EQUAL_FATAL(failed, 0);
    }
    for (unsigned i = 0; i < 2; i++) {
        pthread_join(threads[i], NULL);
        CU_ASSERT_EQUAL(sleepers[i].errors, 0);
        CU_ASSERT_EQUAL(sleepers[i].received, sleepers[i].to_recv);
        CU_ASSERT_TRUE(urpc_valid(&pair.end[i]));
        sem_destroy(&sems[i]);
    }
    pair_drop(&pair);
    return sleepers[0].sleeps + sleepers[1].sleeps;
}

/// Runs again until there were `least` sleeps: how many one run has is up to the scheduler.
static void run_until_slept(uint64_t least, size_t lines, uint64_t there, uint64_t back,
                            uint64_t spins)
{
    uint64_t sleeps = 0;
    for (int run = 0; run < 200 && sleeps < least; run++)
        sleeps += run_sleepers(lines, there, back, spins);
    CU_ASSERT_TRUE(sleeps >= least);
}

static void test_sleep_both_ways(void)
{
    run_until_slept(2000, 32, 4000, 4000, 1000);
    run_until_slept(2000, URPC_LINES_MIN, 4000, 4000, 2000);
}

/// The receiver sleeps for messages; a small ring makes the sender sleep for room.
static void test_sleep_one_way(void)
{
    run_until_slept(2000, 64, 4000, 0, 2000);
    run_until_slept(2000, 6, 4000, 0, 200);
}

TEST_SUITE("urpc sleep and wake") = {
    {"arm step by step", test_arm_steps},
    {"arm for room step by step", test_arm_room_steps},
    {"random sleeps, both ways", test_sleep_both_ways},
    {"random sleeps, one way", test_sleep_one_way},
};
