// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The mapping database alone: random trees of nested ranges, each query compared with a walk over
// all slots, and the checker, which must notice each kind of damage.
#include "world.h"

#include <string.h>

#define NODES 400u

static struct cte nodes[NODES];
static struct mdb mdb;
static struct test_random rng;

/// Nested ranges: each a part of its predecessor at half or a quarter of the size, or a copy.
static void random_cap(struct cte *cte)
{
    unsigned level = (unsigned)test_random_below(&rng, 7);
    gensize_t bytes = (64ul * BASE_PAGE_SIZE) >> level;
    genpaddr_t base = WORLD_BASE + test_random_below(&rng, 4ul << level) * bytes;
    cte->cap = cap_make(ObjType_RAM, base, bytes);
    cte->cap.flags = test_random_below(&rng, 2) != 0 ? CAPFLAG_REMOTE : 0;
    cte->cap.flags |= test_random_below(&rng, 8) == 0 ? CAPFLAG_HELD : 0;
}

static bool same(const struct cap *a, const struct cap *b)
{
    return a->base == b->base && a->bytes == b->bytes;
}

static bool inside(const struct cap *a, const struct cap *b)
{
    return !same(a, b) && a->base >= b->base && cap_end(a) <= cap_end(b);
}

static void check_queries(const struct cte *cte)
{
    bool copy = false, descendant = false, marked = false, held = false, above_held = false;
    gensize_t smallest = 0;
    genpaddr_t from = cte->cap.base + cte->cap.bytes / 2, first = UINT64_MAX;
    for (unsigned i = 0; i < NODES; i++) {
        const struct cap *cap = &nodes[i].cap;
        if (cte_empty(&nodes[i]))
            continue;
        copy |= &nodes[i] != cte && same(cap, &cte->cap);
        marked |= same(cap, &cte->cap) && (cap->flags & CAPFLAG_REMOTE) != 0;
        held |= same(cap, &cte->cap) && (cap->flags & CAPFLAG_HELD) != 0;
        descendant |= inside(cap, &cte->cap);
        if (inside(&cte->cap, cap) && (smallest == 0 || cap->bytes < smallest))
            smallest = cap->bytes;
        if (inside(cap, &cte->cap) && cap_end(cap) > from && cap->base < first)
            first = cap->base;
    }
    CU_ASSERT_EQUAL(mdb_find_copy(&mdb, &cte->cap, cte) != NULL, copy);
    CU_ASSERT_EQUAL(mdb_find_marked(&mdb, &cte->cap, true) != NULL, marked);
    CU_ASSERT_EQUAL(mdb_find_descendant(&mdb, &cte->cap) != NULL, descendant);
    const struct cte *ancestor = mdb_find_ancestor(&mdb, &cte->cap);
    CU_ASSERT_EQUAL(ancestor != NULL ? ancestor->cap.bytes : 0, smallest);
    for (unsigned i = 0; i < NODES && ancestor != NULL; i++)
        above_held |= !cte_empty(&nodes[i]) && same(&nodes[i].cap, &ancestor->cap) &&
                      (nodes[i].cap.flags & CAPFLAG_HELD) != 0;
    CU_ASSERT_EQUAL(mdb_find_held(&mdb, &cte->cap) != NULL, held);
    CU_ASSERT_EQUAL(ancestor != NULL && (ancestor->cap.flags & CAPFLAG_HELD) != 0, above_held);
    const struct cte *inner = mdb_find_inner(&mdb, &cte->cap, from, cap_end(&cte->cap));
    CU_ASSERT_EQUAL(inner != NULL ? inner->cap.base : UINT64_MAX, first);
}

/// Endpoints of two dispatchers with few offsets and badges; an own one has no badge.
static void random_endpoint(struct cte *cte)
{
    genpaddr_t dispatcher = WORLD_BASE + test_random_below(&rng, 2) * OBJSIZE_DISPATCHER;
    cte->cap = cap_make(ObjType_EndPointLMP, dispatcher, OBJSIZE_DISPATCHER);
    uint64_t badge = test_random_below(&rng, 5);
    cte->cap.extra = test_random_below(&rng, 2) * 256 | badge << 32;
    cte->cap.flags = badge == 0 && test_random_below(&rng, 2) != 0 ? CAPFLAG_OWN : 0;
    cte->cap.flags |= test_random_below(&rng, 8) == 0 ? CAPFLAG_HELD : 0;
}

static void check_badges(const struct cte *cte)
{
    bool copy = false, badged = false, own = false, others = false, held = false;
    for (unsigned i = 0; i < NODES; i++) {
        const struct cap *cap = &nodes[i].cap;
        if (cte_empty(&nodes[i]) || cap->base != cte->cap.base ||
            endpoint_offset(cap) != endpoint_offset(&cte->cap))
            continue;
        copy |= &nodes[i] != cte;
        badged |= &nodes[i] != cte && endpoint_badge(cap) == endpoint_badge(&cte->cap);
        held |= (cap->flags & CAPFLAG_HELD) != 0 &&
                (endpoint_badge(cap) == 0 || endpoint_badge(cap) == endpoint_badge(&cte->cap));
        own |= endpoint_is_own(cap);
        others |= !endpoint_is_own(cap);
    }
    CU_ASSERT_EQUAL(mdb_find_copy(&mdb, &cte->cap, cte) != NULL, copy);
    CU_ASSERT_EQUAL(mdb_find_marked(&mdb, &cte->cap, true) != NULL, own);
    CU_ASSERT_EQUAL(mdb_find_marked(&mdb, &cte->cap, false) != NULL, others);
    CU_ASSERT_EQUAL(mdb_find_held(&mdb, &cte->cap) != NULL, held);
    if (endpoint_badge(&cte->cap) == 0)
        return;
    const struct cte *found = mdb_find_badged(&mdb, &cte->cap, cte);
    CU_ASSERT_EQUAL(found != NULL, badged);
    CU_ASSERT(found == NULL || (found != cte && found->cap.base == cte->cap.base &&
                                found->cap.extra == cte->cap.extra));
}

/// Makes capabilities in some nodes and removes them, in any order.
static void run_random(unsigned steps, unsigned count, void (*make_cap)(struct cte *cte),
                       void (*check)(const struct cte *cte))
{
    memset(nodes, 0, sizeof nodes);
    memset(&mdb, 0, sizeof mdb);
    for (unsigned i = 0; i < steps; i++) {
        struct cte *cte = &nodes[test_random_below(&rng, count)];
        if (cte_empty(cte)) {
            make_cap(cte);
            mdb_insert(&mdb, cte);
        } else {
            check(cte);
            mdb_remove(&mdb, cte);
            cte->cap.type = ObjType_Null;
        }
        CU_ASSERT_FATAL(mdb_valid(&mdb));
    }
}

static void test_random_trees(void)
{
    test_random_init(&rng, 7);
    run_random(20000, NODES, random_cap, check_queries);
}

static void test_badges(void)
{
    test_random_init(&rng, 8);
    run_random(10000, 40, random_endpoint, check_badges);
}

static void test_height(void)
{
    static struct cte many[4096];
    memset(many, 0, sizeof many);
    memset(&mdb, 0, sizeof mdb);
    for (unsigned i = 0; i < 4096; i++) {
        many[i].cap = cap_make(ObjType_Frame, WORLD_BASE + i * BASE_PAGE_SIZE, BASE_PAGE_SIZE);
        mdb_insert(&mdb, &many[i]);
    }
    CU_ASSERT(mdb.root[MDB_MEMORY]->cap.level <= 17); // 1.44 log2(4098)
    CU_ASSERT(mdb_valid(&mdb));
    for (unsigned i = 0; i < 4096; i++)
        mdb_remove(&mdb, &many[i]);
    CU_ASSERT_PTR_NULL(mdb.root[MDB_MEMORY]);
    CU_ASSERT_EQUAL(mdb.count, 0);
}

static void test_crossing(void)
{
    static struct cte two[2];
    memset(two, 0, sizeof two);
    memset(&mdb, 0, sizeof mdb);
    two[0].cap = cap_make(ObjType_RAM, WORLD_BASE + 0x4000, 0x4000);
    two[1].cap = cap_make(ObjType_Frame, WORLD_BASE + 0x4000, 0x1000);
    mdb_insert(&mdb, &two[0]);
    mdb_insert(&mdb, &two[1]);
    static const struct {
        genpaddr_t offset;
        gensize_t bytes;
        bool crosses;
    } cases[] = {{0, 0x4000, false},      {0, 0x5000, true},       {0, 0x8000, false},
                 {0x7000, 0x2000, true},  {0x8000, 0x1000, false}, {0x5000, 0x1000, false},
                 {0x3000, 0x1000, false}, {0x5000, 0x3000, false}, {0x4000, 0x5000, false}};
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct cap cap = cap_make(ObjType_RAM, WORLD_BASE + cases[i].offset, cases[i].bytes);
        CU_ASSERT_EQUAL(mdb_crosses(&mdb, &cap), cases[i].crosses);
    }
    // Numbers of another class do not overlap with memory.
    struct cap io = cap_make(ObjType_IO, 0, 65536);
    CU_ASSERT_FALSE(mdb_crosses(&mdb, &io));
}

static void test_damage(void)
{
    world_reset();
    struct cte *ram = make(&world.slots[0], ObjType_RAM, WORLD_BASE, 0x10000);
    for (unsigned i = 0; i < 8; i++)
        retype_one(&world.slots[i + 1], ram, i * 0x1000, ObjType_Frame, 0x1000);
    CU_ASSERT(caps_valid(&world.caps));
    struct cte *leaf = &world.slots[8], saved = *leaf;
    leaf->cap.base = WORLD_BASE;
    CU_ASSERT_FALSE(mdb_valid(&world.caps.mdb));
    *leaf = saved;
    leaf->max_end += 1;
    CU_ASSERT_FALSE(mdb_valid(&world.caps.mdb));
    *leaf = saved;
    leaf->cap.level = 2;
    CU_ASSERT_FALSE(mdb_valid(&world.caps.mdb));
    *leaf = saved;
    leaf->cap.type = ObjType_Null;
    CU_ASSERT_FALSE(mdb_valid(&world.caps.mdb));
    *leaf = saved;
    world.caps.mdb.count++;
    CU_ASSERT_FALSE(mdb_valid(&world.caps.mdb));
    world.caps.mdb.count--;
    ram->cap.bytes -= 0x800; // the last page sticks out
    CU_ASSERT_FALSE(mdb_valid(&world.caps.mdb));
    ram->cap.bytes += 0x800;
    CU_ASSERT(caps_valid(&world.caps));
}

TEST_SUITE("mdb") = {
    {"random trees against a list", test_random_trees},
    {"endpoints and badges against a list", test_badges},
    {"height stays logarithmic", test_height},
    {"crossing ranges", test_crossing},
    {"the checker notices damage", test_damage},
};
