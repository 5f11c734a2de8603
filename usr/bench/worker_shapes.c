// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What workers do with one another: streams, pipelines, fan-in and trees. Messages are numbered on
// each channel, and each receiver checks the numbers. Each message received is an item of its
// measurement (bench/mark.h).
#include "bench.h"
#include "bench/mark.h"

// Messages that a server takes of one client before it looks at the next.
#define BATCH 16u

// Messages that a stream passes on before it looks at the clock again; seldom, since under QEMU all
// cores read it under one spinlock.
#define CLOCK_MESSAGES 64u

static void send(struct ump_chan *chan, uint64_t number)
{
    message_send(chan, number, 0, 0);
}

static void expect(uint64_t number, uint64_t wanted)
{
    check(number == wanted ? SYS_ERR_OK : LIB_ERR_UMP_PEER, "checking a message");
}

static void receive(struct ump_chan *chan, uint64_t wanted)
{
    struct note note;
    message_receive(chan, &note);
    expect(note.number, wanted);
}

void stream_up(struct worker *worker, const struct order *order, uint64_t results[2])
{
    results[0] = bench_tsc();
    for (uint64_t i = 0; i < order->first; i++)
        send(&worker->up, i);
    results[1] = bench_tsc();
}

void stream_down(struct worker *worker, const struct order *order, uint64_t results[2])
{
    for (uint64_t i = 0; i < order->first; i++) {
        receive(&worker->peers[0]->chan, i);
        results[0] = i == 0 ? bench_tsc() : results[0];
    }
    results[1] = bench_tsc();
}

/// The last message has 1 as its second word.
void stream_until(struct worker *worker, const struct order *order, uint64_t results[2])
{
    (void)results;
    bool last = false;
    for (uint64_t i = 0; !last; i++) {
        last = i % CLOCK_MESSAGES == 0 && bench_tsc() >= order->first;
        message_send(&worker->up, i, last, 0);
    }
}

/// How many messages came in time, to CLOCK_MESSAGES.
void stream_within(struct worker *worker, const struct order *order, uint64_t results[2])
{
    uint64_t within = 0;
    struct note note = {0};
    cycles_t now = 0;
    for (uint64_t i = 0; note.second == 0; i++) {
        message_receive(&worker->peers[0]->chan, &note);
        expect(note.number, i);
        now = i % CLOCK_MESSAGES == 0 ? bench_tsc() : now;
        within += now >= order->first && now < order->second;
        bench_mark_item(BENCH_MARK_PAIRS);
    }
    results[0] = within;
}

/// The server of a fan-in. Channels stay registered from one run to the next.
static struct waitset clients = WAITSET_INITIALIZER;
static uint64_t gathered, to_gather;

static void on_message(void *arg)
{
    struct worker_peer *peer = arg;
    for (unsigned i = 0; i < BATCH; i++) {
        volatile struct ump_message *message;
        errval_t err = ump_chan_recv(&peer->chan, &message);
        if (err_no(err) == LIB_ERR_NO_UMP_MSG)
            break;
        check(err, "receiving from a client");
        expect(message->data[0], peer->next++);
        bench_mark_item(BENCH_MARK_FANIN);
        gathered++;
    }
    check(ump_chan_register_recv(&peer->chan, &clients, MKCLOSURE(on_message, peer)),
          "waiting for a client");
}

void gather(struct worker *worker, const struct order *order, uint64_t results[2])
{
    gathered = 0;
    to_gather = order->first;
    for (unsigned i = 0; i < worker->peers_count; i++) {
        struct worker_peer *peer = worker->peers[i];
        peer->next = 0;
        if (!waitset_chan_is_registered(&peer->chan.recv_chan)) {
            check(ump_chan_register_recv(&peer->chan, &clients, MKCLOSURE(on_message, peer)),
                  "waiting for a client");
        }
    }
    while (gathered < to_gather) {
        check(event_dispatch(&clients), "waiting for clients");
        results[0] = results[0] == 0 ? bench_tsc() : results[0];
    }
    results[1] = bench_tsc();
}

void relay(struct worker *worker, const struct order *order, uint64_t results[2])
{
    (void)results;
    for (uint64_t i = 0; i < order->first; i++) {
        receive(&worker->peers[0]->chan, i);
        bench_mark_item(BENCH_MARK_PIPELINE);
        send(&worker->up, i);
    }
}

/// The head of a pipeline whose end leads back to it.
void circulate(struct worker *worker, const struct order *order, uint64_t results[2])
{
    uint64_t sent = 0, count = order->first, window = order->second;
    results[0] = bench_tsc();
    for (uint64_t i = 0; i < count; i++) {
        while (sent < count && sent - i < window)
            send(&worker->up, sent++);
        receive(&worker->peers[0]->chan, i);
        bench_mark_item(BENCH_MARK_PIPELINE);
    }
    results[1] = bench_tsc();
}

/// One message to all below, and their acknowledgements.
static void broadcast(struct worker *worker, uint64_t number)
{
    for (unsigned i = 0; i < worker->peers_count; i++)
        send(&worker->peers[i]->chan, number);
    for (unsigned i = 0; i < worker->peers_count; i++) {
        receive(&worker->peers[i]->chan, number);
        bench_mark_item(BENCH_MARK_FANOUT);
    }
}

void root(struct worker *worker, const struct order *order, uint64_t results[2])
{
    results[0] = bench_tsc();
    for (uint64_t i = 0; i < order->first; i++)
        broadcast(worker, i);
    results[1] = bench_tsc();
}

void forward(struct worker *worker, const struct order *order, uint64_t results[2])
{
    (void)results;
    for (uint64_t i = 0; i < order->first; i++) {
        receive(&worker->up, i);
        bench_mark_item(BENCH_MARK_FANOUT);
        broadcast(worker, i);
        send(&worker->up, i);
    }
}
