// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The rows of bench's table, and of its CSV.
#include "bench.h"

#include <inttypes.h>
#include <stdio.h>

void report_begin(const struct options *options)
{
    if (options->csv) {
        printf("measurement,from,to,pairs,messages,runs,unit,min,median,p99,min_ns,median_ns,"
               "p99_ns,size,steps,growth\n");
        return;
    }
    printf("%-28s %7s %24s   %24s\n", "", "", "cycles", "nanoseconds");
    printf("%-28s %7s %8s%8s%8s   %8s%8s%8s\n", "measurement", "runs", "min", "median", "p99",
           "min", "median", "p99");
}

static uint64_t ns(cycles_t cycles)
{
    return bench_cycles_to_ns(cycles, disp_shared()->tsc_per_ms);
}

void report_times(const struct options *options, const char *what, int from, int to,
                  cycles_t *cycles, size_t runs)
{
    struct bench_summary s = bench_summarise(cycles, runs);
    if (options->csv) {
        printf("%s,%d,%d,,,%zu,cycles,%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64
               ",%" PRIu64 ",,,\n",
               what, from, to < 0 ? from : to, s.runs, s.min, s.median, s.p99, ns(s.min),
               ns(s.median), ns(s.p99));
        return;
    }
    char name[64];
    if (to < 0) {
        snprintf(name, sizeof(name), "%s, core %d", what, from);
    } else {
        snprintf(name, sizeof(name), "%s, core %d - %d", what, from, to);
    }
    printf("%-28s %7zu %8" PRIu64 "%8" PRIu64 "%8" PRIu64 "   %8" PRIu64 "%8" PRIu64 "%8" PRIu64
           "\n",
           name, s.runs, s.min, s.median, s.p99, ns(s.min), ns(s.median), ns(s.p99));
}

cycles_t report_cost(const struct options *options, const char *what, unsigned size, unsigned steps,
                     cycles_t smallest, cycles_t *cycles, size_t runs)
{
    struct bench_summary s = bench_summarise(cycles, runs);
    cycles_t base = smallest != 0 ? smallest : s.median > 0 ? s.median : 1;
    uint64_t percent = s.median * 100 / base;
    char growth[24];
    snprintf(growth, sizeof(growth), "%" PRIu64 ".%02" PRIu64, percent / 100, percent % 100);
    if (options->csv) {
        unsigned core = disp_get_core_id();
        printf("%s,%u,%u,,,%zu,cycles,%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64
               ",%" PRIu64 ",%u,%u,%s\n",
               what, core, core, s.runs, s.min, s.median, s.p99, ns(s.min), ns(s.median), ns(s.p99),
               size, steps, growth);
        return s.median;
    }
    char name[64];
    snprintf(name, sizeof(name), "%s, %u", what, size);
    printf("%-28s %7zu %8" PRIu64 "%8" PRIu64 "%8" PRIu64 "   %8" PRIu64 "%8" PRIu64 "%8" PRIu64
           "   %u step%s, x %s\n",
           name, s.runs, s.min, s.median, s.p99, ns(s.min), ns(s.median), ns(s.p99), steps,
           steps == 1 ? "" : "s", growth);
    return s.median;
}

void report_throughput(const struct options *options, unsigned pairs, unsigned messages,
                       cycles_t *rates, size_t runs)
{
    struct bench_summary s = bench_summarise(rates, runs);
    if (options->csv) {
        printf("throughput,,,%u,%u,%zu,messages/ms,%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",,,,,,\n",
               pairs, messages, s.runs, s.min, s.median, s.p99);
        return;
    }
    char name[64];
    snprintf(name, sizeof(name), "throughput, %u pair%s", pairs, pairs == 1 ? "" : "s");
    printf("%-28s %7zu %8" PRIu64 "%8" PRIu64 "%8" PRIu64 "   messages per ms, %u each\n", name,
           s.runs, s.min, s.median, s.p99, messages);
}
