// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The ring by itself, as build/bench-urpc measures it on the host: the same messages in a channel
// of the same size, and either side polls and nothing else. So what the plug-in's clock makes of it
// (stave-boot --costs) can be held against two real cores. A stream is flushed if its sender asks
// after each message whether the receiver sleeps, as ump_chan_send() does. What a program pays that
// also sleeps is in measure_ump() and pairs.c.
#include "bench.h"
#include "bench/mark.h"

#include <stdio.h>
#include <stdlib.h>

#define RUNS 20u
#define MESSAGES 1000u
#define SLOTS 63u // bench-urpc's default
#define RING_BYTES ((SLOTS + URPC_STATE_LINES) * URPC_LINE_BYTES)

// As in bench-urpc, so that a message takes as many instructions.
#define LOOP static inline __attribute__((always_inline))

LOOP void ring_send(struct urpc_chan *ring, uint64_t number, bool flush)
{
    uint64_t payload[URPC_WORDS];
#pragma GCC unroll 7
    for (unsigned i = 0; i < URPC_WORDS; i++)
        payload[i] = number + i;
    while (!urpc_send(ring, payload, (uint16_t)number))
        __builtin_ia32_pause();
    if (flush && urpc_peer_sleeps(ring))
        check(LIB_ERR_UMP_PEER, "finding the receiver awake");
}

LOOP uint64_t ring_receive(struct urpc_chan *ring, uint64_t number)
{
    uint64_t payload[URPC_WORDS], wrong = 0;
    uint16_t ctrl;
    while (!urpc_recv(ring, payload, &ctrl))
        __builtin_ia32_pause();
#pragma GCC unroll 7
    for (unsigned i = 0; i < URPC_WORDS; i++)
        wrong |= payload[i] ^ (number + i);
    return wrong;
}

static void expect_right(uint64_t wrong)
{
    check(wrong == 0 ? SYS_ERR_OK : LIB_ERR_UMP_PEER, "checking a message");
}

static struct urpc_chan *ring_of(struct worker *worker)
{
    return &worker_last_peer(worker)->state.ring;
}

void ring_echo(struct worker *worker, const struct order *order, uint64_t results[2])
{
    (void)results;
    struct urpc_chan *ring = ring_of(worker);
    uint64_t wrong = 0;
    for (uint64_t i = 0; i < order->first; i++) {
        wrong |= ring_receive(ring, i);
        ring_send(ring, i, false);
    }
    expect_right(wrong);
}

/// The first eleventh is not part of what is counted. `what` is a constant, as the marks want it.
LOOP void take_stream(struct urpc_chan *ring, uint64_t count, enum bench_mark_what what,
                      uint64_t *cycles)
{
    uint64_t wrong = 0;
    cycles_t start = bench_tsc();
    for (uint64_t i = 0; i < count; i++) {
        if (i == count / 11) {
            start = bench_tsc();
            bench_mark_begin(what);
        }
        wrong |= ring_receive(ring, i);
        bench_mark_item(what);
    }
    bench_mark_end(what);
    *cycles = bench_time_diff(start, bench_tsc());
    expect_right(wrong);
}

void ring_take(struct worker *worker, const struct order *order, uint64_t results[2])
{
    take_stream(ring_of(worker), order->first, BENCH_MARK_STREAM, &results[0]);
}

void ring_take_flushed(struct worker *worker, const struct order *order, uint64_t results[2])
{
    take_stream(ring_of(worker), order->first, BENCH_MARK_FLUSHED, &results[0]);
}

static void measure_trips(const struct options *options, struct report_row *row,
                          struct urpc_chan *ring)
{
    unsigned runs = runs_chosen(options, RUNS);
    cycles_t *samples = samples_new(runs);
    uint64_t wrong = 0, n = 0;
    worker_tell((coreid_t)row->to, worker_RING_ECHO, (uint64_t)row->messages * (runs + 1));
    for (unsigned run = 0; run < runs + 1; run++) { // the first warms caches
        if (run == 1)
            bench_mark_begin(BENCH_MARK_RING);
        cycles_t start = bench_tsc();
        for (unsigned i = 0; i < row->messages; i++, n++) {
            ring_send(ring, n, false);
            wrong |= ring_receive(ring, n);
            bench_mark_item(BENCH_MARK_RING);
        }
        samples[run == 0 ? 0 : run - 1] = bench_time_diff(start, bench_tsc()) / row->messages;
    }
    bench_mark_end(BENCH_MARK_RING);
    expect_right(wrong);
    (void)worker_answer((coreid_t)row->to);
    row->what = "ring round trip";
    (void)report(options, row, samples, runs);
}

static void measure_stream(const struct options *options, struct report_row *row,
                           struct urpc_chan *ring, bool flush)
{
    worker_command_t command = flush ? worker_RING_TAKE_FLUSHED : worker_RING_TAKE;
    unsigned runs = runs_chosen(options, RUNS), count = row->messages + row->messages / 10;
    cycles_t *samples = samples_new(runs);
    for (unsigned run = 0; run < runs; run++) {
        worker_tell((coreid_t)row->to, command, count);
        for (unsigned i = 0; i < count; i++)
            ring_send(ring, i, flush);
        samples[run] = *worker_answer((coreid_t)row->to) / (count - count / 11);
    }
    row->what = flush ? "ring stream flushed" : "ring stream";
    (void)report(options, row, samples, runs);
}

static void measure_to(const struct options *options, coreid_t to)
{
    struct ump_chan chan;
    struct report_row row = {.from = disp_get_core_id(),
                             .to = to,
                             .size = MESSAGE_BYTES,
                             .messages = messages_chosen(options, MESSAGES)};
    worker_reach(to, &chan, RING_BYTES);
    measure_trips(options, &row, &chan.state.ring);
    measure_stream(options, &row, &chan.state.ring, false);
    measure_stream(options, &row, &chan.state.ring, true);
    ump_chan_close(&chan);
}

void measure_ring(const struct options *options)
{
    coreid_t to[CORES_MAX];
    unsigned count = others_chosen(options, to);
    if (count == 0 && !options->csv)
        printf("ring: there is no other core\n");
    for (unsigned i = 0; i < count; i++) {
        if (to[i] == disp_get_core_id()) {
            printf("bench: ring wants another core: on core %u the two would take turns\n", to[i]);
            exit(EXIT_FAILURE);
        }
    }
    workers_start(to, count);
    for (unsigned i = 0; i < count; i++)
        measure_to(options, to[i]);
}
