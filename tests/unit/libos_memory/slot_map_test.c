// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Slots: none is handed out twice, none is lost, none that was never handed out comes back.
#include <testlib/testlib.h>

#include <string.h>

#include "util/slot_map.h"

enum { ROUNDS = 50000, ROOTS = 3 };

static struct slot_map map;
static bool out[L1_CNODE_SLOTS_MIN * L2_CNODE_SLOTS];

static void test_random(void)
{
    struct test_random random;
    uint32_t count = 0;
    test_random_init(&random, 3);
    memset(out, 0, sizeof(out));
    slot_map_init(&map, 7);
    CU_ASSERT_EQUAL(slot_map_take(&map), 0);
    for (int i = 0; i < ROOTS; i++) {
        cslot_t root = slot_map_take_root(&map);
        CU_ASSERT_EQUAL(root, 7 + (unsigned)i);
        slot_map_add(&map, root);
    }
    for (int i = 0; i < ROUNDS; i++) {
        capaddr_t addr =
            (7 * L2_CNODE_SLOTS) + (capaddr_t)test_random_below(&random, ROOTS * L2_CNODE_SLOTS);
        if (test_random_below(&random, 5) < 3) {
            addr = slot_map_take(&map);
            CU_ASSERT_EQUAL(addr == 0, count == ROOTS * L2_CNODE_SLOTS);
            CU_ASSERT_FALSE(addr != 0 && out[addr]);
            count += addr != 0;
            out[addr] = addr != 0;
        } else {
            CU_ASSERT_EQUAL(slot_map_put(&map, addr), out[addr]);
            count -= out[addr];
            out[addr] = false;
        }
        CU_ASSERT_EQUAL(map.free_count, ROOTS * L2_CNODE_SLOTS - count);
    }
}

static void test_foreign_slots(void)
{
    slot_map_init(&map, 7);
    slot_map_add(&map, 6);
    CU_ASSERT_FALSE(slot_map_put(&map, 1));
    CU_ASSERT_FALSE(slot_map_put(&map, 5 * L2_CNODE_SLOTS));
    CU_ASSERT_FALSE(slot_map_put(&map, 6 * L2_CNODE_SLOTS));
    CU_ASSERT_FALSE(slot_map_put(&map, UINT32_MAX));
    CU_ASSERT_EQUAL(slot_map_take(&map), 6 * L2_CNODE_SLOTS);
    CU_ASSERT_TRUE(slot_map_put(&map, 6 * L2_CNODE_SLOTS));
}

static void test_roots(void)
{
    slot_map_init(&map, 7);
    for (cslot_t i = 7; i < L1_CNODE_SLOTS_MIN; i++) {
        CU_ASSERT_EQUAL(map.roots_free, L1_CNODE_SLOTS_MIN - i);
        CU_ASSERT_EQUAL(slot_map_take_root(&map), i);
    }
    CU_ASSERT_EQUAL(map.roots_free, 0);
    CU_ASSERT_EQUAL(slot_map_take_root(&map), L1_CNODE_SLOTS_MAX);
    CU_ASSERT_TRUE(slot_map_put_root(&map, 100));
    CU_ASSERT_FALSE(slot_map_put_root(&map, 100));
    CU_ASSERT_FALSE(slot_map_put_root(&map, L1_CNODE_SLOTS_MIN));
    CU_ASSERT_EQUAL(slot_map_take_root(&map), 100);
}

/// A map that grows keeps what it has, and hands out the new L1 slots when the old ones are used
/// up.
static void test_extend(void)
{
    static struct slot_chunk chunks[SLOT_CHUNKS_MAX - 1];
    slot_map_init(&map, 7);
    slot_map_add(&map, 6);
    CU_ASSERT_EQUAL(slot_map_take(&map), 6 * L2_CNODE_SLOTS);
    while (map.roots_free > 0)
        (void)slot_map_take_root(&map);
    memset(chunks, 0xa5, sizeof(chunks));
    for (unsigned i = 0; i < SLOT_CHUNKS_MAX - 1; i++)
        slot_map_extend(&map, &chunks[i]);
    CU_ASSERT_EQUAL(map.roots, L1_CNODE_SLOTS_MAX);
    CU_ASSERT_FALSE(slot_map_put(&map, 300 * L2_CNODE_SLOTS));
    CU_ASSERT_FALSE(slot_map_put_root(&map, 300));
    for (cslot_t i = L1_CNODE_SLOTS_MIN; i < L1_CNODE_SLOTS_MAX; i++)
        CU_ASSERT_EQUAL(slot_map_take_root(&map), i);
    CU_ASSERT_EQUAL(slot_map_take_root(&map), L1_CNODE_SLOTS_MAX);
    cslot_t last = L1_CNODE_SLOTS_MAX - 1;
    slot_map_add(&map, last);
    CU_ASSERT_EQUAL(map.free_count, 2 * L2_CNODE_SLOTS - 1);
    for (unsigned i = 1; i < L2_CNODE_SLOTS; i++) // the lower L2CNode first
        CU_ASSERT_EQUAL(slot_map_take(&map), 6 * L2_CNODE_SLOTS + i);
    CU_ASSERT_EQUAL(slot_map_take(&map), last * L2_CNODE_SLOTS);
    CU_ASSERT_TRUE(slot_map_put(&map, 6 * L2_CNODE_SLOTS));
    CU_ASSERT_EQUAL(slot_map_take(&map), 6 * L2_CNODE_SLOTS);
}

static void test_remove(void)
{
    slot_map_init(&map, 7);
    slot_map_add(&map, 6);
    cslot_t root = slot_map_take_root(&map);
    CU_ASSERT_FALSE(slot_map_remove(&map, root)); // not added yet
    CU_ASSERT_FALSE(slot_map_remove(&map, L1_CNODE_SLOTS_MIN));
    slot_map_add(&map, root);
    for (unsigned i = 0; i < L2_CNODE_SLOTS; i++)
        (void)slot_map_take(&map);
    capaddr_t addr = slot_map_take(&map);
    CU_ASSERT_EQUAL(addr, root * L2_CNODE_SLOTS);
    CU_ASSERT_FALSE(slot_map_remove(&map, root)); // one is in use
    CU_ASSERT_TRUE(slot_map_put(&map, addr));
    CU_ASSERT_TRUE(slot_map_remove(&map, root));
    CU_ASSERT_FALSE(slot_map_remove(&map, root));
    CU_ASSERT_EQUAL(map.free_count, 0);
    CU_ASSERT_EQUAL(slot_map_take(&map), 0);
    CU_ASSERT_FALSE(slot_map_put(&map, addr));
    CU_ASSERT_TRUE(slot_map_put_root(&map, root));
}

TEST_SUITE("slot map") = {
    {"random operations", test_random},
    {"foreign slots", test_foreign_slots},
    {"root slots", test_roots},
    {"more root slots", test_extend},
    {"L2CNodes taken out again", test_remove},
};
