// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Statistics over measured times, in ticks of the time-stamp counter, and the counter itself. Pure
// but for the counter; nothing here allocates or prints. Names that Barrelfish has mean the same.
#pragma once

#include "kpi/types.h"

/// Measure the counter's own cost. Call it once, before bench_tscoverhead() and bench_time_diff().
void bench_init(void);

/// Ticks that two readings of the counter in a row are apart, at least.
cycles_t bench_tscoverhead(void);

/// The counter, read after all earlier instructions have finished.
cycles_t bench_tsc(void);

/// Ticks between two readings, without the counter's own cost; never below 0.
cycles_t bench_time_diff(cycles_t tsc_start, cycles_t tsc_end);

// Of `len` values, in any order; 0 if len is 0.

cycles_t bench_min(const cycles_t *array, size_t len);
cycles_t bench_max(const cycles_t *array, size_t len);

/// Arithmetic mean, rounded down; right for any values.
cycles_t bench_avg(const cycles_t *array, size_t len);

/// Variance of the sample (divisor len - 1), rounded down; UINT64_MAX if it is greater. 0 if len
/// < 2.
cycles_t bench_variance(const cycles_t *array, size_t len);

/// What a table shows of a sample.
struct bench_summary {
    size_t runs;
    cycles_t min, median, p99, max;
};

/// Sort in place, ascending.
void bench_sort(cycles_t *array, size_t len);

/// The p-th percentile of sorted values by the nearest-rank method: the least value that is not
/// below p percent of them, that is the one of rank ceil(p / 100 * len). p is 0 (the least) to 100.
cycles_t bench_percentile_sorted(const cycles_t *array, size_t len, unsigned p);

/// The middle one of sorted values; of an even number the mean of the two, rounded down.
cycles_t bench_median_sorted(const cycles_t *array, size_t len);

/// Sort `array` and sum it up; p99 is bench_percentile_sorted(99).
struct bench_summary bench_summarise(cycles_t *array, size_t len);

/// Nanoseconds of `cycles` at `tsc_per_ms` ticks in a millisecond, rounded; 0 if that is 0.
uint64_t bench_cycles_to_ns(cycles_t cycles, uint64_t tsc_per_ms);
