// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Fan-in: what a message costs does not depend on how many clients send, nor on how many more are
// connected and silent. The cost is a number of instructions, of all cores together: on a
// deterministic machine that is what the time-stamp counter counts, and no core can read its share
// alone (`stave-boot --count --run 'bench fanin'` tells it). A client's share does not grow with
// the number of clients, so growth would be the server's. Idle cores halt, and execute nothing. All
// messages must also come, in order. Where several of those that send share a core the cost has
// their switches in it, and is not judged.
//   test_fanin               the server; it starts its clients on the other cores, in turn
//   test_fanin client IREF   one of them: sends as many messages as it is told, again and again
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "barrelfish/barrelfish.h"
#include "barrelfish/spawn_client.h"
#include "barrelfish/ump_chan.h"
#include "systest/systest.h"

#define CLIENTS 63u
#define MESSAGES 8000u // of a measurement, of all clients together
#define BATCH 16u
#define PERCENT_MAX 120u
#define CHANNEL_BYTES 2048u

static struct client {
    struct ump_chan chan;
    struct capref domain;
    uint64_t next;
} clients[CLIENTS];
static unsigned clients_count;
static uint64_t arrived;
static struct waitset waitset = WAITSET_INITIALIZER;

static void on_message(void *arg)
{
    struct client *client = arg;
    for (unsigned i = 0; i < BATCH; i++) {
        volatile struct ump_message *message;
        errval_t err = ump_chan_recv(&client->chan, &message);
        if (err_no(err) == LIB_ERR_NO_UMP_MSG)
            break;
        EXPECT_OK(err);
        EXPECT(message->data[0] == client->next++);
        arrived++;
    }
    EXPECT_OK(ump_chan_register_recv(&client->chan, &waitset, MKCLOSURE(on_message, client)));
}

static void on_connect(void *st, struct monitor_bind_request *request)
{
    (void)st;
    struct client *client = &clients[clients_count];
    if (EXPECT_OK(ump_chan_accept(&client->chan, request))) {
        EXPECT_OK(ump_chan_register_recv(&client->chan, &waitset, MKCLOSURE(on_message, client)));
        clients_count++;
    }
}

/// Until there are so many clients.
static void start_clients(iref_t iref, unsigned wanted)
{
    char number[32];
    snprintf(number, sizeof(number), "%" PRIu64, iref);
    char *argv[] = {"test_fanin", "client", number, NULL};
    struct monitor_cores cores;
    if (!EXPECT_OK(monitor_get_cores(&cores)) || !EXPECT(cores.up_count > 1))
        return;
    while (clients_count < wanted && test_failures() == 0) {
        unsigned before = clients_count;
        coreid_t core = (coreid_t)(1 + before % (cores.up_count - 1));
        if (!EXPECT_OK(spawn_program(core, disp_name(), argv, NULL, SPAWN_FLAGS_DEFAULT,
                                     &clients[before].domain)))
            return;
        while (clients_count == before && test_failures() == 0)
            EXPECT_OK(event_dispatch(get_default_waitset()));
    }
}

static void tell(struct client *client, uint64_t messages)
{
    const uint64_t words[UMP_PAYLOAD_WORDS] = {messages};
    EXPECT_OK(ump_chan_send_blocking(&client->chan, words, 0));
}

/// Messages of the first `active` clients; returns instructions for each.
static uint64_t receive(unsigned active)
{
    uint64_t each = MESSAGES / active;
    systime_t start = systime_now();
    arrived = 0;
    for (unsigned i = 0; i < active; i++) {
        clients[i].next = 0;
        tell(&clients[i], each);
    }
    while (arrived < each * active && test_failures() == 0)
        EXPECT_OK(event_dispatch(&waitset));
    return (systime_now() - start) / (each * active);
}

static unsigned other_cores(void)
{
    struct monitor_cores cores = {0};
    EXPECT_OK(monitor_get_cores(&cores));
    return cores.up_count - 1;
}

static void measure(unsigned active, uint64_t alone)
{
    (void)receive(active); // until silent channels are armed
    uint64_t cost = receive(active);
    printf("fan-in: %u of %u clients send: %" PRIu64 " instructions a message\n", active,
           clients_count, cost);
    EXPECT(cost > 0 && (active > other_cores() || cost * 100 <= alone * PERCENT_MAX));
}

static int serve(void)
{
    static struct monitor_export service;
    static const unsigned active[] = {1, 2, 8, 32, CLIENTS};
    iref_t iref;
    if (!EXPECT_OK(
            monitor_export_service(&service, 0, get_default_waitset(), on_connect, NULL, &iref)))
        return test_summary("fan-in");
    start_clients(iref, 1);
    (void)receive(1);
    uint64_t alone = receive(1);
    printf("fan-in: a client alone: %" PRIu64 " instructions a message\n", alone);
    start_clients(iref, CLIENTS);
    for (size_t i = 0; i < sizeof(active) / sizeof(active[0]) && test_failures() == 0; i++)
        measure(active[i], alone);
    for (unsigned i = 0; i < clients_count; i++) {
        uint8_t status = 1;
        tell(&clients[i], 0);
        EXPECT_OK(spawn_wait(clients[i].domain, &status, false));
        EXPECT(status == 0);
    }
    return test_summary("fan-in");
}

static int send(iref_t iref)
{
    static struct ump_chan chan;
    errval_t err = ump_chan_bind_blocking(&chan, iref, CHANNEL_BYTES, CHANNEL_BYTES);
    while (err_is_ok(err)) {
        volatile struct ump_message *message;
        err = ump_chan_recv_blocking(&chan, &message);
        uint64_t count = err_is_ok(err) ? message->data[0] : 0;
        if (err_is_ok(err) && count == 0)
            return 0;
        for (uint64_t i = 0; i < count && err_is_ok(err); i++) {
            const uint64_t words[UMP_PAYLOAD_WORDS] = {i};
            err = ump_chan_send_blocking(&chan, words, 0);
        }
    }
    return 1;
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "client") == 0)
        return send((iref_t)strtoull(argv[2], NULL, 10));
    return serve();
}
