// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Statistics over measured times. Sums are taken in 128 bits, so that no input overflows them.
// The sort is a heap sort: no memory, no recursion, and no bad case. Deliberately not here: a
// removal of outliers; who wants one has to say so.
#include "bench/bench.h"

#define OVERHEAD_RUNS 1000u

static cycles_t tsc_overhead;

cycles_t bench_tsc(void)
{
    uint32_t low, high;
    __asm__ volatile("lfence\n\trdtsc" : "=a"(low), "=d"(high) : : "memory");
    return (cycles_t)high << 32 | low;
}

void bench_init(void)
{
    cycles_t least = UINT64_MAX;
    for (unsigned i = 0; i < OVERHEAD_RUNS; i++) {
        cycles_t start = bench_tsc();
        cycles_t end = bench_tsc();
        if (end - start < least)
            least = end - start;
    }
    tsc_overhead = least;
}

cycles_t bench_tscoverhead(void)
{
    return tsc_overhead;
}

cycles_t bench_time_diff(cycles_t tsc_start, cycles_t tsc_end)
{
    cycles_t diff = tsc_end > tsc_start ? tsc_end - tsc_start : 0;
    return diff > tsc_overhead ? diff - tsc_overhead : 0;
}

cycles_t bench_min(const cycles_t *array, size_t len)
{
    cycles_t least = len > 0 ? array[0] : 0;
    for (size_t i = 1; i < len; i++)
        least = array[i] < least ? array[i] : least;
    return least;
}

cycles_t bench_max(const cycles_t *array, size_t len)
{
    cycles_t greatest = 0;
    for (size_t i = 0; i < len; i++)
        greatest = array[i] > greatest ? array[i] : greatest;
    return greatest;
}

cycles_t bench_avg(const cycles_t *array, size_t len)
{
    unsigned __int128 sum = 0;
    for (size_t i = 0; i < len; i++)
        sum += array[i];
    return len > 0 ? (cycles_t)(sum / len) : 0;
}

/// Sum of squares of distances from the rounded mean m, corrected exactly: with d = sum - len * m,
/// sum((x - mean)^2) = sum((x - m)^2) - d^2 / len. A variance above the result's range ends early,
/// so that nothing overflows with fewer than 2^31 values.
cycles_t bench_variance(const cycles_t *array, size_t len)
{
    if (len < 2)
        return 0;
    cycles_t mean = bench_avg(array, len);
    unsigned __int128 squares = 0, remainder = 0;
    const unsigned __int128 cap = (unsigned __int128)UINT64_MAX * len;
    for (size_t i = 0; i < len; i++) {
        uint64_t distance = array[i] > mean ? array[i] - mean : mean - array[i];
        unsigned __int128 square = (unsigned __int128)distance * distance;
        if (square > cap || squares > cap)
            return UINT64_MAX;
        squares += square;
        remainder += array[i];
    }
    remainder -= (unsigned __int128)mean * len; // less than len
    unsigned __int128 variance =
        (squares * len - remainder * remainder) / ((unsigned __int128)len * (len - 1));
    return variance > UINT64_MAX ? UINT64_MAX : (cycles_t)variance;
}

static void sift_down(cycles_t *heap, size_t at, size_t len)
{
    cycles_t value = heap[at];
    for (size_t child = 2 * at + 1; child < len; child = 2 * at + 1) {
        if (child + 1 < len && heap[child + 1] > heap[child])
            child++;
        if (heap[child] <= value)
            break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = value;
}

void bench_sort(cycles_t *array, size_t len)
{
    for (size_t i = len / 2; i-- > 0;)
        sift_down(array, i, len);
    for (size_t end = len; end > 1; end--) {
        cycles_t greatest = array[0];
        array[0] = array[end - 1];
        array[end - 1] = greatest;
        sift_down(array, 0, end - 1);
    }
}

cycles_t bench_percentile_sorted(const cycles_t *array, size_t len, unsigned p)
{
    if (len == 0)
        return 0;
    unsigned __int128 rank = ((unsigned __int128)(p < 100 ? p : 100) * len + 99) / 100;
    return array[rank > 0 ? (size_t)rank - 1 : 0];
}

cycles_t bench_median_sorted(const cycles_t *array, size_t len)
{
    if (len == 0)
        return 0;
    cycles_t upper = array[len / 2];
    cycles_t lower = array[(len - 1) / 2];
    return lower + (upper - lower) / 2;
}

struct bench_summary bench_summarise(cycles_t *array, size_t len)
{
    bench_sort(array, len);
    return (struct bench_summary){
        .runs = len,
        .min = bench_min(array, len),
        .median = bench_median_sorted(array, len),
        .p99 = bench_percentile_sorted(array, len, 99),
        .max = bench_max(array, len),
    };
}

uint64_t bench_cycles_to_ns(cycles_t cycles, uint64_t tsc_per_ms)
{
    if (tsc_per_ms == 0)
        return 0;
    unsigned __int128 ns = ((unsigned __int128)cycles * 1000000 + tsc_per_ms / 2) / tsc_per_ms;
    return ns > UINT64_MAX ? UINT64_MAX : (uint64_t)ns;
}
