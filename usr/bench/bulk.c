// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Bulk transfers between two cores, block by block, each acknowledged: by reference (the sender
// writes a word of each line in shared memory, the receiver reads it there: zero copies), by
// reference alone (nobody touches the memory), and copied through the ring, into it and out of it.
#include "bench.h"
#include "bench/mark.h"

#include <stdio.h>

#define RUNS 5u
#define BLOCKS 4u // of each run

static const struct way {
    const char *what;
    worker_command_t send, receive;
} ways[] = {
    {"bulk copied", worker_COPY_SEND, worker_COPY_RECEIVE},
    {"bulk by reference", worker_BULK_SEND, worker_BULK_RECEIVE},
    {"bulk reference alone", worker_BULK_PASS, worker_BULK_SKIP},
};

/// One run; cycles of one block.
static cycles_t run(const coreid_t cores[2], const struct way *way, unsigned blocks, unsigned bytes)
{
    worker_tell2(cores[1], way->receive, blocks, bytes);
    worker_tell2(cores[0], way->send, blocks, bytes);
    const uint64_t *times = worker_answer(cores[0]);
    (void)worker_answer(cores[1]);
    return (times[1] - times[0]) / blocks;
}

/// Returns the median. `copied`: that of the copying way, or 0: this is it.
static cycles_t measure(const struct options *options, const coreid_t cores[2],
                        const struct way *way, unsigned bytes, cycles_t copied)
{
    unsigned runs = runs_chosen(options, RUNS);
    unsigned blocks = messages_chosen(options, BLOCKS);
    cycles_t *samples = samples_new(runs);
    (void)run(cores, way, blocks, bytes);
    bench_mark_begin(BENCH_MARK_BULK);
    for (unsigned i = 0; i < runs; i++)
        samples[i] = run(cores, way, blocks, bytes);
    bench_mark_end(BENCH_MARK_BULK);
    const struct report_row row = {.what = way->what,
                                   .from = cores[0],
                                   .to = cores[1],
                                   .size = bytes,
                                   .messages = blocks,
                                   .ratio = RATIO_TO_BASE,
                                   .base = copied};
    return report(options, &row, samples, runs);
}

void measure_bulk(const struct options *options)
{
    static const unsigned standard[] = {4096, 65536, 1 << 20, 2 << 20};
    const unsigned *numbers;
    coreid_t cores[CORES_MAX];
    unsigned count = numbers_chosen(options, standard, 4, &numbers);
    if (cores_chosen(options, cores) < 2) {
        printf("bulk: there is no other core\n");
        return;
    }
    workers_start(cores, 2);
    workers_connect(cores[0], cores[1], worker_CONNECT);
    workers_connect(cores[0], cores[1], worker_AREA);
    for (unsigned i = 0; i < count; i++) {
        if (numbers[i] == 0 || numbers[i] > BULK_BYTES_MAX || numbers[i] % 64 != 0) {
            printf("bulk: blocks are of 64 bytes to %u, in steps of 64\n", BULK_BYTES_MAX);
            continue;
        }
        cycles_t copied = 0;
        for (size_t way = 0; way < sizeof(ways) / sizeof(ways[0]); way++) {
            cycles_t median = measure(options, cores, &ways[way], numbers[i], copied);
            copied = way == 0 ? median : copied;
        }
    }
}
