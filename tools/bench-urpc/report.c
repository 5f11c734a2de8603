// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The table, the CSV and the costs. Ratios are of medians of the same run. A stream's ratio
// to the limit is how many messages pass while a bare line goes one way, half its round trip.
#include "report.h"

#include <stdio.h>
#include <string.h>

void report_sum_up(const struct rounds *rounds, struct result *results)
{
    for (size_t i = 0; i < rounds->count; i++) {
        const struct measurement *m = &rounds->list[i];
        struct bench_summary s = bench_summarise(m->times, rounds->rounds);
        double items = (double)m->per_round;
        results[i] = (struct result){m, (double)s.min / items, (double)s.median / items,
                                     (double)s.p99 / items};
    }
}

static double median_of(const struct rounds *rounds, const struct result *results, const char *name,
                        enum shape shape)
{
    for (size_t i = 0; i < rounds->count; i++) {
        const struct measurement *m = results[i].measurement;
        if (m->shape == shape && strcmp(m->kind->name, name) == 0) {
            return results[i].median;
        }
    }
    return 0;
}

// Guards against a clock that stood still.
static double ratio(double over, double under)
{
    return under > 0 ? over / under : 0;
}

static double to_line(const struct rounds *rounds, const struct result *results, size_t i)
{
    double line = median_of(rounds, results, "line", SHAPE_TRIP);
    return results[i].measurement->shape == SHAPE_TRIP ? ratio(results[i].median, line)
                                                       : ratio(line / 2, results[i].median);
}

static void table_rows(const struct rounds *rounds, const struct result *results, enum shape shape)
{
    for (size_t i = 0; i < rounds->count; i++) {
        const struct result *r = &results[i];
        if (r->measurement->shape == shape && !r->measurement->kind->cost) {
            printf("%-16s%11.1f%11.1f%11.1f%11.1f%11.2f%10.2f\n", r->measurement->kind->name,
                   r->min, r->median, r->p99, r->median * 1e6 / rounds->ticks_per_ms,
                   ratio(1000, r->median), to_line(rounds, results, i));
        }
    }
}

void report_table(const struct rounds *rounds, const struct result *results)
{
    printf("Messages of 56 bytes between processors %u and %u; channels hold %zu each way.\n"
           "Ticks of the time-stamp counter (%.0f in a microsecond), %zu rounds.\n\n",
           rounds->cores[0], rounds->cores[1], rounds->slots, rounds->ticks_per_ms / 1e3,
           rounds->rounds);
    printf("%-16s%11s%11s%11s%11s%11s%10s\n", "round trip", "min", "median", "p99", "ns",
           "per 1,000", "to line");
    table_rows(rounds, results, SHAPE_TRIP);
    printf("\n%-16s%11s%11s%11s%11s%11s%10s\n", "stream", "min", "median", "p99", "ns", "per 1,000",
           "per way");
    table_rows(rounds, results, SHAPE_STREAM);
    double trip = median_of(rounds, results, "urpc", SHAPE_TRIP);
    double stream = median_of(rounds, results, "urpc", SHAPE_STREAM);
    printf("\nThe ring's round trip is %.2f of a bare line's, and %.2f of that of a line each "
           "way.\nIts stream is %.2f times as fast as ck-64, %.2f times ck-56, %.2f times the "
           "minimal ring.\n",
           ratio(trip, median_of(rounds, results, "line", SHAPE_TRIP)),
           ratio(trip, median_of(rounds, results, "two-lines", SHAPE_TRIP)),
           ratio(median_of(rounds, results, "ck-64", SHAPE_STREAM), stream),
           ratio(median_of(rounds, results, "ck-56", SHAPE_STREAM), stream),
           ratio(median_of(rounds, results, "minimal", SHAPE_STREAM), stream));
}

void report_csv(const struct rounds *rounds, const struct result *results)
{
    double ns = 1e6 / rounds->ticks_per_ms;
    printf("measurement,channel,from,to,capacity,rounds,per_round,unit,min,median,p99,min_ns,"
           "median_ns,p99_ns,per_1000_cycles,ratio_to_line\n");
    for (size_t i = 0; i < rounds->count; i++) {
        const struct result *r = &results[i];
        const struct measurement *m = r->measurement;
        if (m->kind->cost) {
            continue;
        }
        printf("%s,%s,%u,%u,%zu,%zu,%zu,cycles,%.1f,%.1f,%.1f,%.1f,%.1f,%.1f,%.3f,%.3f\n",
               m->shape == SHAPE_TRIP ? "round trip" : "stream", m->kind->name, rounds->cores[0],
               rounds->cores[1], rounds->slots, rounds->rounds, (size_t)m->per_round, r->min,
               r->median, r->p99, r->min * ns, r->median * ns, r->p99 * ns, ratio(1000, r->median),
               to_line(rounds, results, i));
    }
}

// Of the sender's loop in a stream of bare lines (line.c), for each: its own, not the transfer's.
#define LOOP_INSTRUCTIONS 14

// How much farther a core of another node is than one of the same, where there is no other node to
// measure: as on the machine of platforms/costs/xeon-2x4.yaml.
#define FAR_TO_NEAR (285.0 / 90)

void report_costs(const struct rounds *rounds, const struct result *results, FILE *out)
{
    double ns = rounds->ticks_per_ms / 1e6;
    double read = median_of(rounds, results, "read", SHAPE_TRIP);
    double take = median_of(rounds, results, "take", SHAPE_TRIP);
    double read_take = median_of(rounds, results, "read-take", SHAPE_TRIP);
    double lines = median_of(rounds, results, "lines", SHAPE_STREAM);
    double instruction = median_of(rounds, results, "instruction", SHAPE_TRIP);
    double near = (read + take) / 2;
    double busy = lines - LOOP_INSTRUCTIONS * instruction;
    fprintf(
        out,
        "# Costs for stave-boot --costs (tools/boot/costs.h), measured between processors %u "
        "and %u:\n# medians of %zu rounds. Here a cycle is a tick of the time-stamp counter; "
        "the core has %.2f of its own in one.\n"
        "# A line that the other core wrote: to read it %.1f, to write it %.1f, both %.1f; in a "
        "stream %.1f.\n"
        "# Assumed, since two cores cannot tell: far, memory (100 ns), interrupt (1 us).\n",
        rounds->cores[0], rounds->cores[1], rounds->rounds,
        ratio(1, median_of(rounds, results, "cycle", SHAPE_TRIP)), read, take, read_take, lines);
    fprintf(out,
            "name: measured\ninstruction: %.0f\nnear: %.0f\nfar: %.0f\nbusy: %.0f\n"
            "memory: %.0f\ninterrupt: %.0f\nread_takes: %s\nmhz: %.0f\n",
            1e3 * instruction, near, near * FAR_TO_NEAR, busy > 0 ? busy : 0, 100 * ns, 1000 * ns,
            read_take < read + take / 2 ? "true" : "false", 1e3 * ns);
}
