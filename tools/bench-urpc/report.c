// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The table, the CSV and the costs. Ratios are of medians of the same run, to what is polled in the
// same way. A stream's ratio to the limit is how many messages pass while a bare line goes one way, half its round trip.
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

static const struct result *result_of(const struct rounds *rounds, const struct result *results,
                                      const char *name, enum shape shape)
{
    static const struct result none;
    for (size_t i = 0; i < rounds->count; i++) {
        const struct measurement *m = results[i].measurement;
        if (m->shape == shape && strcmp(m->kind->name, name) == 0)
            return &results[i];
    }
    return &none;
}

static double median_of(const struct rounds *rounds, const struct result *results, const char *name,
                        enum shape shape)
{
    return result_of(rounds, results, name, shape)->median;
}

/// Guards against a clock that stood still.
static double ratio(double over, double under)
{
    return under > 0 ? over / under : 0;
}

/// The round trip of the limit `name`, polled as the measurement of `like` is.
static double limit_of(const struct rounds *rounds, const struct result *results, const char *name,
                       const struct result *like)
{
    for (size_t i = 0; i < rounds->count; i++) {
        const struct measurement *m = results[i].measurement;
        size_t length = strlen(name);
        bool named = strncmp(m->kind->name, name, length) == 0 &&
                     (m->kind->name[length] == '\0' || m->kind->name[length] == '-');
        if (named && m->shape == SHAPE_TRIP && m->kind->polling == like->measurement->kind->polling)
            return results[i].median;
    }
    return 0;
}

static double to_line(const struct rounds *rounds, const struct result *results, size_t i)
{
    double line = limit_of(rounds, results, "line", &results[i]);
    return results[i].measurement->shape == SHAPE_TRIP ? ratio(results[i].median, line)
                                                       : ratio(line / 2, results[i].median);
}

/// Of round trips only.
static double to_limit(const struct rounds *rounds, const struct result *results, size_t i,
                       const char *name)
{
    return results[i].measurement->shape == SHAPE_TRIP
               ? ratio(results[i].median, limit_of(rounds, results, name, &results[i]))
               : 0;
}

static void table_rows(const struct rounds *rounds, const struct result *results, enum shape shape)
{
    for (size_t i = 0; i < rounds->count; i++) {
        const struct result *r = &results[i];
        if (r->measurement->shape != shape || r->measurement->kind->cost)
            continue;
        printf("%-20s%11.1f%11.1f%11.1f%11.1f%11.2f%10.2f", r->measurement->kind->name, r->min,
               r->median, r->p99, r->median * 1e6 / rounds->ticks_per_ms, ratio(1000, r->median),
               to_line(rounds, results, i));
        if (shape == SHAPE_TRIP) {
            printf("%10.2f%10.2f", to_limit(rounds, results, i, "two-lines"),
                   to_limit(rounds, results, i, "two-rows"));
        }
        printf("\n");
    }
}

/// Medians of the measurement `name` with this way of waiting: of `over` to `under`.
static double way_ratio(const struct rounds *rounds, const struct result *results, const char *over,
                        const char *under, const char *suffix, enum shape shape)
{
    char names[2][32];
    snprintf(names[0], sizeof(names[0]), "%s%s", over, suffix);
    snprintf(names[1], sizeof(names[1]), "%s%s", under, suffix);
    return ratio(median_of(rounds, results, names[0], shape),
                 median_of(rounds, results, names[1], shape));
}

static void table_trip(const struct rounds *rounds, const struct result *results, const char *how,
                       const char *suffix)
{
    printf(
        "%s: the ring's round trip is %.2f of that of a line each way, %.2f of\nthat of a row of "
        "as many lines each way",
        how, way_ratio(rounds, results, "urpc", "two-lines", suffix, SHAPE_TRIP),
        way_ratio(rounds, results, "urpc", "two-rows", suffix, SHAPE_TRIP));
}

static void table_sum(const struct rounds *rounds, const struct result *results, const char *how,
                      const char *suffix)
{
    table_trip(rounds, results, how, suffix);
    printf("; its stream is %.2f times as fast as the\nminimal ring's, %.2f times as ck-64's.\n",
           way_ratio(rounds, results, "minimal", "urpc", suffix, SHAPE_STREAM),
           way_ratio(rounds, results, "ck-64", "urpc", suffix, SHAPE_STREAM));
}

void report_table(const struct rounds *rounds, const struct result *results)
{
    printf("Messages of 56 bytes between processors %u and %u; channels hold %zu each way.\n"
           "Ticks of the time-stamp counter (%.0f in a microsecond), %zu rounds.\n\n",
           rounds->cores[0], rounds->cores[1], rounds->slots, rounds->ticks_per_ms / 1e3,
           rounds->rounds);
    printf("%-20s%11s%11s%11s%11s%11s%10s%10s%10s\n", "round trip", "min", "median", "p99", "ns",
           "per 1,000", "to line", "to two", "to rows");
    table_rows(rounds, results, SHAPE_TRIP);
    printf("\n%-20s%11s%11s%11s%11s%11s%10s\n", "stream", "min", "median", "p99", "ns", "per 1,000",
           "per way");
    table_rows(rounds, results, SHAPE_STREAM);
    printf("\n");
    table_sum(rounds, results, "Polled without a pause", "");
    table_sum(rounds, results, "Polled with one", "-pause");
    table_trip(rounds, results, "Polled by urpc_relax()", "-relaxed");
    printf(".\n");
}

void report_csv(const struct rounds *rounds, const struct result *results)
{
    double ns = 1e6 / rounds->ticks_per_ms;
    printf("measurement,channel,from,to,capacity,rounds,per_round,unit,min,median,p99,min_ns,"
           "median_ns,p99_ns,per_1000_cycles,ratio_to_line,ratio_to_two_lines,ratio_to_two_rows\n");
    for (size_t i = 0; i < rounds->count; i++) {
        const struct result *r = &results[i];
        const struct measurement *m = r->measurement;
        if (m->kind->cost)
            continue;
        printf("%s,%s,%u,%u,%zu,%zu,%zu,cycles,%.1f,%.1f,%.1f,%.1f,%.1f,%.1f,%.3f,%.3f,%.3f,%.3f\n",
               m->shape == SHAPE_TRIP ? "round trip" : "stream", m->kind->name, rounds->cores[0],
               rounds->cores[1], rounds->slots, rounds->rounds, (size_t)m->per_round, r->min,
               r->median, r->p99, r->min * ns, r->median * ns, r->p99 * ns, ratio(1000, r->median),
               to_line(rounds, results, i), to_limit(rounds, results, i, "two-lines"),
               to_limit(rounds, results, i, "two-rows"));
    }
}

// Of the longer of the loops through a row of messages (transfer.c), for each: its own, not the
// transfer's.
#define LOOP_INSTRUCTIONS 39

// How much farther a core of another node is than one of the same, where there is no other node to
// measure: as on the machine of platforms/costs/xeon-2x4.yaml.
#define FAR_TO_NEAR (285.0 / 90)

void report_costs(const struct rounds *rounds, const struct result *results, FILE *out)
{
    double ns = rounds->ticks_per_ms / 1e6;
    double read = median_of(rounds, results, "read", SHAPE_TRIP);
    double take = median_of(rounds, results, "take", SHAPE_TRIP);
    double read_take = median_of(rounds, results, "read-take", SHAPE_TRIP);
    double row = median_of(rounds, results, "row", SHAPE_STREAM);
    double fenced = median_of(rounds, results, "fenced-row", SHAPE_STREAM);
    // The least, for no other core takes part: what took longer was disturbed.
    double instruction = result_of(rounds, results, "instruction", SHAPE_TRIP)->min;
    double near = (read + take) / 2;
    double busy = row - LOOP_INSTRUCTIONS * instruction;
    double next = fenced - LOOP_INSTRUCTIONS * instruction;
    fprintf(out,
            "# Costs for stave-boot --costs (tools/boot/costs.h), measured between processors %u "
            "and %u:\n# medians of %zu rounds, of an instruction the least. Here a cycle is a tick "
            "of the time-stamp counter; the core has %.2f of its own in one.\n"
            "# A line that the other core wrote: to read it %.1f, to write it %.1f, both %.1f.\n"
            "# A row of messages without a ring: each %.1f; if the sender waits for each, %.1f.\n"
            "# Assumed, since two cores cannot tell: far, memory (100 ns), interrupt (1 us).\n",
            rounds->cores[0], rounds->cores[1], rounds->rounds,
            ratio(1, median_of(rounds, results, "cycle", SHAPE_TRIP)), read, take, read_take, row,
            fenced);
    fprintf(out,
            "name: measured\ninstruction: %.0f\nnear: %.0f\nfar: %.0f\nbusy: %.0f\nnext: %.0f\n"
            "memory: %.0f\ninterrupt: %.0f\nread_takes: %s\nmhz: %.0f\n",
            1e3 * instruction, near, near * FAR_TO_NEAR, busy > 0 ? busy : 0, next > 0 ? next : 0,
            100 * ns, 1000 * ns, read_take < read + take / 2 ? "true" : "false", 1e3 * ns);
}
