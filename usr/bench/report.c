// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The rows of bench's table, and of its CSV, whose columns are the same for all measurements;
// docs/measure.md lists them. A column that a measurement does not have is empty.
#include "bench.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void report_begin(const struct options *options)
{
    if (options->csv) {
        printf("measurement,from,to,size,runs,unit,min,median,p99,min_ns,median_ns,p99_ns,count,"
               "messages,steps,ratio%s\n",
               options->samples ? ",samples" : "");
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

/// The row's ratio in hundredths.
static uint64_t ratio(const struct report_row *row, const struct bench_summary *s)
{
    cycles_t value = row->ratio == RATIO_LEAST ? s->min : s->median;
    cycles_t base = row->ratio == RATIO_LEAST || row->base == 0 ? s->median : row->base;
    return value * 100 / (base > 0 ? base : 1);
}

static void csv_number(bool there, uint64_t value)
{
    if (there)
        printf(",%" PRIu64, value);
    else
        printf(",");
}

static void csv_row(const struct report_row *row, const struct bench_summary *s)
{
    bool times = row->unit == NULL;
    printf("%s,%d,%d", row->what, row->from, row->to < 0 ? row->from : row->to);
    csv_number(row->size != ROW_UNSIZED, row->size);
    printf(",%zu,%s,%" PRIu64 ",%" PRIu64 ",%" PRIu64, s->runs, times ? "cycles" : row->unit,
           s->min, s->median, s->p99);
    csv_number(times, ns(s->min));
    csv_number(times, ns(s->median));
    csv_number(times, ns(s->p99));
    csv_number(row->counted != NULL, row->count);
    csv_number(row->messages != 0, row->messages);
    csv_number(row->steps != 0, row->steps);
    printf(",");
    if (row->ratio != RATIO_NONE) {
        uint64_t hundredths = ratio(row, s);
        printf("%" PRIu64 ".%02" PRIu64, hundredths / 100, hundredths % 100);
    }
}

/// The last column.
static void csv_samples(const cycles_t *samples, size_t count)
{
    printf(",");
    for (size_t i = 0; i < count; i++)
        printf("%s%" PRIu64, i == 0 ? "" : " ", samples[i]);
}

static void table_row(const struct report_row *row, const struct bench_summary *s)
{
    char name[80];
    int at = snprintf(name, sizeof(name), "%s", row->what);
    if (row->counted != NULL) {
        at += snprintf(name + at, sizeof(name) - (size_t)at, ", %" PRIu64 " %s", row->count,
                       row->counted);
    } else if (row->size != ROW_UNSIZED) {
        at += snprintf(name + at, sizeof(name) - (size_t)at, ", %" PRIu64, row->size);
    }
    if (row->to >= 0)
        (void)snprintf(name + at, sizeof(name) - (size_t)at, ", core %d - %d", row->from, row->to);
    printf("%-34s %7zu %10" PRIu64 " %7" PRIu64 " %7" PRIu64, name, s->runs, s->min, s->median,
           s->p99);
    if (row->unit == NULL)
        printf("   %8" PRIu64 " %7" PRIu64 " %7" PRIu64, ns(s->min), ns(s->median), ns(s->p99));
    else
        printf("   %s", row->unit);
    if (row->steps != 0)
        printf(", %u step%s", row->steps, row->steps == 1 ? "" : "s");
    if (row->ratio != RATIO_NONE) {
        uint64_t hundredths = ratio(row, s);
        printf(", x %" PRIu64 ".%02" PRIu64, hundredths / 100, hundredths % 100);
    }
    printf("\n");
}

static void print_row(const struct options *options, const struct report_row *row,
                      const struct bench_summary *summary, const cycles_t *samples)
{
    if (!options->csv) {
        table_row(row, summary);
        return;
    }
    csv_row(row, summary);
    if (options->samples)
        csv_samples(samples, summary->runs);
    printf("\n");
}

cycles_t report(const struct options *options, const struct report_row *row, cycles_t *samples,
                size_t runs)
{
    cycles_t *in_order = NULL;
    if (options->samples) {
        in_order = samples_new((unsigned)runs);
        memcpy(in_order, samples, runs * sizeof(*samples));
    }
    struct bench_summary summary = bench_summarise(samples, runs); // sorts them
    print_row(options, row, &summary, in_order);
    free(in_order);
    free(samples);
    return summary.median;
}
