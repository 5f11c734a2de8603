// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The statistics: exact values on small samples, edges, and random samples against qsort and a
// definition counted out.
#include <bench/bench.h>
#include <stdlib.h>
#include <testlib/testlib.h>

static int compare(const void *a, const void *b)
{
    cycles_t x = *(const cycles_t *)a, y = *(const cycles_t *)b;
    return x < y ? -1 : x > y;
}

static void test_empty(void)
{
    CU_ASSERT_EQUAL(bench_min(NULL, 0), 0);
    CU_ASSERT_EQUAL(bench_max(NULL, 0), 0);
    CU_ASSERT_EQUAL(bench_avg(NULL, 0), 0);
    CU_ASSERT_EQUAL(bench_variance(NULL, 0), 0);
    CU_ASSERT_EQUAL(bench_median_sorted(NULL, 0), 0);
    CU_ASSERT_EQUAL(bench_percentile_sorted(NULL, 0, 99), 0);
    CU_ASSERT_EQUAL(bench_summarise(NULL, 0).runs, 0);
}

static void test_one(void)
{
    cycles_t value[] = {7};
    struct bench_summary summary = bench_summarise(value, 1);
    CU_ASSERT_EQUAL(summary.runs, 1);
    CU_ASSERT_EQUAL(summary.min, 7);
    CU_ASSERT_EQUAL(summary.median, 7);
    CU_ASSERT_EQUAL(summary.p99, 7);
    CU_ASSERT_EQUAL(summary.max, 7);
    CU_ASSERT_EQUAL(bench_variance(value, 1), 0);
    CU_ASSERT_EQUAL(bench_percentile_sorted(value, 1, 0), 7);
    CU_ASSERT_EQUAL(bench_percentile_sorted(value, 1, 100), 7);
}

static void test_median(void)
{
    const cycles_t odd[] = {1, 5, 100}, even[] = {1, 4, 9, 100};
    CU_ASSERT_EQUAL(bench_median_sorted(odd, 3), 5);
    CU_ASSERT_EQUAL(bench_median_sorted(even, 4), 6);
    const cycles_t huge[] = {UINT64_MAX - 2, UINT64_MAX};
    CU_ASSERT_EQUAL(bench_median_sorted(huge, 2), UINT64_MAX - 1);
}

static void test_percentile(void)
{
    cycles_t values[200];
    for (unsigned i = 0; i < 200; i++)
        values[i] = i + 1;
    CU_ASSERT_EQUAL(bench_percentile_sorted(values, 100, 99), 99);
    CU_ASSERT_EQUAL(bench_percentile_sorted(values, 99, 99), 99);
    CU_ASSERT_EQUAL(bench_percentile_sorted(values, 101, 99), 100);
    CU_ASSERT_EQUAL(bench_percentile_sorted(values, 200, 99), 198);
    CU_ASSERT_EQUAL(bench_percentile_sorted(values, 200, 50), 100);
    CU_ASSERT_EQUAL(bench_percentile_sorted(values, 200, 0), 1);
    CU_ASSERT_EQUAL(bench_percentile_sorted(values, 200, 100), 200);
    CU_ASSERT_EQUAL(bench_percentile_sorted(values, 200, 1000), 200);
}

static void test_variance(void)
{
    const cycles_t values[] = {2, 4, 4, 4, 5, 5, 7, 9};
    CU_ASSERT_EQUAL(bench_avg(values, 8), 5);
    CU_ASSERT_EQUAL(bench_variance(values, 8), 4); // 32 / 7
    const cycles_t thirds[] = {1, 2, 2};           // mean 5/3; the squares add up to 2/3
    CU_ASSERT_EQUAL(bench_variance(thirds, 3), 0);
    const cycles_t apart[] = {0, 3};
    CU_ASSERT_EQUAL(bench_variance(apart, 2), 4); // 4.5
    const cycles_t extreme[] = {0, UINT64_MAX};
    CU_ASSERT_EQUAL(bench_variance(extreme, 2), UINT64_MAX);
    const cycles_t top[] = {UINT64_MAX, UINT64_MAX, UINT64_MAX - 3};
    CU_ASSERT_EQUAL(bench_avg(top, 3), UINT64_MAX - 1);
    CU_ASSERT_EQUAL(bench_variance(top, 3), 3);
}

static void test_random(void)
{
    enum { ROUNDS = 400, MOST = 300 };
    struct test_random random;
    test_random_init(&random, 3);
    for (unsigned round = 0; round < ROUNDS; round++) {
        cycles_t values[MOST], expected[MOST];
        size_t len = 1 + test_random_below(&random, MOST);
        uint64_t range = round % 2 ? 10 : UINT64_MAX;
        for (size_t i = 0; i < len; i++)
            expected[i] = values[i] = test_random_below(&random, range);
        qsort(expected, len, sizeof(expected[0]), compare);
        struct bench_summary summary = bench_summarise(values, len);
        bool sorted = true;
        for (size_t i = 0; i < len; i++)
            sorted = sorted && values[i] == expected[i];
        CU_ASSERT_TRUE(sorted);
        CU_ASSERT_EQUAL(summary.min, expected[0]);
        CU_ASSERT_EQUAL(summary.max, expected[len - 1]);
        size_t least = 0; // the least value that 99 percent of all do not exceed
        while (100 * (least + 1) < 99 * len)
            least++;
        CU_ASSERT_EQUAL(summary.p99, expected[least]);
    }
}

static void test_time(void)
{
    CU_ASSERT_EQUAL(bench_cycles_to_ns(2600, 2600000), 1000);
    CU_ASSERT_EQUAL(bench_cycles_to_ns(1, 3000000), 0);
    CU_ASSERT_EQUAL(bench_cycles_to_ns(2, 3000000), 1);
    CU_ASSERT_EQUAL(bench_cycles_to_ns(5, 0), 0);
    CU_ASSERT_EQUAL(bench_cycles_to_ns(UINT64_MAX, 1000000), UINT64_MAX);
    CU_ASSERT_EQUAL(bench_cycles_to_ns(UINT64_MAX, 1), UINT64_MAX);
    bench_init();
    CU_ASSERT_TRUE(bench_tscoverhead() > 0);
    CU_ASSERT_EQUAL(bench_time_diff(100, 100 + bench_tscoverhead()), 0);
    CU_ASSERT_EQUAL(bench_time_diff(100, 107 + bench_tscoverhead()), 7);
    CU_ASSERT_EQUAL(bench_time_diff(100, 50), 0);
    cycles_t before = bench_tsc();
    CU_ASSERT_TRUE(bench_tsc() >= before);
}

TEST_SUITE("bench") = {
    {"empty samples", test_empty},
    {"one value", test_one},
    {"median", test_median},
    {"percentile", test_percentile},
    {"mean and variance", test_variance},
    {"random samples", test_random},
    {"time", test_time},
};
