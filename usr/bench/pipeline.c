// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// A pipeline: cores in a circle, each passing on what it gets. With one message at a time the way
// around, divided by the number of cores, is the latency of a hop; with many under way the rate is
// the throughput. bench poll uses the same circles.
#include "bench.h"
#include "bench/mark.h"

#include <stdio.h>

#define RUNS 5u
#define MESSAGES 500u
#define WINDOW 16u

void circle_connect(const coreid_t *cores, unsigned count)
{
    workers_start(cores, count);
    for (unsigned i = 0; i < count; i++)
        workers_connect(cores[i], cores[(i + 1) % count], worker_CONNECT);
}

void circle_tell(const coreid_t *cores, unsigned count, unsigned messages, unsigned window)
{
    for (unsigned i = 1; i < count; i++)
        worker_tell(cores[i], worker_RELAY, messages);
    worker_tell2(cores[0], worker_CIRCULATE, messages, window);
}

cycles_t circle_answer(const coreid_t *cores, unsigned count)
{
    const uint64_t *times = worker_answer(cores[0]);
    for (unsigned i = 1; i < count; i++)
        (void)worker_answer(cores[i]);
    return times[1] - times[0];
}

static cycles_t run(const coreid_t *cores, unsigned count, unsigned messages, unsigned window)
{
    circle_tell(cores, count, messages, window);
    return circle_answer(cores, count);
}

static void measure(const struct options *options, const coreid_t *cores, unsigned count)
{
    unsigned runs = runs_chosen(options, RUNS);
    unsigned messages = messages_chosen(options, MESSAGES);
    cycles_t *hops = samples_new(runs), *rates = samples_new(runs);
    struct report_row row = {.what = "pipeline hop",
                             .from = cores[0],
                             .to = cores[1],
                             .size = MESSAGE_BYTES,
                             .counted = "cores",
                             .count = count,
                             .messages = messages};
    workers_end(); // another circle's channels
    circle_connect(cores, count);
    (void)run(cores, count, messages, WINDOW);
    for (unsigned i = 0; i < runs; i++)
        hops[i] = run(cores, count, messages, 1) / messages / count;
    bench_mark_begin(BENCH_MARK_PIPELINE);
    for (unsigned i = 0; i < runs; i++)
        rates[i] = rate(messages, run(cores, count, messages, WINDOW));
    bench_mark_end(BENCH_MARK_PIPELINE);
    (void)report(options, &row, hops, runs);
    row.what = "pipeline";
    row.unit = "messages/ms";
    (void)report(options, &row, rates, runs);
}

void measure_pipeline(const struct options *options)
{
    static const unsigned standard[] = {2, 4, 8, 16, 32, 64};
    const unsigned *numbers;
    coreid_t cores[CORES_MAX];
    unsigned most = cores_chosen(options, cores);
    unsigned count = numbers_chosen(options, standard, 6, &numbers);
    for (unsigned i = 0; i < count; i++)
        if (numbers[i] >= 2 && numbers[i] <= most)
            measure(options, cores, numbers[i]);
    if (most < 2)
        printf("pipeline: there is no other core\n");
}
