// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// A worker: the other side of every measurement. What it does with its channels to other workers is
// in worker_shapes.c and worker_bulk.c.
#include "bench.h"

#include <stdlib.h>

static struct worker worker;
static struct lmp_end lmp_peer;
static iref_t own_iref;

static void on_connect(void *st, struct monitor_bind_request *request)
{
    (void)st;
    if (request->lmp) {
        check(endpoint_create(1, &lmp_peer.local, &lmp_peer.ep), "making an endpoint");
        lmp_peer.remote = request->cap;
        check(monitor_accept_lmp(request, lmp_peer.local), "accepting over LMP");
        return;
    }
    struct worker_peer *peer = calloc(1, sizeof(*peer));
    bool room = peer != NULL && worker.peers_count < CORES_MAX;
    check(room ? SYS_ERR_OK : LIB_ERR_MALLOC_FAIL, "remembering a client");
    worker.peers[worker.peers_count++] = peer;
    check(ump_chan_accept(&peer->chan, request), "accepting");
}

struct ump_chan *worker_last_peer(struct worker *self)
{
    check(self->peers_count > 0 ? SYS_ERR_OK : LIB_ERR_INVALID_ARGS, "finding a client");
    return &self->peers[self->peers_count - 1]->chan;
}

/// With what came, or, for stamps, with the time in the place of its number: the time-stamp counter is
/// the same on all cores, so the master can tell how long a message took.
static void echo(uint64_t count, bool stamps)
{
    struct ump_chan *chan = worker_last_peer(&worker);
    for (; count > 0; count--) {
        struct note note;
        message_receive(chan, &note);
        message_send(chan, stamps ? bench_tsc() : note.number, note.second, note.third);
    }
}

static void echo_lmp(uint64_t count)
{
    for (; count > 0; count--) {
        uint64_t payload[LMP_MSG_LENGTH];
        lmp_end_receive(&lmp_peer, payload);
        lmp_end_send(&lmp_peer, payload);
    }
}

/// But for those that act() does itself.
static worker_action *const actions[] = {
    [worker_OFFER_CALLS] = offer_calls,
    [worker_SERVE_CALLS] = serve_calls,
    [worker_SEND] = stream_up,
    [worker_RECEIVE] = stream_down,
    [worker_SEND_UNTIL] = stream_until,
    [worker_WINDOW] = stream_within,
    [worker_GATHER] = gather,
    [worker_RELAY] = relay,
    [worker_CIRCULATE] = circulate,
    [worker_ROOT] = root,
    [worker_FORWARD] = forward,
    [worker_BULK_SEND] = send_references,
    [worker_BULK_PASS] = send_references,
    [worker_BULK_RECEIVE] = receive_references,
    [worker_BULK_SKIP] = receive_references,
    [worker_COPY_SEND] = send_copies,
    [worker_COPY_RECEIVE] = receive_copies,
    [worker_RING_ECHO] = ring_echo,
    [worker_RING_TAKE] = ring_take,
    [worker_RING_TAKE_FLUSHED] = ring_take_flushed,
};

static void act(const struct order *order, uint64_t results[2])
{
    switch (order->what) {
    case worker_OFFER:
        results[0] = own_iref;
        break;
    case worker_CONNECT:
        check(ump_chan_bind_blocking(&worker.up, order->first, CHANNEL_BYTES, CHANNEL_BYTES),
              "binding");
        break;
    case worker_AREA:
        check(ump_chan_bind_blocking(&worker.area, order->first, CHANNEL_BYTES, AREA_BYTES),
              "binding memory");
        break;
    case worker_POLLS:
        disp_set_poll_limit((uint32_t)order->first);
        break;
    case worker_ECHO:
    case worker_STAMP:
        echo(order->first, order->what == worker_STAMP);
        break;
    case worker_ECHO_LMP:
        echo_lmp(order->first);
        break;
    case worker_ECHO_LRPC:
        lrpc_echo(&lmp_peer, order->first);
        break;
    default:
        actions[order->what](&worker, order, results);
    }
}

static errval_t on_act(struct worker_binding *binding, worker_command_t what, uint64_t first,
                       uint64_t second, uint64_t *one, uint64_t *other)
{
    (void)binding;
    uint64_t results[2] = {0, 0};
    act(&(struct order){what, first, second}, results);
    *one = results[0];
    *other = results[1];
    return SYS_ERR_OK;
}

/// The master needs it no longer.
static void on_end(struct worker_binding *binding, errval_t err)
{
    (void)binding;
    exit(err_no(err) == LIB_ERR_CHAN_CLOSED ? EXIT_SUCCESS : EXIT_FAILURE);
}

int worker_run(iref_t iref)
{
    static struct monitor_export service;
    struct worker_binding *binding;
    check(monitor_export_service(&service, 0, get_default_waitset(), on_connect, NULL, &own_iref),
          "offering a service");
    check(worker_bind_blocking(iref, get_default_waitset(), IDC_BIND_FLAG_UMP, &binding),
          "reaching the master");
    binding->rpc_rx_vtbl.act_call = on_act;
    binding->error_handler = on_end;
    messages_handler_loop();
}
