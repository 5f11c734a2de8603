// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Fan-out: one message from a root to all other cores, until all have it and have acknowledged it,
// each after those below it. Once with the root sending to all, one by one, once through a tree,
// and, if there are NUMA nodes, through a tree that enters each node once. All take as many
// messages (two for each core); they differ in who sends them and what happens at the same time.
#include "bench.h"
#include "bench/mark.h"
#include "tree.h"

#include "barrelfish/monitor_client.h"

#include <stdio.h>

#define RUNS 5u
#define MESSAGES 100u
#define ARITY 4u

static coreid_t cores[CORES_MAX];
static uint16_t nodes[CORES_MAX];

static void connect_tree(const struct tree *tree, unsigned count)
{
    workers_end(); // what they accepted belongs to another tree
    workers_start(cores, count);
    for (unsigned i = 1; i < count; i++)
        workers_connect(cores[i], cores[tree->parent[i]], worker_CONNECT);
}

/// One run; cycles of one broadcast.
static cycles_t run(unsigned count, unsigned messages)
{
    for (unsigned i = 1; i < count; i++)
        worker_tell(cores[i], worker_FORWARD, messages);
    worker_tell(cores[0], worker_ROOT, messages);
    const uint64_t *times = worker_answer(cores[0]);
    for (unsigned i = 1; i < count; i++)
        (void)worker_answer(cores[i]);
    return (times[1] - times[0]) / messages;
}

/// Returns the median. `direct`: the median of the one by one, or 0: this is it.
static cycles_t measure(const struct options *options, const struct tree *tree, const char *what,
                        unsigned count, cycles_t direct)
{
    unsigned runs = runs_chosen(options, RUNS);
    unsigned messages = messages_chosen(options, MESSAGES);
    cycles_t *samples = samples_new(runs);
    connect_tree(tree, count);
    (void)run(count, messages);
    bench_mark_begin(BENCH_MARK_FANOUT);
    for (unsigned i = 0; i < runs; i++)
        samples[i] = run(count, messages);
    bench_mark_end(BENCH_MARK_FANOUT);
    const struct report_row row = {.what = what,
                                   .from = cores[0],
                                   .to = cores[count - 1],
                                   .size = MESSAGE_BYTES,
                                   .counted = count == 2 ? "core" : "cores",
                                   .count = count - 1,
                                   .messages = 2 * (count - 1),
                                   .steps = tree->depth,
                                   .ratio = RATIO_TO_BASE,
                                   .base = direct};
    return report(options, &row, samples, runs);
}

static bool several_nodes(unsigned count)
{
    for (unsigned i = 1; i < count; i++)
        if (nodes[i] != nodes[0])
            return true;
    return false;
}

void measure_fanout(const struct options *options)
{
    static const unsigned standard[] = {1, 3, 7, 15, 31, 63};
    const unsigned *numbers;
    unsigned most = cores_chosen(options, cores);
    unsigned arity = options->arity != 0 ? options->arity : ARITY;
    unsigned count = numbers_chosen(options, standard, 6, &numbers);
    for (unsigned i = 0; i < most; i++) {
        struct monitor_core_status status;
        check(monitor_get_core_status(cores[i], &status), "asking for a core's node");
        nodes[i] = status.node;
    }
    for (unsigned i = 0; i < count; i++) {
        unsigned wanted = numbers[i] + 1;
        struct tree tree;
        if (wanted < 2 || wanted > most)
            continue;
        tree_plain(&tree, wanted, CORES_MAX);
        cycles_t direct = measure(options, &tree, "fan-out one by one", wanted, 0);
        tree_plain(&tree, wanted, arity);
        (void)measure(options, &tree, "fan-out tree", wanted, direct);
        if (several_nodes(wanted)) {
            tree_nodes(&tree, wanted, arity, nodes);
            (void)measure(options, &tree, "fan-out tree of nodes", wanted, direct);
        }
    }
    if (most < 2)
        printf("fan-out: there is no other core\n");
}
