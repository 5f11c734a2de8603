// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// A receiver asleep is always woken. Two domains send one message back and forth; before each
// answer they wait a random time around the one after which the other stops to poll and goes to
// sleep, so that messages come before, during and after that. Sleeps are counted by the CPU driver.
//   test_wake SLEEPS TO [relay]     SLEEPS altogether; with `relay` the receivers have no vectors
//   test_wake peer NAME ROUNDS      the second domain
//   test_wake fill TO NUMBER        takes vectors of TO, as long as it may and there are some; two of
//                                   them, 0 and 1, are to run for `relay`
//   test_wake hold                  takes two vectors and keeps them; status 3: none was left
#include <stdio.h>
#include <string.h>

#include "barrelfish/barrelfish.h"
#include "barrelfish/capabilities.h"
#include "barrelfish/nameservice_client.h"
#include "peers.h"

#define PAUSES_MAX 1500u
#define SENDER_SLEEP_ONE_IN 64u
#define SLEEP_US_MAX 300u
#define HOLDERS_MAX 200u
#define FILLERS 2u
#define NAME_BYTES 32u
#define OVER_NAME "test_wake over"
#define STATUS_NO_VECTOR 3
#define SOME_LEFT 1 // what a filler's name leads to
#define NONE_LEFT 2
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
    for (uint64_t i = test_random_below(random, PAUSES_MAX); i > 0; i--)
        __builtin_ia32_pause();
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
    if (message == NULL)
        return EXPECT_OK(ump_chan_send_blocking(chan, words, 0));
    for (unsigned i = 0; i < UMP_PAYLOAD_WORDS; i++)
        message->data[i] = words[i];
    ump_chan_publish(chan, ctrl);
    ump_chan_flush(chan);
    return true;
}

/// Rounds until this domain has slept `sleeps` times while it waited for an answer.
static void ask(struct ump_chan *chan, uint64_t sleeps)
{
    struct test_random random = {sleeps};
    uint64_t slept = 0, round = 0;
    while (slept < sleeps && round < sleeps * ROUNDS_MAX_FACTOR) {
        wait_random(&random);
        if (!send(chan, ++round, 0))
            return;
        uint64_t before = times_scheduled();
        if (!receive(chan, round))
            return;
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
        if (!EXPECT_OK(ump_chan_recv_blocking(chan, &msg)) || msg->data[1] != 0)
            return;
        uint64_t round = msg->data[0];
        wait_random(&random);
        if (!send(chan, round, 0))
            return;
    }
}

/// Domains that each take two vectors of a core, until there is none, or the own share of its
/// domains is used up. Sets *none_left.
static unsigned take_vectors(coreid_t core, struct capref *domains, bool *none_left)
{
    char *argv[] = {"test_wake", "hold", NULL};
    unsigned count = 0;
    errval_t err = SYS_ERR_OK;
    *none_left = false;
    while (count < HOLDERS_MAX && !*none_left) {
        uint8_t status = 0;
        err = spawn_program(core, disp_name(), argv, NULL, SPAWN_FLAGS_DEFAULT, &domains[count]);
        if (err_is_fail(err))
            break;
        // It ends if there was none; otherwise it never ends.
        for (unsigned i = 0; i < 3 && !*none_left; i++) {
            barrelfish_usleep(1000);
            err = spawn_wait(domains[count], &status, true);
            *none_left = err_is_ok(err) && status == STATUS_NO_VECTOR;
        }
        count += !*none_left;
    }
    EXPECT(*none_left || err_no(err) == SPAWN_ERR_LIMIT);
    return count;
}

static void end_holders(const struct capref *domains, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        EXPECT_OK(spawn_kill(domains[i]));
}

static void name_of_filler(unsigned number, char name[NAME_BYTES])
{
    snprintf(name, NAME_BYTES, "test_wake filler %u", number);
}

/// Takes what it may, says so, and gives it back when all is over.
static int fill(coreid_t core, unsigned number)
{
    static struct capref domains[HOLDERS_MAX];
    bool none_left;
    iref_t iref;
    char name[NAME_BYTES];
    unsigned count = take_vectors(core, domains, &none_left);
    name_of_filler(number, name);
    EXPECT_OK(nameservice_register(name, none_left ? NONE_LEFT : SOME_LEFT));
    EXPECT_OK(nameservice_blocking_lookup(OVER_NAME, &iref));
    end_holders(domains, count);
    return test_failures() != 0 ? 1 : 0;
}

/// One domain with all that it spawns has not as many numbers as a core has vectors, so that
/// several take them, which the shell has started.
static void await_fillers(void)
{
    char name[NAME_BYTES];
    iref_t said = SOME_LEFT, any = SOME_LEFT;
    for (unsigned i = 0; i < FILLERS; i++) {
        name_of_filler(i, name);
        EXPECT_OK(nameservice_blocking_lookup(name, &said));
        any = said == NONE_LEFT ? said : any;
    }
    EXPECT(any == NONE_LEFT);
}

static void end_fillers(void)
{
    char name[NAME_BYTES];
    iref_t iref;
    EXPECT_OK(nameservice_register(OVER_NAME, 1));
    for (unsigned i = 0; i < FILLERS; i++) {
        name_of_filler(i, name);
        while (err_is_ok(nameservice_lookup(name, &iref))) // until it has ended
            barrelfish_usleep(1000);
    }
    EXPECT_OK(nameservice_unregister(OVER_NAME));
}

static int hold_vector(void)
{
    struct capref cap;
    struct lmp_endpoint *ep;
    uint64_t words[LMP_MSG_LENGTH] = {MONITOR_NOTIFY};
    if (err_is_fail(endpoint_create(1, &cap, &ep)) ||
        err_is_fail(monitor_call(words, cap, words, NULL)))
        return 1;
    struct capref dest;
    if (words[1] == 0 || err_is_fail(monitor_create_irqdest(cap, &dest)))
        return STATUS_NO_VECTOR;
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
    if (argc > 2 && strcmp(argv[1], "peer") == 0) {
        struct ump_chan chan;
        if (peers_accept(&chan, argv[2]))
            answer(&chan);
        return test_failures() == 0 ? 0 : 1;
    }
    if (argc == 2 && strcmp(argv[1], "hold") == 0)
        return hold_vector();
    if (argc > 3 && strcmp(argv[1], "fill") == 0) {
        return fill((coreid_t)test_argument(argc, argv, 2, 1),
                    (unsigned)test_argument(argc, argv, 3, 0));
    }
    uint64_t sleeps = test_argument(argc, argv, 1, 1000);
    coreid_t core = (coreid_t)test_argument(argc, argv, 2, 1);
    if (argc > 3) {
        await_fillers();
        printf("wake: no vector is left on core %u\n", core);
    }
    run(core, sleeps);
    if (argc > 3)
        end_fillers();
    return test_summary("wake");
}
