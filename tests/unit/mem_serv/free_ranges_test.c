// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Where a request is served from, and that it stays cheap when ranges lie badly for it.
#include <testlib/testlib.h>

#include "free_ranges.h"

enum { MANY = 1000 };
#define PAGE ((uint64_t)BASE_PAGE_SIZE)

static struct free_ranges ranges;
static struct free_range nodes[MANY + 2];

static void add(unsigned i, uint64_t first_page, uint64_t pages)
{
    nodes[i] = (struct free_range){.node = {.base = first_page * PAGE, .bytes = pages * PAGE}};
    CU_ASSERT_TRUE_FATAL(free_ranges_insert(&ranges, &nodes[i]));
}

/// Ranges of two pages, none of which begins at a multiple of two pages.
static void add_odd(unsigned count)
{
    ranges = (struct free_ranges){0};
    for (unsigned i = 0; i < count; i++)
        add(i, 4 * i + 1, 2);
}

static uint64_t find(uint64_t pages, uint64_t alignment)
{
    genpaddr_t base = UINT64_MAX;
    struct free_request request = {.bytes = pages * PAGE, .alignment = alignment * PAGE};
    CU_ASSERT_TRUE(free_request_valid(&request));
    return free_ranges_find(&ranges, &request, &base) != NULL ? base / PAGE : UINT64_MAX;
}

static void test_first_fit(void)
{
    add_odd(3);
    add(3, 100, 3);
    CU_ASSERT_EQUAL(find(1, 1), 1);
    CU_ASSERT_EQUAL(find(1, 2), 2);
    CU_ASSERT_EQUAL(find(2, 2), 100);
    CU_ASSERT_EQUAL(find(3, 1), 100);
    CU_ASSERT_EQUAL(find(4, 1), UINT64_MAX);
    CU_ASSERT_EQUAL(find(1, 1ul << 40), UINT64_MAX);
    CU_ASSERT_TRUE(free_ranges_valid(&ranges));
}

/// One that fits wherever it lies is found behind any number that do not; one that fits by luck
/// only is not looked for behind so many.
static void test_bad_ranges(void)
{
    add_odd(MANY);
    add(MANY, 8 * MANY, 2);
    CU_ASSERT_EQUAL(find(2, 2), UINT64_MAX);
    add(MANY + 1, 9 * MANY + 1, 3);
    CU_ASSERT_EQUAL(find(2, 2), 9 * MANY + 2);
    CU_ASSERT_EQUAL(find(2, 1), 1);
    add_odd(100);
    add(100, 8 * MANY, 2);
    CU_ASSERT_EQUAL(find(2, 2), 8 * MANY);
}

TEST_SUITE("free ranges") = {
    {"first fit", test_first_fit},
    {"ranges that lie badly", test_bad_ranges},
};
