// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Fan-in: clients, each on a core of its own, send to one server on another. All clients that will
// be needed are connected from the second row on, so that a row with few of them also tells what
// blocked ones cost. The time is the server's, from its first message to its last.
#include "bench.h"
#include "bench/mark.h"

#include <stdio.h>
#include <string.h>

#define RUNS 5u
#define MESSAGES 1000u

static coreid_t cores[CORES_MAX]; // the server's, then the clients'
static unsigned clients_connected;

static void connect_clients(unsigned count)
{
    workers_start(cores, count + 1);
    for (; clients_connected < count; clients_connected++)
        workers_connect(cores[clients_connected + 1], cores[0], worker_CONNECT);
}

/// One run; the server's messages per millisecond, and adds to `cycles` what each client took.
static cycles_t run(unsigned count, unsigned messages, cycles_t *cycles)
{
    const uint64_t *times;
    worker_tell(cores[0], worker_GATHER, (uint64_t)count * messages);
    for (unsigned i = 1; i <= count; i++)
        worker_tell(cores[i], worker_SEND, messages);
    for (unsigned i = 1; i <= count; i++) {
        times = worker_answer(cores[i]);
        cycles[i - 1] += times[1] - times[0];
    }
    times = worker_answer(cores[0]);
    return rate((uint64_t)count * messages, times[1] - times[0]);
}

static void measure(const struct options *options, unsigned count)
{
    unsigned runs = runs_chosen(options, RUNS);
    unsigned messages = messages_chosen(options, MESSAGES);
    cycles_t *rates = samples_new(runs), *single = samples_new(count);
    struct report_row row = {.what = clients_connected > count ? "fan-in others blocked" : "fan-in",
                             .from = cores[1],
                             .to = cores[0],
                             .unit = "messages/ms",
                             .size = MESSAGE_BYTES,
                             .counted = count == 1 ? "client" : "clients",
                             .count = count,
                             .messages = messages};
    (void)run(count, messages, single);
    memset(single, 0, count * sizeof(*single));
    bench_mark_begin(BENCH_MARK_FANIN);
    for (unsigned i = 0; i < runs; i++)
        rates[i] = run(count, messages, single);
    bench_mark_end(BENCH_MARK_FANIN);
    (void)report(options, &row, rates, runs);
    for (unsigned i = 0; i < count; i++)
        single[i] = rate((uint64_t)runs * messages, single[i]);
    row.what = "fan-in each";
    row.ratio = RATIO_LEAST;
    (void)report(options, &row, single, count);
}

void measure_fanin(const struct options *options)
{
    static const unsigned standard[] = {1, 2, 4, 8, 16, 32, 63};
    const unsigned *numbers;
    unsigned most = cores_chosen(options, cores), greatest = 0;
    unsigned count = numbers_chosen(options, standard, 7, &numbers);
    for (unsigned i = 0; i < count; i++)
        if (numbers[i] < most && numbers[i] > greatest)
            greatest = numbers[i];
    if (greatest == 0) {
        printf("fan-in: needs two cores, and one more than there are clients\n");
        return;
    }
    connect_clients(1);
    measure(options, 1);
    connect_clients(greatest);
    for (unsigned i = 0; i < count; i++)
        if (numbers[i] > 0 && numbers[i] < most && greatest > 1)
            measure(options, numbers[i]);
}
