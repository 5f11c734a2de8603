// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Placing regions: never over one another, guards kept, the lowest place taken, nothing lost.
#include <testlib/testlib.h>

#include <string.h>

#include "util/address_map.h"

enum { REGIONS = 64, ROUNDS = 20000 };
#define LOW 0x100000u
#define HIGH 0x140000u
#define GUARD 0x1000u

static struct address_map map;
static struct range_node nodes[REGIONS];
static bool used[REGIONS];

static bool clear(uint64_t base, uint64_t bytes, uint64_t guard)
{
    if (base < LOW + guard || base + bytes + guard > HIGH)
        return false;
    for (int i = 0; i < REGIONS; i++)
        if (used[i] && base < nodes[i].base + nodes[i].bytes + guard &&
            nodes[i].base < base + bytes + guard)
            return false;
    return true;
}

/// The lowest place by trying all.
static uint64_t model_place(uint64_t bytes, uint64_t alignment, uint64_t guard)
{
    for (uint64_t base = LOW; base < HIGH; base += 0x1000)
        if (base % alignment == 0 && clear(base, bytes, guard))
            return base;
    return 0;
}

static void put(int i, uint64_t base, uint64_t bytes)
{
    nodes[i] = (struct range_node){.base = base, .bytes = bytes};
    bool expected = clear(base, bytes, 0);
    CU_ASSERT_EQUAL(address_map_insert(&map, &nodes[i]), expected);
    used[i] = expected;
}

static void step(struct test_random *random)
{
    int i = (int)test_random_below(random, REGIONS);
    uint64_t bytes = (1 + test_random_below(random, 8)) * 0x1000;
    if (used[i]) {
        address_map_remove(&map, &nodes[i]);
        used[i] = false;
        return;
    }
    if (test_random_below(random, 4) == 0) {
        put(i, LOW - 0x2000 + test_random_below(random, 68) * 0x1000, bytes);
        return;
    }
    uint64_t base = 0;
    uint64_t alignment = 0x1000ull << test_random_below(random, 4);
    uint64_t expected = model_place(bytes, alignment, GUARD);
    bool found = address_map_place(&map, bytes, alignment, GUARD, &base);
    CU_ASSERT_EQUAL(found, expected != 0);
    if (found) {
        CU_ASSERT_EQUAL(base, expected);
        put(i, base, bytes);
    }
}

static void test_against_model(void)
{
    struct test_random random;
    test_random_init(&random, 2);
    memset(used, 0, sizeof(used));
    address_map_init(&map, LOW, HIGH);
    for (int i = 0; i < ROUNDS; i++) {
        step(&random);
        uint64_t at = LOW + test_random_below(&random, HIGH - LOW);
        struct range_node *found = address_map_find(&map, at);
        CU_ASSERT_EQUAL(found == NULL, clear(at, 1, 0));
    }
    CU_ASSERT(range_tree_valid(&map.tree));
    for (int i = 0; i < REGIONS; i++)
        if (used[i])
            address_map_remove(&map, &nodes[i]);
    CU_ASSERT_EQUAL(map.tree.count, 1);
    CU_ASSERT_EQUAL(map.end.weight, HIGH - LOW);
}

static void test_edges(void)
{
    uint64_t base;
    memset(used, 0, sizeof(used));
    address_map_init(&map, LOW, HIGH);
    CU_ASSERT_FALSE(address_map_place(&map, 0, 0x1000, 0, &base));
    CU_ASSERT_FALSE(address_map_place(&map, UINT64_MAX, 0x1000, 0, &base));
    CU_ASSERT_FALSE(address_map_place(&map, 0x1000, 1ull << 63, 0, &base));
    CU_ASSERT_FALSE(address_map_place(&map, HIGH - LOW, 0x1000, GUARD, &base));
    CU_ASSERT_TRUE(address_map_place(&map, HIGH - LOW, 0x1000, 0, &base));
    CU_ASSERT_EQUAL(base, LOW);
    put(0, LOW, HIGH - LOW);
    CU_ASSERT_PTR_EQUAL(address_map_find(&map, HIGH - 1), &nodes[0]);
    CU_ASSERT_PTR_NULL(address_map_find(&map, HIGH));
    CU_ASSERT_PTR_NULL(address_map_next(&map, HIGH));
    CU_ASSERT_PTR_EQUAL(address_map_next(&map, 0), &nodes[0]);
    CU_ASSERT_FALSE(address_map_place(&map, 0x1000, 0x1000, 0, &base));
    nodes[1] = (struct range_node){.base = HIGH, .bytes = 0x1000};
    CU_ASSERT_FALSE(address_map_insert(&map, &nodes[1]));
    address_map_remove(&map, &nodes[0]);
    nodes[1] = (struct range_node){.base = LOW + 0x1000};
    CU_ASSERT_FALSE(address_map_insert(&map, &nodes[1])); // nothing, which takes no place
    CU_ASSERT_TRUE(address_map_place(&map, HIGH - LOW, 0x1000, 0, &base));
}

/// All addresses from 0 on, at once.
static void test_whole(void)
{
    uint64_t base = 1;
    address_map_init(&map, 0, HIGH);
    CU_ASSERT_FALSE(address_map_place(&map, HIGH + 1, 1, 0, &base));
    CU_ASSERT_FALSE(address_map_place(&map, HIGH, 1, 1, &base));
    CU_ASSERT_TRUE(address_map_place(&map, HIGH, 1ull << 32, 0, &base));
    CU_ASSERT_EQUAL(base, 0);
    CU_ASSERT_FALSE(address_map_place(&map, 1, 1ull << 32, 1, &base));
    CU_ASSERT_FALSE(address_map_place(&map, UINT64_MAX, 1, 1, &base)); // more than there can be
    CU_ASSERT_FALSE(address_map_place(&map, 0x3000, 1, -0x1000ull, &base));
}

TEST_SUITE("address map") = {
    {"random operations", test_against_model},
    {"edges", test_edges},
    {"from 0 on", test_whole},
};
