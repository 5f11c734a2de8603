// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Clients of test_stubs' service.
#include "stubs_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "barrelfish/blocking.h"
#include "barrelfish/capabilities.h"
#include "barrelfish/lmp_endpoints.h"
#include "barrelfish/nameservice_client.h"
#include "barrelfish/threads.h"

#define THREADS 6
#define CALLS 60
#define GATHERED 100
#define GARBAGE 200
#define NAME_BYTES 32
#define PATIENCE_US 30000000 // of a test that hangs

struct stubs_binding *peer_bind(iref_t iref)
{
    struct stubs_binding *binding = NULL;
    EXPECT_OK(stubs_bind_blocking(iref, get_default_waitset(), IDC_BIND_FLAGS_DEFAULT, &binding));
    return binding;
}

/// Short and long calls, and errors, in turn; all answers are the caller's own.
static int call_many(void *arg)
{
    struct stubs_binding *binding = arg;
    uint8_t data[4096], back[4096];
    struct test_random random = {(uintptr_t)thread_self()};
    for (unsigned i = 0; i < CALLS; i++) {
        uint64_t number = test_random_next(&random), answer = 0;
        size_t length = test_random_below(&random, sizeof(data) + 1), back_length = 0;
        memset(data, (int)number, length);
        EXPECT_OK(stubs_echo(binding, number, &answer));
        EXPECT(answer == number);
        EXPECT_OK(stubs_copy(binding, data, length, back, &back_length));
        EXPECT(back_length == length && memcmp(data, back, length) == 0);
        EXPECT_ERR(stubs_refuse(binding, number | 1), LIB_ERR_INVALID_ARGS);
        EXPECT_OK(stubs_refuse(binding, 0));
    }
    return 0;
}

static void threads(struct stubs_binding *binding)
{
    struct thread *all[THREADS];
    for (unsigned i = 0; i < THREADS; i++)
        all[i] = thread_create_varstack(call_many, binding, 65536);
    for (unsigned i = 0; i < THREADS; i++)
        EXPECT(all[i] != NULL && err_is_ok(thread_join(all[i], NULL)));
}

struct gathering {
    struct stubs_gather__call call;
    uint32_t place;
    bool done;
};

static void on_gathered(void *arg)
{
    ((struct gathering *)arg)->done = true;
}

/// Many calls outstanding at once, nobody waits for any of them; the last one is answered first.
static void gather(struct stubs_binding *binding)
{
    static struct gathering all[GATHERED];
    for (unsigned i = 0; i < GATHERED; i++) {
        errval_t err;
        all[i].done = false;
        while (err_no(err = stubs_gather__start(binding, &all[i].call, PATIENCE_US,
                                                MKCLOSURE(on_gathered, &all[i]), GATHERED,
                                                &all[i].place)) == FLOUNDER_ERR_TX_BUSY)
            (void)event_dispatch(get_default_waitset());
        EXPECT_OK(err);
    }
    for (unsigned i = 0; i < GATHERED; i++) {
        while (!all[i].done)
            EXPECT_OK(event_dispatch(get_default_waitset()));
        EXPECT_OK(flounder_result(&all[i].call.async));
        EXPECT(all[i].place == i);
    }
}

static void late(void *arg)
{
    *(bool *)arg = true;
}

/// Calls that nobody answers end in time, and disturb no other.
static void deadlines(struct stubs_binding *binding)
{
    struct stubs_never__call call;
    uint64_t back = 0;
    bool over = false;
    (void)blocking_set_limit(30000);
    EXPECT_ERR(stubs_never(binding), LIB_ERR_RECV_TIMEOUT);
    (void)blocking_set_limit(0);
    EXPECT_OK(stubs_never__start(binding, &call, 30000, MKCLOSURE(late, &over)));
    while (!over)
        EXPECT_OK(event_dispatch(get_default_waitset()));
    EXPECT_ERR(flounder_result(&call.async), LIB_ERR_RECV_TIMEOUT);
    EXPECT_OK(stubs_echo(binding, 17, &back));
    EXPECT(back == 17);
}

static void notes(struct stubs_binding *binding)
{
    uint64_t sum = 0, wanted = 0;
    for (uint64_t i = 0; i < 500; i++) {
        errval_t err;
        while (err_no(err = stubs_note__tx(binding, NOP_CONT, i)) == FLOUNDER_ERR_TX_BUSY)
            (void)event_dispatch(get_default_waitset());
        EXPECT_OK(err);
        wanted += i;
    }
    EXPECT_OK(stubs_notes(binding, &sum));
    EXPECT(sum == wanted);
}

static void descend(struct stubs_binding *binding)
{
    uint32_t reached = 0;
    service_handle(binding);
    EXPECT_OK(stubs_descend(binding, 7, &reached));
    EXPECT(reached == 7);
}

/// Sends what no stub would send, over a bare endpoint: words of any number, some with a capability, and
/// half of them marked as who connects marks them.
static void send_garbage_here(iref_t iref, struct test_random *random)
{
    struct capref cap, remote;
    struct lmp_endpoint *ep;
    if (!EXPECT_OK(endpoint_create(4, &cap, &ep)) ||
        !EXPECT_OK(monitor_bind_lmp(iref, cap, &remote)))
        return;
    for (unsigned i = 0; i < GARBAGE / FLOUNDER_GREETINGS_MAX; i++) {
        uint64_t words[LMP_MSG_LENGTH];
        for (unsigned w = 0; w < LMP_MSG_LENGTH; w++)
            words[w] = test_random_next(random) >> test_random_below(random, 64);
        words[0] = (words[0] & UINT32_MAX) | test_random_below(random, 2) << 63;
        (void)lmp_send(remote, LMP_FLAG_YIELD, test_random_below(random, 4) == 0 ? cap : NULL_CAP,
                       test_random_below(random, LMP_MSG_LENGTH + 1), words);
    }
    (void)cap_destroy(remote);
    endpoint_destroy(cap, ep);
}

/// Calls as the stubs do, more often than anybody may, and takes no answers.
static void flood_here(iref_t iref)
{
    struct stubs_binding *binding = peer_bind(iref);
    const uint64_t words[LMP_MSG_LENGTH] = {
        FLOUNDER_CTRL(stubs_echo_call__msgnum, 1) | FLOUNDER_WHOLE | UINT64_C(1) << 63, 7};
    if (binding == NULL)
        return;
    for (unsigned i = 0; i < 4 * FLOUNDER_CALLS_MAX; i++)
        (void)lmp_send(binding->stub.lmp.remote, LMP_FLAG_YIELD, NULL_CAP, LMP_MSG_LENGTH, words);
    stubs_close(binding);
}

/// Sends what no stub would send, over the bare channel.
static int send_garbage(iref_t iref)
{
    struct test_random random = {iref};
    struct ump_chan chan;
    if (IREF_CORE(iref) == disp_get_core_id()) {
        flood_here(iref);
        for (unsigned i = 0; i < FLOUNDER_GREETINGS_MAX;
             i++) // so many that have not greeted may be
            send_garbage_here(iref, &random);
        return test_failures() == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
    }
    for (unsigned round = 0; round < GARBAGE / 10; round++) {
        EXPECT_OK(ump_chan_bind_blocking(&chan, iref, DEFAULT_UMP_BUFLEN, DEFAULT_UMP_BUFLEN));
        for (unsigned i = 0; i < 10; i++) {
            uint64_t words[UMP_PAYLOAD_WORDS];
            for (unsigned w = 0; w < UMP_PAYLOAD_WORDS; w++)
                words[w] = test_random_next(&random) >> test_random_below(&random, 64);
            (void)!ump_chan_send(&chan, words, (uint16_t)test_random_next(&random));
        }
        ump_chan_close(&chan);
    }
    return test_failures() == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

void peer_call_for_ever(struct stubs_binding *binding)
{
    uint8_t data[3000] = {0}, back[4096];
    size_t length;
    errval_t err = SYS_ERR_OK;
    // A service that ends on this core takes along what it has just given.
    for (unsigned i = 0; err_is_ok(err) || err_no(err) == SYS_ERR_CAP_NOT_FOUND ||
                         err_no(err) == SYS_ERR_LMP_CAPTRANSFER_SRC;
         i++)
        err = i % 2 == 0 ? stubs_copy(binding, data, sizeof(data), back, &length)
                         : caps_swap(binding, 1, i % 4 == 1);
    EXPECT_ERR(err, LIB_ERR_CHAN_CLOSED);
}

static void name_of(char name[NAME_BYTES], uint64_t number)
{
    snprintf(name, NAME_BYTES, "test_stubs.%llu", (unsigned long long)number);
}

iref_t peer_find(uint64_t number)
{
    char name[NAME_BYTES];
    iref_t iref = 0;
    name_of(name, number);
    EXPECT_OK(nameservice_blocking_lookup(name, &iref));
    return iref;
}

/// Serves until somebody ends this domain.
static void serve(uint64_t number)
{
    char name[NAME_BYTES];
    name_of(name, number);
    EXPECT_OK(nameservice_register(name, service_start()));
    thread_exit(0);
}

int peer_run(const char *what, iref_t iref)
{
    if (strcmp(what, "garbage") == 0)
        return send_garbage(iref);
    if (strcmp(what, "circle") == 0)
        circle_member(iref);
    if (strcmp(what, "serve") == 0)
        serve(iref);
    struct stubs_binding *binding = peer_bind(iref);
    if (binding == NULL)
        return EXIT_FAILURE;
    if (strcmp(what, "for_ever") == 0)
        peer_call_for_ever(binding);
    threads(binding);
    gather(binding);
    deadlines(binding);
    notes(binding);
    descend(binding);
    caps_run(binding, IREF_CORE(iref) == disp_get_core_id());
    stubs_close(binding);
    return test_failures() == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
