// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// test_stubs [CORE [ROUNDS]]: bindings of an interface to clients on CORE, and what they leave behind
// when a side ends in the midst of a call, ROUNDS times and as many again.
#include "stubs_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "barrelfish/deferred.h"
#include "barrelfish/spawn_client.h"
#include "barrelfish/threads.h"

#define BLOCKS 3 // of rounds, in one of which nothing grows

static char number[32];
static delayus_t delay_us;

static bool start(coreid_t core, const char *what, iref_t iref, struct capref *domain)
{
    char *argv[] = {"test_stubs", "peer", (char *)what, number, NULL};
    snprintf(number, sizeof(number), "%llu", (unsigned long long)iref);
    return EXPECT_OK(spawn_program(core, argv[0], argv, NULL, SPAWN_FLAGS_DEFAULT, domain));
}

static void run(coreid_t core, const char *what, iref_t iref)
{
    struct capref domain;
    uint8_t status = EXIT_FAILURE;
    if (start(core, what, iref, &domain))
        EXPECT_OK(spawn_wait(domain, &status, false));
    EXPECT(status == EXIT_SUCCESS);
}

static void await_ended(unsigned wanted)
{
    for (unsigned i = 0; i < 1000 && service_ended() < wanted; i++)
        (void)barrelfish_usleep(10000);
    EXPECT(service_ended() == wanted);
}

/// Ends a client in the midst of its calls: its binding goes.
static void kill_client(coreid_t core, iref_t iref, struct test_random *random)
{
    unsigned opened = service_opened(), ended = service_ended();
    struct capref domain;
    uint8_t status;
    if (!start(core, "for_ever", iref, &domain))
        return;
    while (service_opened() == opened)
        (void)barrelfish_usleep(1000);
    (void)barrelfish_usleep(test_random_below(random, 3000));
    EXPECT_OK(spawn_kill(domain));
    EXPECT_OK(spawn_wait(domain, &status, false));
    await_ended(ended + 1);
}

static int kill_soon(void *domain)
{
    (void)barrelfish_usleep(delay_us);
    EXPECT_OK(spawn_kill(*(struct capref *)domain));
    return 0;
}

/// The service is a domain of its own, and is ended while this one calls it: the call ends.
static void kill_service(coreid_t core, struct test_random *random)
{
    static uint64_t rounds;
    struct capref domain;
    uint64_t name = rounds++;
    uint8_t status;
    if (!start(core, "serve", name, &domain))
        return;
    struct stubs_binding *binding = peer_bind(peer_find(name));
    delay_us = test_random_below(random, 3000);
    struct thread *killer = thread_create(kill_soon, &domain);
    EXPECT(killer != NULL && binding != NULL);
    if (binding != NULL) {
        peer_call_for_ever(binding);
        stubs_close(binding);
    }
    EXPECT_OK(thread_join(killer, NULL));
    EXPECT_OK(spawn_wait(domain, &status, false));
}

/// Ends as many clients of this service, or (0) services of this client; the memory that is free then.
static uint64_t kill_many(coreid_t core, iref_t iref, uint64_t rounds, struct test_random *random)
{
    for (uint64_t i = 0; i < rounds; i++) {
        coreid_t where = i % 2 == 0 ? core : disp_get_core_id();
        if (iref != 0)
            kill_client(where, iref, random);
        else
            kill_service(where, random);
    }
    return test_memory_settled();
}

int main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "peer") == 0)
        return peer_run(argv[2], strtoull(argv[3], NULL, 10));
    coreid_t core = (coreid_t)test_argument(argc, argv, 1, 1);
    uint64_t rounds = test_argument(argc, argv, 2, 6);
    struct test_random random = {rounds};
    coreid_t own = disp_get_core_id(), here[] = {own, own, own}, other[] = {own, core, 2};
    for (unsigned members = 2; members <= 3; members++) {
        circle_run(here, members);
        circle_run(other, members);
    }
    iref_t iref = service_start();
    run(core, "all", iref);
    run(disp_get_core_id(), "all", iref);
    run(core, "garbage", iref);
    unsigned echoes = service_echoes();
    run(own, "garbage", iref); // with calls whose answers nobody takes
    EXPECT(service_echoes() - echoes > FLOUNDER_CALLS_MAX &&
           service_echoes() - echoes < 2 * FLOUNDER_CALLS_MAX);
    for (unsigned which = 0; which < 2; which++) {
        uint64_t before = 0, after = kill_many(core, which == 0 ? iref : 0, rounds, &random);
        // Tables and heaps grow now and then; what leaks, leaks again.
        for (unsigned i = 0; i < BLOCKS && before != after; i++) {
            before = after;
            after = kill_many(core, which == 0 ? iref : 0, rounds, &random);
        }
        EXPECT(before == after);
    }
    return test_summary("test_stubs");
}
