// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The table, the CSV and the calibration. Ratios are of medians of the same run. A stream's ratio
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
        if (r->measurement->shape == shape) {
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
        printf("%s,%s,%u,%u,%zu,%zu,%zu,cycles,%.1f,%.1f,%.1f,%.1f,%.1f,%.1f,%.3f,%.3f\n",
               m->shape == SHAPE_TRIP ? "round trip" : "stream", m->kind->name, rounds->cores[0],
               rounds->cores[1], rounds->slots, rounds->rounds, (size_t)m->per_round, r->min,
               r->median, r->p99, r->min * ns, r->median * ns, r->p99 * ns, ratio(1000, r->median),
               to_line(rounds, results, i));
    }
}

static void calibration_line(const struct rounds *rounds, const struct result *results,
                             const char *key, const char *name, enum shape shape, const char *what)
{
    printf("%s: %.2f # %s\n", key, median_of(rounds, results, name, shape), what);
}

void report_calibration(const struct rounds *rounds, const struct result *results)
{
    printf("# Medians of %zu rounds on processors %u and %u, in ticks of the time-stamp counter.\n"
           "ticks_per_us: %.0f\n",
           rounds->rounds, rounds->cores[0], rounds->cores[1], rounds->ticks_per_ms / 1e3);
    static const struct {
        const char *key, *name;
        enum shape shape;
        const char *what;
    } lines[] = {
        {"cycle_ticks", "cycle", SHAPE_TRIP, "one cycle of the core"},
        {"instruction_ticks", "instruction", SHAPE_TRIP, "an instruction that needs no transfer"},
        {"read_ticks", "read", SHAPE_TRIP, "read a line that the other core wrote"},
        {"take_ticks", "take", SHAPE_TRIP, "take over a line that the other core wrote"},
        {"own_ticks", "own", SHAPE_TRIP, "write a line that this core wrote last, in the same way"},
        {"read_take_ticks", "read-take", SHAPE_TRIP, "read, then write what the other core wrote"},
        {"read_many_ticks", "read-many", SHAPE_TRIP, "the same, many at once: for each line"},
        {"take_many_ticks", "take-many", SHAPE_TRIP, "the same, many at once: for each line"},
        {"line_trip_ticks", "line", SHAPE_TRIP, "round trip of one bare line"},
        {"two_lines_trip_ticks", "two-lines", SHAPE_TRIP, "round trip with a line each way"},
        {"ring_trip_ticks", "urpc", SHAPE_TRIP, "round trip through the ring"},
        {"ring_stream_ticks", "urpc", SHAPE_STREAM, "a message of a stream through the ring"},
    };
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        calibration_line(rounds, results, lines[i].key, lines[i].name, lines[i].shape,
                         lines[i].what);
    }
}
