// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Slots: none is handed out twice, none is lost, none that was never handed out comes back.
#include <testlib/testlib.h>

#include <string.h>

#include "util/slot_map.h"

enum { ROUNDS = 60000, TAKEN = 250, ROOTS = 2 * SLOT_CHUNK_ROOTS, NEAR = 12 };

static struct slot_map map;
static struct slot_chunk chunks[SLOT_CHUNKS_MAX - 1];

/// What a plain table knows of each L1 slot and of the slots behind it.
static struct {
    bool taken[ROOTS], added[ROOTS], out[ROOTS][L2_CNODE_SLOTS];
    unsigned used[ROOTS]; // of these slots
    cslot_t roots;
} model;

static void start(void)
{
    memset(&model, 0, sizeof(model));
    memset(&map, 0xa5, sizeof(map));
    memset(chunks, 0xa5, sizeof(chunks));
    slot_map_init(&map, TAKEN);
    model.roots = SLOT_CHUNK_ROOTS;
    memset(model.taken, true, TAKEN);
}

static void model_counts(void)
{
    unsigned roots = 0, slots = 0;
    for (cslot_t i = 0; i < model.roots; i++) {
        roots += !model.taken[i];
        slots += model.added[i] ? L2_CNODE_SLOTS - model.used[i] : 0;
    }
    CU_ASSERT_TRUE(map.roots == model.roots && map.roots_free == roots && map.free_count == slots);
}

static void take_root(void)
{
    cslot_t lowest = 0;
    while (lowest < model.roots && model.taken[lowest])
        lowest++;
    bool any = lowest < model.roots;
    CU_ASSERT_EQUAL(slot_map_take_root(&map), any ? lowest : L1_CNODE_SLOTS_MAX);
    if (any)
        model.taken[lowest] = true;
}

/// Those with an L2CNode stay: the map is told of it first.
static void put_root(cslot_t root)
{
    if (root < model.roots && model.added[root])
        return;
    bool taken = root < model.roots && model.taken[root];
    CU_ASSERT_EQUAL(slot_map_put_root(&map, root), taken);
    if (taken)
        model.taken[root] = false;
}

static void add_or_remove(cslot_t root)
{
    bool known = root < model.roots, added = known && model.added[root];
    if (known && model.taken[root] && !added) {
        slot_map_add(&map, root);
        model.added[root] = true;
        return;
    }
    bool goes = added && model.used[root] == 0;
    CU_ASSERT_EQUAL(slot_map_remove(&map, root), goes);
    if (goes)
        model.added[root] = false;
}

/// The lowest one.
static void take(void)
{
    cslot_t root = 0, slot = 0;
    while (root < model.roots && (!model.added[root] || model.used[root] == L2_CNODE_SLOTS))
        root++;
    if (root == model.roots) {
        CU_ASSERT_EQUAL(slot_map_take(&map), 0);
        return;
    }
    while (model.out[root][slot])
        slot++;
    CU_ASSERT_EQUAL(slot_map_take(&map), root * L2_CNODE_SLOTS + slot);
    model.out[root][slot] = true;
    model.used[root]++;
}

static void put(cslot_t root, cslot_t slot)
{
    bool out = root < model.roots && model.out[root][slot];
    CU_ASSERT_EQUAL(slot_map_put(&map, root * L2_CNODE_SLOTS + slot), out);
    if (out) {
        model.out[root][slot] = false;
        model.used[root]--;
    }
}

static void step(struct test_random *random, unsigned filling)
{
    // Those at the border of the two chunks, and a few that are in neither.
    cslot_t root = TAKEN - 2 + (cslot_t)test_random_below(random, NEAR);
    root = test_random_below(random, 20) == 0 ? ROOTS - 2 + root % 4 : root;
    unsigned what = (unsigned)test_random_below(random, 100);
    if (what < 5)
        take_root();
    else if (what < 10)
        put_root(root);
    else if (what < 15)
        add_or_remove(root);
    else if (what < 20 + 8 * filling)
        take();
    else
        put(root, (cslot_t)test_random_below(random, L2_CNODE_SLOTS));
}

static void test_random(void)
{
    struct test_random random;
    test_random_init(&random, 3);
    start();
    for (unsigned i = 0; i < ROUNDS; i++) {
        if (i == ROUNDS / 3) {
            slot_map_extend(&map, &chunks[0]);
            model.roots += SLOT_CHUNK_ROOTS;
        }
        step(&random, i / (ROUNDS / 24) % 8);
        if (i % 8 == 0)
            model_counts();
    }
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
    slot_map_init(&map, 7);
    slot_map_add(&map, 6);
    CU_ASSERT_EQUAL(slot_map_take(&map), 6 * L2_CNODE_SLOTS);
    while (map.roots_free > 0)
        (void)slot_map_take_root(&map);
    memset(chunks, 0xa5, sizeof(chunks));
    for (unsigned i = 0; i < SLOT_CHUNKS_MAX - 1; i++)
        slot_map_extend(&map, &chunks[i]);
    CU_ASSERT_EQUAL(map.roots, L1_CNODE_SLOTS_MAX);
    CU_ASSERT_FALSE(slot_map_remove(&map, L1_CNODE_SLOTS_MAX)); // one too many
    CU_ASSERT_FALSE(slot_map_put(&map, L1_CNODE_SLOTS_MAX * L2_CNODE_SLOTS));
    CU_ASSERT_FALSE(slot_map_put_root(&map, L1_CNODE_SLOTS_MAX));
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

TEST_SUITE("slot map") = {
    {"random operations", test_random},
    {"root slots", test_roots},
    {"more root slots", test_extend},
};
