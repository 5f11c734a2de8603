// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What polling before a sleep is good for: round trips of pairs of cores whose waiting sides poll a
// fixed number of times, for a pair alone and for many at once. Few polls make each message pay for
// a sleep and wake; many keep the real processors from those who have something to do. The last
// row is the library's own policy (libbarrelfish/dispatch/poll_policy.c).
#include "bench.h"
#include "bench/mark.h"

#include <stdio.h>

#define RUNS 5u
#define MESSAGES 200u
#define PAIRS 8u

static coreid_t cores[CORES_MAX];

static void set_polls(unsigned count, uint32_t polls)
{
    for (unsigned i = 0; i < count; i++)
        (void)worker_ask(cores[i], worker_POLLS, polls);
}

static void measure(const struct options *options, unsigned pairs, uint32_t polls)
{
    unsigned runs = runs_chosen(options, RUNS);
    unsigned messages = messages_chosen(options, MESSAGES);
    cycles_t *samples = samples_new(runs * pairs);
    set_polls(2 * pairs, polls);
    bench_mark_begin(BENCH_MARK_POLL);
    for (unsigned run = 0; run < runs; run++) {
        for (unsigned i = 0; i < pairs; i++)
            circle_tell(&cores[2 * i], 2, messages, 1);
        for (unsigned i = 0; i < pairs; i++)
            samples[run * pairs + i] = circle_answer(&cores[2 * i], 2) / messages;
    }
    bench_mark_end(BENCH_MARK_POLL);
    bool adaptive = polls == DISP_POLL_ADAPTIVE;
    char what[32];
    (void)snprintf(what, sizeof(what), "poll %u pair%s%s", pairs, pairs == 1 ? "" : "s",
                   adaptive ? " adaptive" : "");
    const struct report_row row = {.what = what,
                                   .from = cores[0],
                                   .to = cores[1],
                                   .size = MESSAGE_BYTES,
                                   .counted = adaptive ? NULL : "polls",
                                   .count = polls,
                                   .messages = messages};
    (void)report(options, &row, samples, runs * pairs);
}

void measure_poll(const struct options *options)
{
    static const unsigned standard[] = {0, 50, 200, 1000, 5000};
    const unsigned *numbers;
    unsigned most = cores_chosen(options, cores) / 2;
    unsigned count = numbers_chosen(options, standard, 5, &numbers);
    unsigned many = most < PAIRS ? most : PAIRS;
    if (most == 0) {
        printf("poll: there is no other core\n");
        return;
    }
    for (unsigned i = 0; i < many; i++)
        circle_connect(&cores[2 * i], 2);
    for (unsigned pairs = 1; pairs <= many; pairs = pairs == 1 && many > 1 ? many : many + 1) {
        for (unsigned i = 0; i < count; i++)
            measure(options, pairs, numbers[i]);
        measure(options, pairs, DISP_POLL_ADAPTIVE);
    }
}
