// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// A worker: the other side of every measurement. Its channel to the master carries commands, and is
// itself the channel that round trips are measured on; others go to other workers, or over LMP to
// the master. What it does with those is in worker_shapes.c and worker_bulk.c.
#include "bench.h"

#include <stdlib.h>

static struct worker worker;
static struct lmp_end lmp_peer;
static bool connected;
static bool want_lmp;

static errval_t accept(struct monitor_bind_request *request)
{
    struct worker_peer *peer = calloc(1, sizeof(*peer));
    if (peer == NULL || worker.peers_count == CORES_MAX) {
        (void)monitor_refuse(request, LIB_ERR_MALLOC_FAIL);
        return LIB_ERR_MALLOC_FAIL;
    }
    worker.peers[worker.peers_count++] = peer;
    return ump_chan_accept(&peer->chan, request);
}

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
        check(accept(request), "accepting");
    }
    connected = true;
}

static void export(enum command command)
{
    static struct monitor_export service;
    iref_t iref;
    connected = false;
    want_lmp = command == WORKER_EXPORT_LMP;
    check(monitor_export_service(&service, 0, get_default_waitset(), on_connect, NULL, &iref),
          "offering a service");
    message_send(&worker.master, command, iref, 0);
    while (!connected)
        check(event_dispatch(get_default_waitset()), "waiting for a client");
    check(monitor_unexport_service(&service), "ending the service");
}

static void echo(uint64_t count)
{
    for (; count > 0; count--) {
        uint64_t words[3];
        message_receive(&worker.master, words);
        message_send(&worker.master, words[0], words[1], words[2]);
    }
}

static void echo_lmp(uint64_t count)
{
    message_send(&worker.master, WORKER_ECHO_LMP, 0, 0);
    for (; count > 0; count--) {
        uint64_t words[LMP_MSG_LENGTH];
        lmp_end_receive(&lmp_peer, words);
        lmp_end_send(&lmp_peer, words);
    }
}

/// The time-stamp counter is the same on all cores, so the master can tell how long a message took.
static void stamp(uint64_t count)
{
    for (; count > 0; count--) {
        uint64_t words[3];
        message_receive(&worker.master, words);
        message_send(&worker.master, bench_tsc(), words[1], words[2]);
    }
}

static worker_action *const actions[WORKER_QUIT] = {
    [WORKER_SEND] = stream_up,
    [WORKER_RECEIVE] = stream_down,
    [WORKER_SEND_UNTIL] = stream_until,
    [WORKER_WINDOW] = stream_within,
    [WORKER_GATHER] = gather,
    [WORKER_RELAY] = relay,
    [WORKER_CIRCULATE] = circulate,
    [WORKER_ROOT] = root,
    [WORKER_FORWARD] = forward,
    [WORKER_BULK_SEND] = send_references,
    [WORKER_BULK_PASS] = send_references,
    [WORKER_BULK_RECEIVE] = receive_references,
    [WORKER_BULK_SKIP] = receive_references,
    [WORKER_COPY_SEND] = send_copies,
    [WORKER_COPY_RECEIVE] = receive_copies,
    [WORKER_RING_ECHO] = ring_echo,
    [WORKER_RING_TAKE] = ring_take,
    [WORKER_RING_TAKE_FLUSHED] = ring_take_flushed,
};

static void answer(const uint64_t command[3])
{
    uint64_t results[2] = {0, 0};
    switch ((enum command)command[0]) {
    case WORKER_CONNECT:
        check(ump_chan_bind_blocking(&worker.up, command[1], CHANNEL_BYTES, CHANNEL_BYTES),
              "binding");
        break;
    case WORKER_AREA:
        check(ump_chan_bind_blocking(&worker.area, command[1], CHANNEL_BYTES, AREA_BYTES),
              "binding memory");
        break;
    case WORKER_POLLS:
        disp_set_poll_limit((uint32_t)command[1]);
        break;
    default:
        check(command[0] < WORKER_QUIT && actions[command[0]] != NULL ? SYS_ERR_OK
                                                                      : LIB_ERR_INVALID_ARGS,
              "understanding the master");
        actions[command[0]](&worker, command, results);
    }
    message_send(&worker.master, command[0], results[0], results[1]);
}

static void serve(const uint64_t command[3])
{
    switch ((enum command)command[0]) {
    case WORKER_ECHO:
        echo(command[1]);
        break;
    case WORKER_STAMP:
        stamp(command[1]);
        break;
    case WORKER_EXPORT:
    case WORKER_EXPORT_LMP:
        export((enum command)command[0]);
        break;
    case WORKER_ECHO_LMP:
        echo_lmp(command[1]);
        break;
    case WORKER_ECHO_LRPC:
        message_send(&worker.master, WORKER_ECHO_LRPC, 0, 0);
        lrpc_echo(&lmp_peer, command[1]);
        break;
    case WORKER_SERVE:
        worker_serve(&worker);
        break;
    default:
        answer(command);
    }
}

int worker_run(iref_t iref)
{
    uint64_t words[3];
    check(ump_chan_bind_blocking(&worker.master, iref, CHANNEL_BYTES, CHANNEL_BYTES),
          "reaching the master");
    message_send(&worker.master, WORKER_HELLO, 0, 0);
    for (;;) {
        message_receive(&worker.master, words);
        if (words[0] == WORKER_QUIT)
            return EXIT_SUCCESS;
        serve(words);
    }
}
