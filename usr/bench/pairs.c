// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Throughput: pairs of cores, of which one sends and the other receives, all at once. The time is
// from the first message sent to the last received, by the time-stamp counter, which is the same on
// all cores.
#include "bench.h"

#include "bench/mark.h"

#include <stdio.h>

#define RUNS 5u
#define MESSAGES 2000u
#define PAIRS_MAX (CORES_MAX / 2)

static struct pair {
    coreid_t from, to;
    bool connected;
} pairs[PAIRS_MAX];

// Starts the workers of the first `count` pairs and connects each pair.
static void pairs_connect(unsigned count)
{
    coreid_t cores[CORES_MAX];
    for (unsigned i = 0; i < count; i++) {
        cores[2 * i] = pairs[i].from;
        cores[2 * i + 1] = pairs[i].to;
    }
    workers_start(cores, 2 * count);
    for (unsigned i = 0; i < count; i++) {
        uint64_t results[2];
        if (pairs[i].connected) {
            continue;
        }
        worker_tell(pairs[i].to, WORKER_EXPORT, 0);
        worker_answer(pairs[i].to, WORKER_EXPORT, results);
        worker_tell(pairs[i].from, WORKER_CONNECT, results[0]);
        worker_answer(pairs[i].from, WORKER_CONNECT, results);
        pairs[i].connected = true;
    }
}

// One run; returns messages per millisecond.
static uint64_t run(unsigned count, unsigned messages)
{
    cycles_t start = UINT64_MAX, end = 0;
    for (unsigned i = 0; i < count; i++) {
        worker_tell(pairs[i].to, WORKER_RECEIVE, messages);
    }
    for (unsigned i = 0; i < count; i++) {
        worker_tell(pairs[i].from, WORKER_SEND, messages);
    }
    for (unsigned i = 0; i < count; i++) {
        uint64_t sent[2], received[2];
        worker_answer(pairs[i].from, WORKER_SEND, sent);
        worker_answer(pairs[i].to, WORKER_RECEIVE, received);
        start = sent[0] < start ? sent[0] : start;
        end = received[1] > end ? received[1] : end;
    }
    cycles_t cycles = end > start ? end - start : 1;
    return (uint64_t)((unsigned __int128)count * messages * disp_shared()->tsc_per_ms / cycles);
}

static void measure(const struct options *options, unsigned count)
{
    cycles_t rates[64];
    unsigned runs = options->runs != 0 ? options->runs : RUNS;
    unsigned messages = options->messages != 0 ? options->messages : MESSAGES;
    runs = runs < 64 ? runs : 64;
    pairs_connect(count);
    (void)run(count, messages);
    bench_mark_begin(BENCH_MARK_PAIRS);
    for (unsigned i = 0; i < runs; i++) {
        rates[i] = run(count, messages);
    }
    bench_mark_end(BENCH_MARK_PAIRS);
    const struct report_row row = {.what = "throughput",
                                   .from = pairs[0].from,
                                   .to = pairs[0].to,
                                   .unit = "messages/ms",
                                   .sized = true,
                                   .size = MESSAGE_BYTES,
                                   .counted = "pairs",
                                   .count = count,
                                   .messages = messages};
    (void)report(options, &row, rates, runs);
}

void measure_pairs(const struct options *options)
{
    static const unsigned standard[] = {1, 2, 4, 8};
    coreid_t cores[CORES_MAX];
    unsigned most = cores_up(cores) / 2;
    for (unsigned i = 0; i < most; i++) {
        pairs[i].from = cores[2 * i];
        pairs[i].to = cores[2 * i + 1];
    }
    bool given = options->numbers_count > 0 && options->what == MEASURE_PAIRS;
    unsigned count = given ? options->numbers_count : 4;
    for (unsigned i = 0; i < count; i++) {
        unsigned wanted = given ? options->numbers[i] : standard[i];
        if (wanted > 0 && wanted <= most) {
            measure(options, wanted);
        } else if (!options->csv && (given || i == 0)) {
            printf("throughput, %u pairs: needs %u cores\n", wanted, 2 * wanted);
        }
    }
}
