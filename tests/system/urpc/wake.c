// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// A receiver asleep is always woken. Two domains send one message back and forth; before each
// answer they wait a random time around the one after which the other stops to poll and goes to
// sleep, so that messages come before, during and after that. Sleeps are counted by the CPU driver.
//   test_wake SLEEPS TO [relay]     SLEEPS altogether; with `relay` the receivers have no vectors
//   test_wake peer NAME ROUNDS      the second domain
//   test_wake hold                  takes an interrupt vector and keeps it; status 3: none was left
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "barrelfish/barrelfish.h"
#include "barrelfish/capabilities.h"
#include "peers.h"

#define PAUSES_MAX 1500u
#define SENDER_SLEEP_ONE_IN 64u
#define SLEEP_US_MAX 300u
#define VECTORS_MAX 400u
#define STATUS_NO_VECTOR 3
#define ROUNDS_MAX_FACTOR 20u

static uint64_t times_scheduled(void)
{
    uint64_t state, scheduled = 0;
    EXPECT_OK(invoke_dispatcher_state(cap_dispatcher, &state, &scheduled));
    return scheduled;
}

static void wait_random(struct test_random *random)
{
    if (test_random_one_in(random, SENDER_SLEEP_ONE_IN)) {
        barrelfish_usleep(test_random_below(random, SLEEP_US_MAX));
        return;
    }
    for (uint64_t i = test_random_below(random, PAUSES_MAX); i > 0; i--) {
        __builtin_ia32_pause();
    }
}

static bool receive(struct ump_chan *chan, uint64_t wanted)
{
    volatile struct ump_message *msg;
    return EXPECT_OK(ump_chan_recv_blocking(chan, &msg)) && EXPECT(msg->data[0] == wanted);
}

static bool send(struct ump_chan *chan, uint64_t round, uint64_t last)
{
    uint64_t words[UMP_PAYLOAD_WORDS] = {round, last};
    // Every second message is made in place: waking the peer is then the flush's doing. With a full
    // ring both go the blocking way.
    static bool in_place;
    struct ump_control ctrl;
    in_place = !in_place;
    volatile struct ump_message *message = in_place ? ump_chan_get_next(chan, &ctrl) : NULL;
    if (message == NULL) {
        return EXPECT_OK(ump_chan_send_blocking(chan, words, 0));
    }
    for (unsigned i = 0; i < UMP_PAYLOAD_WORDS; i++) {
        message->data[i] = words[i];
    }
    ump_chan_publish(chan, ctrl);
    ump_chan_flush(chan);
    return true;
}

// Rounds until this domain has slept `sleeps` times while it waited for an answer.
static void ask(struct ump_chan *chan, uint64_t sleeps)
{
    struct test_random random = {sleeps};
    uint64_t slept = 0, round = 0;
    while (slept < sleeps && round < sleeps * ROUNDS_MAX_FACTOR) {
        wait_random(&random);
        if (!send(chan, ++round, 0)) {
            return;
        }
        uint64_t before = times_scheduled();
        if (!receive(chan, round)) {
            return;
        }
        slept += times_scheduled() > before;
    }
    EXPECT(slept >= sleeps); // else it was not sleep that was tested
    EXPECT(send(chan, 0, 1));
}

static void answer(struct ump_chan *chan)
{
    struct test_random random = {0x77};
    for (;;) {
        volatile struct ump_message *msg;
        if (!EXPECT_OK(ump_chan_recv_blocking(chan, &msg)) || msg->data[1] != 0) {
            return;
        }
        uint64_t round = msg->data[0];
        wait_random(&random);
        if (!send(chan, round, 0)) {
            return;
        }
    }
}

// Domains that each take a vector of a core, until there is none. False: that could not be done.
static unsigned take_vectors(coreid_t core, struct capref *domains)
{
    char *argv[] = {"test_wake", "hold", NULL};
    unsigned count = 0;
    bool none_left = false;
    while (count < VECTORS_MAX && !none_left) {
        uint8_t status = 0;
        if (!EXPECT_OK(spawn_program(core, disp_name(), argv, NULL, SPAWN_FLAGS_DEFAULT,
                                     &domains[count]))) {
            return count;
        }
        // It ends if there was none; otherwise it never ends.
        for (unsigned i = 0; i < 3 && !none_left; i++) {
            barrelfish_usleep(1000);
            errval_t err = spawn_wait(domains[count], &status, true);
            none_left = err_is_ok(err) && status == STATUS_NO_VECTOR;
        }
        count += !none_left;
    }
    EXPECT(none_left);
    return count;
}

static int hold_vector(void)
{
    struct capref cap;
    struct lmp_endpoint *ep;
    uint64_t words[LMP_MSG_LENGTH] = {MONITOR_NOTIFY};
    if (err_is_fail(endpoint_create(1, &cap, &ep)) ||
        err_is_fail(monitor_call(words, cap, words, NULL))) {
        return 1;
    }
    if (words[1] == 0) {
        return STATUS_NO_VECTOR;
    }
    messages_handler_loop();
}

static void run(coreid_t core, uint64_t sleeps)
{
    struct ump_chan chan;
    struct capref peer;
    const char *args[] = {NULL};
    if (peers_start(&chan, &peer, core, "test_wake", args)) {
        ask(&chan, sleeps);
        peers_end(&chan, peer);
    }
}

int main(int argc, char **argv)
{
    static struct capref domains[VECTORS_MAX];
    if (argc > 2 && strcmp(argv[1], "peer") == 0) {
        struct ump_chan chan;
        if (peers_accept(&chan, argv[2])) {
            answer(&chan);
        }
        return test_failures() == 0 ? 0 : 1;
    }
    if (argc == 2 && strcmp(argv[1], "hold") == 0) {
        return hold_vector();
    }
    uint64_t sleeps = test_argument(argc, argv, 1, 1000);
    coreid_t core = (coreid_t)test_argument(argc, argv, 2, 1);
    unsigned held = 0;
    if (argc > 3) {
        held = take_vectors(core, domains);
        printf("wake: no vector is left on core %u\n", core);
    }
    run(core, sleeps);
    for (unsigned i = 0; i < held; i++) {
        EXPECT_OK(spawn_kill(domains[i]));
    }
    return test_summary("wake");
}
