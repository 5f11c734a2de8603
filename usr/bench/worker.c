// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// A worker: the other side of every measurement. Its channel to the master carries commands, and is
// itself the channel that round trips are measured on; a second one goes to another worker, or over
// LMP to the master.
#include "bench.h"

#include "bench/mark.h"

#include <stdlib.h>

static struct ump_chan master, peer;
static struct lmp_end lmp_peer;
static bool connected;
static bool want_lmp;

static void on_connect(void *st, struct monitor_bind_request *request)
{
    (void)st;
    if (connected || request->lmp != want_lmp) {
        (void)monitor_refuse(request, MON_ERR_LIMIT);
        return;
    }
    if (want_lmp) {
        check(endpoint_create(1, &lmp_peer.local, &lmp_peer.ep), "making an endpoint");
        lmp_peer.remote = request->cap;
        check(monitor_accept_lmp(request, lmp_peer.local), "accepting over LMP");
    } else {
        check(ump_chan_accept(&peer, request), "accepting");
    }
    connected = true;
}

static void export(enum command command)
{
    static struct monitor_export service;
    iref_t iref;
    connected = false;
    want_lmp = command == WORKER_EXPORT_LMP;
    check(monitor_export(&service, 0, get_default_waitset(), on_connect, NULL, &iref),
          "offering a service");
    message_send(&master, command, iref, 0);
    while (!connected) {
        check(event_dispatch(get_default_waitset()), "waiting for a client");
    }
    check(monitor_unexport(&service), "ending the service");
}

static void echo(uint64_t count)
{
    for (; count > 0; count--) {
        uint64_t words[3];
        message_receive(&master, words);
        message_send(&master, words[0], words[1], words[2]);
    }
}

static void echo_lmp(uint64_t count)
{
    message_send(&master, WORKER_ECHO_LMP, 0, 0);
    for (; count > 0; count--) {
        uint64_t words[LMP_MSG_LENGTH];
        lmp_end_receive(&lmp_peer, words);
        lmp_end_send(&lmp_peer, words);
    }
}

// A stream in one direction; what comes is checked to be what was sent.
static void stream(enum command command, uint64_t count)
{
    cycles_t start = 0;
    for (uint64_t i = 0; i < count; i++) {
        uint64_t words[3] = {i, 0, 0};
        if (command == WORKER_RECEIVE) {
            message_receive(&peer, words);
            bench_mark_item(BENCH_MARK_PAIRS);
        }
        if (i == 0) {
            start = bench_tsc();
        }
        if (command == WORKER_SEND) {
            message_send(&peer, words[0], words[1], words[2]);
        } else if (words[0] != i) {
            check(LIB_ERR_UMP_PEER, "receiving the stream");
        }
    }
    message_send(&master, command, start, bench_tsc());
}

static bool serve(enum command command, uint64_t argument)
{
    switch (command) {
    case WORKER_ECHO:
        echo(argument);
        return true;
    case WORKER_EXPORT:
    case WORKER_EXPORT_LMP:
        export(command);
        return true;
    case WORKER_CONNECT:
        check(ump_chan_bind_blocking(&peer, argument, CHANNEL_BYTES, CHANNEL_BYTES), "binding");
        message_send(&master, command, 0, 0);
        return true;
    case WORKER_ECHO_LMP:
        echo_lmp(argument);
        return true;
    case WORKER_ECHO_LRPC:
        message_send(&master, WORKER_ECHO_LRPC, 0, 0);
        lrpc_echo(&lmp_peer, argument);
        return true;
    case WORKER_SEND:
    case WORKER_RECEIVE:
        stream(command, argument);
        return true;
    default:
        return false;
    }
}

int worker_run(iref_t iref)
{
    uint64_t words[3];
    check(ump_chan_bind_blocking(&master, iref, CHANNEL_BYTES, CHANNEL_BYTES),
          "reaching the master");
    message_send(&master, WORKER_HELLO, 0, 0);
    do {
        message_receive(&master, words);
    } while (serve((enum command)words[0], words[1]));
    return EXIT_SUCCESS;
}
