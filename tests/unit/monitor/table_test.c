// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Tables of keys and the shares of domains in them: bounds, order, and a random run against a plain
// array.
#include "protocol/shares.h"

#include "testlib/testlib.h"

#include <string.h>

#define ENTRIES 100u
#define KEYS 7u

static struct table table;
static struct shares shares;

static void bounds(void)
{
    memset(&table, 0, sizeof(table));
    CU_ASSERT_EQUAL(table_first(&table, 5), TABLE_NONE);
    for (unsigned i = 0; i < ENTRIES; i++)
        CU_ASSERT_EQUAL(table_add(&table, ENTRIES, i), i);
    CU_ASSERT_EQUAL(table_add(&table, ENTRIES, 5), TABLE_NONE);
    CU_ASSERT(table_valid(&table));
    table_remove(&table, 5, 5);
    table_remove(&table, 5, 5); // not there any more
    table_remove(&table, 6, 7); // has another key
    CU_ASSERT_EQUAL(table.count, ENTRIES - 1);
    CU_ASSERT_EQUAL(table_add(&table, ENTRIES, 1000), 5);
    CU_ASSERT_EQUAL(table_add(&table, ENTRIES, 1000), TABLE_NONE);
    CU_ASSERT(table_valid(&table));
    table.buckets[3] = table.buckets[3] == 0 ? 1 : 0; // spoilt
    CU_ASSERT_FALSE(table_valid(&table));
}

static void order(void)
{
    memset(&table, 0, sizeof(table));
    for (unsigned i = 0; i < 10; i++)
        CU_ASSERT_EQUAL(table_add(&table, ENTRIES, 42), i);
    table_remove(&table, 42, 0);
    table_remove(&table, 42, 4);
    CU_ASSERT_EQUAL(table_add(&table, ENTRIES, 42), 4);
    uint16_t at = table_first(&table, 42);
    for (unsigned i = 1; i < 10; i++, at = table_next(&table, at))
        CU_ASSERT_EQUAL(at, i == 4 ? (i = 5) : i);
    CU_ASSERT_EQUAL(at, 4);
    CU_ASSERT_EQUAL(table_next(&table, at), TABLE_NONE);
}

static bool has(uint64_t key, uint16_t index)
{
    uint16_t at = table_first(&table, key);
    while (at != TABLE_NONE && at != index)
        at = table_next(&table, at);
    return at == index;
}

static void random_run(void)
{
    struct test_random random;
    uint64_t keys[ENTRIES] = {0}; // 0: free
    unsigned count = 0;
    test_random_init(&random, 9);
    memset(&table, 0, sizeof(table));
    for (unsigned i = 0; i < 20000; i++) {
        uint64_t key = 1 + test_random_below(&random, KEYS) * 512;
        uint16_t index = (uint16_t)test_random_below(&random, ENTRIES);
        if (test_random_below(&random, 2) == 0) {
            index = table_add(&table, ENTRIES, key);
            CU_ASSERT_EQUAL(index == TABLE_NONE, count == ENTRIES);
            if (index == TABLE_NONE)
                continue;
            CU_ASSERT_EQUAL(keys[index], 0);
            keys[index] = key;
            count++;
        } else if (keys[index] != 0) {
            table_remove(&table, keys[index], index);
            CU_ASSERT_FALSE(has(keys[index], index));
            keys[index] = 0;
            count--;
        }
        index = (uint16_t)test_random_below(&random, ENTRIES);
        CU_ASSERT(keys[index] == 0 || has(keys[index], index));
        CU_ASSERT(i % 100 != 0 || table_valid(&table));
    }
}

static void counts(void)
{
    memset(&shares, 0, sizeof(shares));
    CU_ASSERT_EQUAL(shares_count(&shares, 7), 0);
    shares_remove(&shares, 7);
    for (unsigned i = 0; i < TABLE_ENTRIES_MAX; i++)
        shares_add(&shares, 1 + i);
    CU_ASSERT_EQUAL(shares_count(&shares, TABLE_ENTRIES_MAX), 1);
    CU_ASSERT_EQUAL(shares_count(&shares, TABLE_ENTRIES_MAX + 1), 0);
    shares_remove(&shares, 3);
    shares_add(&shares, 4);
    CU_ASSERT_EQUAL(shares_count(&shares, 3), 0);
    CU_ASSERT_EQUAL(shares_count(&shares, 4), 2);
    shares_add(&shares, 9000);
    CU_ASSERT_EQUAL(shares_count(&shares, 9000), 1);
    for (unsigned i = 0; i < TABLE_ENTRIES_MAX; i++)
        while (shares_count(&shares, 1 + i) > 0)
            shares_remove(&shares, 1 + i);
    shares_remove(&shares, 9000);
    CU_ASSERT_EQUAL(shares.table.count, 0);
    CU_ASSERT(table_valid(&shares.table));
}

TEST_SUITE("tables and shares") = {
    {"a table is bounded", bounds},
    {"entries of a key keep their order", order},
    {"random operations against an array", random_run},
    {"shares are counted", counts},
};
