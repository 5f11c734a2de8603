// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Throughput: pairs of cores, of which one sends and the other receives, all at once. What counts
// is what is received within a window, which is the same for all pairs. All know it beforehand, by
// the time-stamp counter, which is the same on all cores, and go on until it is over. So a pair
// that starves is seen to: with a fixed number of messages for each it would make up for it when
// the others are done.
#include "bench.h"
#include "bench/mark.h"

#include <stdio.h>
#include <stdlib.h>

#define RUNS 5u
#define MESSAGES 50000u
#define PAIRS_MAX (CORES_MAX / 2)

static struct pair {
    coreid_t from, to;
    bool connected;
} pairs[PAIRS_MAX];

/// Starts the workers of the first `count` pairs and connects each pair.
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
            workers_connect(pairs[i].from, pairs[i].to, worker_CONNECT);
            pairs[i].connected = true;
        }
    }
}

/// How long from the command until all pairs are under way, and how long to look at them then.
struct window {
    cycles_t lead, length;
};

/// Has each pair pass `messages` on; the window is as long as that took all of them.
static struct window window_find(unsigned count, unsigned messages)
{
    cycles_t told = bench_tsc(), under_way = 0, start = UINT64_MAX, end = 0;
    for (unsigned i = 0; i < count; i++)
        worker_tell(pairs[i].to, worker_RECEIVE, messages);
    for (unsigned i = 0; i < count; i++)
        worker_tell(pairs[i].from, worker_SEND, messages);
    for (unsigned i = 0; i < count; i++) {
        const uint64_t *sent = worker_answer(pairs[i].from), *received = worker_answer(pairs[i].to);
        under_way = received[0] > under_way ? received[0] : under_way;
        start = sent[0] < start ? sent[0] : start;
        end = received[1] > end ? received[1] : end;
    }
    return (struct window){.lead = under_way - told, .length = end - start};
}

/// One run; returns messages per millisecond, and adds to `moved` what each pair has passed on.
static uint64_t run(unsigned count, const struct window *window, uint64_t *moved)
{
    uint64_t all = 0;
    cycles_t start = bench_tsc() + window->lead, end = start + window->length;
    for (unsigned i = 0; i < count; i++)
        worker_tell2(pairs[i].to, worker_WINDOW, start, end);
    for (unsigned i = 0; i < count; i++)
        worker_tell(pairs[i].from, worker_SEND_UNTIL, end);
    for (unsigned i = 0; i < count; i++) {
        (void)worker_answer(pairs[i].from);
        uint64_t received = *worker_answer(pairs[i].to);
        moved[i] += received;
        all += received;
    }
    return rate(all, window->length);
}

/// A row for what each pair has moved in `cycles`; false if the slowest is too slow.
static bool report_each(const struct options *options, struct report_row row, uint64_t *moved,
                        unsigned count, cycles_t cycles)
{
    cycles_t *rates = samples_new(count);
    for (unsigned i = 0; i < count; i++)
        rates[i] = rate(moved[i], cycles);
    row.what = "pairs each";
    row.ratio = RATIO_LEAST;
    (void)report(options, &row, rates, count);
    // Of messages, since a rate is rounded.
    struct bench_summary each = bench_summarise(moved, count);
    return options->fair == 0 || (each.min > 0 && each.min * options->fair >= each.median);
}

static void measure(const struct options *options, unsigned count)
{
    unsigned runs = runs_chosen(options, RUNS);
    unsigned messages = messages_chosen(options, MESSAGES);
    cycles_t *rates = samples_new(runs), *moved = samples_new(count);
    const struct report_row row = {.what = "pairs",
                                   .from = pairs[0].from,
                                   .to = pairs[0].to,
                                   .unit = "messages/ms",
                                   .size = MESSAGE_BYTES,
                                   .counted = count == 1 ? "pair" : "pairs",
                                   .count = count,
                                   .messages = messages};
    pairs_connect(count);
    struct window window = window_find(count, messages);
    bench_mark_begin(BENCH_MARK_PAIRS);
    for (unsigned i = 0; i < runs; i++)
        rates[i] = run(count, &window, moved);
    bench_mark_end(BENCH_MARK_PAIRS);
    (void)report(options, &row, rates, runs);
    if (!report_each(options, row, moved, count, runs * window.length)) {
        printf("bench: the slowest pair has less than 1 / %u of the median's\n", options->fair);
        exit(EXIT_FAILURE);
    }
    free(moved);
}

void measure_pairs(const struct options *options)
{
    static const unsigned standard[] = {1, 2, 4, 8};
    const unsigned *numbers;
    coreid_t cores[CORES_MAX];
    unsigned most = cores_chosen(options, cores) / 2;
    for (unsigned i = 0; i < most; i++)
        pairs[i] = (struct pair){.from = cores[2 * i], .to = cores[2 * i + 1]};
    unsigned count = numbers_chosen(options, standard, 4, &numbers);
    for (unsigned i = 0; i < count; i++)
        if (numbers[i] > 0 && numbers[i] <= most)
            measure(options, numbers[i]);
        else if (!options->csv && (options->numbers_count > 0 || i == 0))
            printf("pairs: %u need %u cores\n", numbers[i], 2 * numbers[i]);
}
