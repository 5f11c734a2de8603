// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Monitors whose channels are full. A client on each further core waits for a name; when it is
// there all of them send core 0's monitor more requests at once than the monitors between them have
// room for, while another domain has core 0 for a time slice. Nothing may be lost on the way: every
// request is answered, if only with MON_ERR_LIMIT, and of the channel to each client, whose frame
// the client gives up in the midst of it, core 0 gets the memory back. Afterwards the monitors of
// core 0 and of a core far from it have a channel of their own: no other takes part in what they
// say.
//   test_storm           the test
//   test_storm client    one of them
//   test_storm direct    on the far core
#include <stdio.h>
#include <string.h>

#include "barrelfish/barrelfish.h"
#include "barrelfish/capabilities.h"
#include "barrelfish/console.h"
#include "barrelfish/deferred.h"
#include "barrelfish/domain.h"
#include "barrelfish/lmp_rpc.h"
#include "barrelfish/monitor_client.h"
#include "barrelfish/nameservice_client.h"
#include "barrelfish/spawn_client.h"
#include "barrelfish/ump_chan.h"
#include "barrelfish/vspace_common.h"
#include "systest/systest.h"

#define START_NAME "storm"
#define REQUESTS 60u // less than a domain's share, and than its endpoint has room for
#define CORES_MAX 64u
#define CHANNEL_BYTES 4096u
#define LOOKUPS 200u
#define LOOKUP_GAP_US 1000u

static struct ump_chan channels[CORES_MAX]; // a client has one
static bool accepted;

static void send(const uint64_t words[LMP_MSG_LENGTH], struct capref cap)
{
    errval_t err;
    do {
        err = lmp_send(cap_monitorep, LMP_FLAG_YIELD, cap, LMP_MSG_LENGTH, words);
    } while (lmp_err_is_transient(err));
    EXPECT_OK(err);
}

/// Takes the answers that are there.
static unsigned take_answers(struct lmp_endpoint *ep)
{
    unsigned count = 0;
    struct lmp_recv_msg msg = LMP_RECV_MSG_INIT;
    while (err_is_ok(lmp_endpoint_recv(ep, &msg.buf, NULL))) {
        EXPECT(err_is_ok(msg.words[0]) || err_no(msg.words[0]) == MON_ERR_LIMIT);
        count++;
    }
    return count;
}

static void on_connect(void *st, struct monitor_bind_request *request)
{
    (void)st;
    accepted = EXPECT_OK(ump_chan_accept(&channels[0], request));
}

static void name_of_client(coreid_t core, char name[32])
{
    snprintf(name, 32, "storm client %u", core);
}

/// Offers the test a channel and waits until it is made.
static void await_channel(void)
{
    static struct monitor_export service;
    char name[32];
    iref_t iref = 0;
    name_of_client(disp_get_core_id(), name);
    EXPECT_OK(monitor_export_service(&service, 0, get_default_waitset(), on_connect, NULL, &iref));
    EXPECT_OK(nameservice_register(name, iref));
    while (!accepted && test_failures() == 0)
        EXPECT_OK(event_dispatch(get_default_waitset()));
}

static int run_client(void)
{
    struct capref cap;
    struct lmp_endpoint *ep;
    iref_t iref;
    uint64_t connect[LMP_MSG_LENGTH] = {RPC_REQUEST | RPC_OP_CONNECT},
             request[LMP_MSG_LENGTH] = {0};
    unsigned answered = 0;
    request[0] = RPC_REQUEST | MONITOR_NAME_LOOKUP;
    memcpy(&request[MONITOR_NAME_WORD], CONSOLE_NAME, strlen(CONSOLE_NAME));
    await_channel();
    EXPECT_OK(endpoint_create(LMP_ENDPOINT_MESSAGES_MAX, &cap, &ep));
    EXPECT_OK(nameservice_blocking_lookup(START_NAME, &iref));
    send(connect, cap); // from here on, what the library asks the monitor is answered here
    while (take_answers(ep) == 0)
        EXPECT_OK(barrelfish_usleep(1000));
    for (unsigned i = 0; i < REQUESTS; i++)
        send(request, NULL_CAP);
    EXPECT_OK(vspace_unmap(channels[0].buf));
    EXPECT_OK(cap_destroy(channels[0].frame));
    while (answered < REQUESTS) { // for ever, if one is lost
        answered += take_answers(ep);
        EXPECT_OK(barrelfish_usleep(1000));
    }
    return test_failures() == 0 ? 0 : 1;
}

/// Events of all cores but the first and the last.
static uint64_t events_between(coreid_t last)
{
    uint64_t sum = 0, value = 0;
    for (coreid_t core = 1; core < last; core++) {
        EXPECT_OK(monitor_get_stat(core, KERNEL_STAT_EVENTS, &value));
        sum += value;
    }
    return sum;
}

/// With time between, so that each would have to wake the core that passes it on.
static void look_up(void)
{
    iref_t iref;
    for (unsigned i = 0; i < LOOKUPS; i++) {
        EXPECT_OK(nameservice_lookup(CONSOLE_NAME, &iref));
        EXPECT_OK(barrelfish_usleep(LOOKUP_GAP_US));
    }
}

/// A first time, for the channel may still have to be made, also those to the cores that are asked.
static int run_direct(void)
{
    coreid_t last = disp_get_core_id();
    look_up();
    for (unsigned i = 0; i < LOOKUPS; i++)
        (void)events_between(last);
    uint64_t before = events_between(last), counting = events_between(last) - before;
    before = events_between(last);
    look_up();
    EXPECT(events_between(last) - before < counting + LOOKUPS);
    return test_failures() == 0 ? 0 : 1;
}

static void bind_to(coreid_t core)
{
    char name[32];
    iref_t iref;
    name_of_client(core, name);
    EXPECT_OK(nameservice_blocking_lookup(name, &iref));
    EXPECT_OK(ump_chan_bind_blocking(&channels[core], iref, CHANNEL_BYTES, CHANNEL_BYTES));
}

static void run_all(unsigned cores)
{
    static struct capref clients[CORES_MAX];
    char *argv[] = {"test_storm", "client", NULL};
    for (unsigned core = 1; core < cores; core++) {
        EXPECT_OK(spawn_program((coreid_t)core, disp_name(), argv, NULL, SPAWN_FLAGS_DEFAULT,
                                &clients[core]));
        bind_to((coreid_t)core);
    }
    struct capref spinner;
    uint8_t status;
    char *spin[] = {"test_child", "loop", NULL};
    EXPECT_OK(spawn_program(0, "test_child", spin, NULL, SPAWN_FLAGS_DEFAULT, &spinner));
    EXPECT_OK(nameservice_register(START_NAME, 1));
    for (unsigned core = 1; core < cores; core++) {
        status = 1;
        EXPECT_OK(spawn_wait(clients[core], &status, false));
        if (!EXPECT(status == 0))
            printf("  core %u: status %u\n", core, status);
        ump_chan_close(&channels[core]);
    }
    EXPECT_OK(nameservice_unregister(START_NAME));
    EXPECT_OK(spawn_kill(spinner));
    EXPECT_OK(spawn_wait(spinner, &status, false));
}

int main(int argc, char **argv)
{
    struct monitor_cores cores;
    if (argc == 2 && strcmp(argv[1], "client") == 0)
        return run_client();
    if (argc == 2 && strcmp(argv[1], "direct") == 0)
        return run_direct();
    if (EXPECT_OK(monitor_get_cores(&cores)) &&
        EXPECT(cores.up_count > 1 && cores.cores_count <= CORES_MAX)) {
        coreid_t last = (coreid_t)(cores.cores_count - 1);
        for (unsigned i = 0; i < 2; i++) // the services' tables grow in these rounds
            run_all(cores.cores_count);
        uint64_t before = test_memory_settled();
        run_all(cores.cores_count);
        EXPECT_MEMORY(before);
        const char *direct[] = {"direct", NULL};
        struct test_child child = test_run_child(last, "test_storm", direct, 0);
        EXPECT(child.end == TEST_END_STATUS && child.status == 0);
        EXPECT_SERVICES(last);
    }
    return test_summary("storm");
}
