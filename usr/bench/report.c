// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The rows of bench's table, and of its CSV, whose columns are the same for all measurements;
// docs/guide.md lists them. A column that a measurement does not have is empty.
#include "bench.h"

#include <inttypes.h>
#include <stdio.h>

void report_begin(const struct options *options)
{
    if (options->csv) {
        printf("measurement,from,to,size,runs,unit,min,median,p99,min_ns,median_ns,p99_ns,count,"
               "messages,steps,ratio\n");
        return;
    }
    printf("%-34s %7s %26s   %24s\n", "", "", "cycles, or as said", "nanoseconds");
    printf("%-34s %7s %10s%8s%8s   %8s%8s%8s\n", "measurement", "runs", "min", "median", "p99",
           "min", "median", "p99");
}

static uint64_t ns(cycles_t cycles)
{
    return bench_cycles_to_ns(cycles, disp_shared()->tsc_per_ms);
}

static void csv_number(bool there, uint64_t value)
{
    if (there) {
        printf(",%" PRIu64, value);
    } else {
        printf(",");
    }
}

static void csv_row(const struct report_row *row, const struct bench_summary *s)
{
    bool times = row->unit == NULL;
    printf("%s,%d,%d", row->what, row->from, row->to < 0 ? row->from : row->to);
    csv_number(row->sized, row->size);
    printf(",%zu,%s,%" PRIu64 ",%" PRIu64 ",%" PRIu64, s->runs, times ? "cycles" : row->unit,
           s->min, s->median, s->p99);
    csv_number(times, ns(s->min));
    csv_number(times, ns(s->median));
    csv_number(times, ns(s->p99));
    csv_number(row->counted != NULL, row->count);
    csv_number(row->messages != 0, row->messages);
    csv_number(row->steps != 0, row->steps);
    if (row->compared) {
        printf(",%" PRIu64 ".%02" PRIu64 "\n", row->percent / 100, row->percent % 100);
    } else {
        printf(",\n");
    }
}

static void table_row(const struct report_row *row, const struct bench_summary *s)
{
    char name[80];
    int at = snprintf(name, sizeof(name), "%s", row->what);
    if (row->counted != NULL) {
        at += snprintf(name + at, sizeof(name) - (size_t)at, ", %" PRIu64 " %s", row->count,
                       row->counted);
    } else if (row->sized) {
        at += snprintf(name + at, sizeof(name) - (size_t)at, ", %" PRIu64, row->size);
    }
    if (row->to >= 0) {
        (void)snprintf(name + at, sizeof(name) - (size_t)at, ", core %d - %d", row->from, row->to);
    }
    printf("%-34s %7zu %10" PRIu64 " %7" PRIu64 " %7" PRIu64, name, s->runs, s->min, s->median,
           s->p99);
    if (row->unit == NULL) {
        printf("   %8" PRIu64 " %7" PRIu64 " %7" PRIu64, ns(s->min), ns(s->median), ns(s->p99));
    } else {
        printf("   %s", row->unit);
    }
    if (row->steps != 0) {
        printf(", %u step%s", row->steps, row->steps == 1 ? "" : "s");
    }
    if (row->compared) {
        printf(", x %" PRIu64 ".%02" PRIu64, row->percent / 100, row->percent % 100);
    }
    printf("\n");
}

void report_summary(const struct options *options, const struct report_row *row,
                    const struct bench_summary *summary)
{
    if (options->csv) {
        csv_row(row, summary);
    } else {
        table_row(row, summary);
    }
}

cycles_t report(const struct options *options, const struct report_row *row, cycles_t *samples,
                size_t runs)
{
    struct bench_summary summary = bench_summarise(samples, runs);
    report_summary(options, row, &summary);
    return summary.median;
}
