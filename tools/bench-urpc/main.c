// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// bench-urpc: how fast the cache-line ring is between two processors of this machine, beside the
// processor's own limit, other rings and a pipe. Everything is measured in one run, in turn.
#include "options.h"
#include "report.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

enum { ROUNDS = 1000, ROUNDS_ON_ONE = 10, MEASUREMENTS_MAX = 48 };

static size_t choose(bool costs, struct measurement *list)
{
    size_t count = 0;
    for (size_t i = 0; channel_kinds[i] != NULL; i++) {
        if (channel_kinds[i]->cost && !costs)
            continue;
        if (channel_kinds[i]->ping != NULL) {
            list[count++] = (struct measurement){.kind = channel_kinds[i],
                                                 .shape = SHAPE_TRIP,
                                                 .per_round = channel_kinds[i]->trips};
        }
        if (channel_kinds[i]->produce != NULL) {
            list[count++] = (struct measurement){.kind = channel_kinds[i],
                                                 .shape = SHAPE_STREAM,
                                                 .per_round = channel_kinds[i]->messages};
        }
    }
    return count;
}

/// Takes the first two processors that may be used, or those asked for. Where there is only one,
/// both threads run on it.
static bool choose_cores(const struct options *options, unsigned cores[2])
{
    cpu_set_t allowed;
    unsigned found = 0;
    if (sched_getaffinity(0, sizeof(allowed), &allowed) != 0)
        return false;
    for (unsigned i = 0; options->cores[0] >= 0 && i < 2; i++) {
        cores[i] = (unsigned)options->cores[i];
        if (!CPU_ISSET(cores[i], &allowed)) {
            fprintf(stderr, "bench-urpc: processor %u may not be used\n", cores[i]);
            return false;
        }
        found++;
    }
    for (unsigned cpu = 0; cpu < CPU_SETSIZE && found < 2; cpu++)
        if (CPU_ISSET(cpu, &allowed))
            cores[found++] = cpu;
    if (found == 1) {
        fprintf(stderr,
                "bench-urpc: only processor %u may be used. Both threads run on it: contents "
                "are checked, but no time below is that of a transfer between cores.\n",
                cores[0]);
        cores[1] = cores[0];
    }
    return found != 0;
}

static int report(const struct options *options, const struct rounds *rounds, FILE *costs)
{
    struct result results[MEASUREMENTS_MAX];
    int status = 0;
    report_sum_up(rounds, results);
    (options->csv ? report_csv : report_table)(rounds, results);
    if (costs != NULL) {
        report_costs(rounds, results, costs);
        if (fclose(costs) != 0) {
            fprintf(stderr, "bench-urpc: cannot write %s\n", options->costs);
            status = 1;
        }
    }
    for (size_t i = 0; i < rounds->count; i++) {
        if (rounds->list[i].wrong != 0) {
            fprintf(stderr, "bench-urpc: %s: a message had a wrong content\n",
                    rounds->list[i].kind->name);
            status = 1;
        }
    }
    return status;
}

int main(int argc, char *argv[])
{
    struct options options;
    struct measurement list[MEASUREMENTS_MAX];
    struct rounds rounds = {.list = list};
    enum options_result parsed = options_parse(argc, argv, &options);
    if (parsed != OPTIONS_OK) {
        fputs(parsed == OPTIONS_HELP ? options_help : "", stdout);
        return parsed == OPTIONS_HELP ? 0 : 2;
    }
    if (!choose_cores(&options, rounds.cores))
        return 1;
    FILE *costs = options.costs != NULL ? fopen(options.costs, "w") : NULL;
    if (options.costs != NULL && costs == NULL) {
        fprintf(stderr, "bench-urpc: cannot write %s: %s\n", options.costs, strerror(errno));
        return 1;
    }
    bool alone = rounds.cores[0] == rounds.cores[1];
    rounds.rounds = options.rounds != 0 ? options.rounds : alone ? ROUNDS_ON_ONE : ROUNDS;
    rounds.limit_s = options.seconds;
    rounds.slots = options.lines - 1;
    rounds.count = choose(costs != NULL, list);
    const char *failed = rounds_run(&rounds);
    if (failed != NULL) {
        fprintf(stderr, "bench-urpc: %s\n", failed);
        return 1;
    }
    int status = report(&options, &rounds, costs);
    rounds_drop(&rounds);
    return status;
}
