// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Throughput: pairs of cores, of which one sends and the other receives, all at once. The time is
// from the first message sent to the last received, by the time-stamp counter, which is the same on
// all cores. The rates of the single pairs tell whether one starves: a pair's time is its own, from
// its first message to its last.
#include "bench.h"
#include "bench/mark.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
        if (!pairs[i].connected) {
            workers_connect(pairs[i].from, pairs[i].to, WORKER_CONNECT);
            pairs[i].connected = true;
        }
    }
}

// One run; returns messages per millisecond, and adds to `cycles` what each pair took.
static uint64_t run(unsigned count, unsigned messages, cycles_t *cycles)
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
        cycles[i] += received[1] - sent[0];
    }
    return rate((uint64_t)count * messages, end - start);
}

static void measure(const struct options *options, unsigned count)
{
    unsigned runs = runs_chosen(options, RUNS);
    unsigned messages = messages_chosen(options, MESSAGES);
    cycles_t *rates = samples_new(runs), *single = samples_new(count);
    struct report_row row = {.what = "pairs",
                             .from = pairs[0].from,
                             .to = pairs[0].to,
                             .unit = "messages/ms",
                             .sized = true,
                             .size = MESSAGE_BYTES,
                             .counted = count == 1 ? "pair" : "pairs",
                             .count = count,
                             .messages = messages};
    pairs_connect(count);
    (void)run(count, messages, single);
    memset(single, 0, count * sizeof(*single));
    bench_mark_begin(BENCH_MARK_PAIRS);
    for (unsigned i = 0; i < runs; i++) {
        rates[i] = run(count, messages, single);
    }
    bench_mark_end(BENCH_MARK_PAIRS);
    (void)report(options, &row, rates, runs);
    for (unsigned i = 0; i < count; i++) {
        single[i] = rate((uint64_t)runs * messages, single[i]);
    }
    struct bench_summary each = bench_summarise(single, count);
    row.what = "pairs each";
    row.percent = each.median > 0 ? each.min * 100 / each.median : 0;
    report_summary(options, &row, &each);
    free(rates);
    free(single);
}

void measure_pairs(const struct options *options)
{
    static const unsigned standard[] = {1, 2, 4, 8};
    const unsigned *numbers;
    coreid_t cores[CORES_MAX];
    unsigned most = cores_chosen(options, cores) / 2;
    for (unsigned i = 0; i < most; i++) {
        pairs[i] = (struct pair){.from = cores[2 * i], .to = cores[2 * i + 1]};
    }
    unsigned count = numbers_chosen(options, standard, 4, &numbers);
    for (unsigned i = 0; i < count; i++) {
        if (numbers[i] > 0 && numbers[i] <= most) {
            measure(options, numbers[i]);
        } else if (!options->csv && (options->numbers_count > 0 || i == 0)) {
            printf("pairs: %u need %u cores\n", numbers[i], 2 * numbers[i]);
        }
    }
}
