// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The start tree and routing over it: each core is started once, leaders first, no node has more
// than one leader that is started from outside, and a message from any core reaches any other along
// neighbours only.
#include "protocol/boot_tree.h"

#include "testlib/testlib.h"

static void check_tree(const struct boot_tree *tree, const uint16_t *node, unsigned fan_out)
{
    unsigned started[BOOTINFO_CORES_MAX] = {0};
    unsigned from_outside[BOOTINFO_NODES_MAX] = {0};
    for (unsigned core = 0; core < tree->count; core++) {
        coreid_t children[BOOT_CHILDREN_MAX];
        unsigned count = boot_tree_children(tree, (coreid_t)core, children);
        unsigned inside = 0;
        CU_ASSERT_FATAL(count <= BOOT_CHILDREN_MAX);
        for (unsigned i = 0; i < count; i++) {
            bool leader = node[children[i]] != node[core];
            started[children[i]]++;
            inside += leader ? 0 : 1;
            from_outside[node[children[i]]] += leader ? 1 : 0;
            CU_ASSERT_FALSE(leader && inside > 0); // leaders come first
            CU_ASSERT_EQUAL(tree->parent[children[i]], core);
        }
        CU_ASSERT(inside <= fan_out);
    }
    CU_ASSERT_EQUAL(started[0], 0);
    for (unsigned core = 1; core < tree->count; core++)
        CU_ASSERT_EQUAL(started[core], 1);
    for (unsigned n = 0; n < BOOTINFO_NODES_MAX; n++)
        CU_ASSERT(from_outside[n] <= (n == node[0] ? 0 : 1));
    CU_ASSERT_EQUAL(boot_tree_size(tree, 0), tree->count);
}

static bool neighbours(const struct boot_tree *tree, coreid_t a, coreid_t b)
{
    return tree->parent[a] == b || tree->parent[b] == a;
}

static void check_route(const struct boot_tree *tree, coreid_t from, coreid_t to)
{
    coreid_t at = from;
    unsigned hops = 0;
    while (at != to && hops <= tree->count) {
        coreid_t next = boot_tree_next_hop(tree, at, to);
        CU_ASSERT_FATAL(next < tree->count && neighbours(tree, at, next));
        at = next;
        hops++;
    }
    CU_ASSERT_EQUAL(at, to);
    CU_ASSERT_EQUAL(boot_tree_next_hop(tree, to, to), BOOT_CORE_NONE);
}

static void make_random(struct test_random *random, unsigned count, uint16_t *node, unsigned nodes)
{
    for (unsigned i = 0; i < count; i++)
        node[i] = (uint16_t)test_random_below(random, nodes);
}

static void random_machines(void)
{
    static const unsigned counts[] = {1, 2, 3, 7, 16, 32, 64, 255, 256};
    struct test_random random;
    struct boot_tree tree;
    uint16_t node[BOOTINFO_CORES_MAX];
    test_random_init(&random, 1);
    for (unsigned round = 0; round < 20; round++) {
        for (unsigned c = 0; c < sizeof(counts) / sizeof(counts[0]); c++) {
            unsigned fan_out = 1 + (unsigned)test_random_below(&random, BOOT_FAN_OUT_MAX);
            unsigned nodes = 1 + (unsigned)test_random_below(&random, BOOTINFO_NODES_MAX);
            make_random(&random, counts[c], node, nodes);
            CU_ASSERT_EQUAL_FATAL(boot_tree_make(&tree, node, counts[c], fan_out), SYS_ERR_OK);
            check_tree(&tree, node, fan_out);
            for (unsigned i = 0; i < 300; i++)
                check_route(&tree, (coreid_t)test_random_below(&random, counts[c]),
                            (coreid_t)test_random_below(&random, counts[c]));
        }
    }
}

static void depth_is_logarithmic(void)
{
    uint16_t node[BOOTINFO_CORES_MAX] = {0};
    struct boot_tree tree;
    CU_ASSERT_EQUAL_FATAL(boot_tree_make(&tree, node, 255, 3), SYS_ERR_OK);
    unsigned depth = 0;
    for (coreid_t core = 254; core != 0; core = tree.parent[core])
        depth++;
    CU_ASSERT_EQUAL(depth, 5);
}

static void bad_arguments(void)
{
    uint16_t node[BOOTINFO_CORES_MAX] = {0};
    struct boot_tree tree;
    coreid_t children[BOOT_CHILDREN_MAX];
    CU_ASSERT_EQUAL(boot_tree_make(&tree, node, 0, 2), LIB_ERR_INVALID_ARGS);
    CU_ASSERT_EQUAL(boot_tree_make(&tree, node, BOOTINFO_CORES_MAX + 1, 2), LIB_ERR_INVALID_ARGS);
    CU_ASSERT_EQUAL(boot_tree_make(&tree, node, 2, 0), LIB_ERR_INVALID_ARGS);
    CU_ASSERT_EQUAL(boot_tree_make(&tree, node, 2, BOOT_FAN_OUT_MAX + 1), LIB_ERR_INVALID_ARGS);
    node[1] = BOOTINFO_NODES_MAX;
    CU_ASSERT_EQUAL(boot_tree_make(&tree, node, 2, 2), LIB_ERR_INVALID_ARGS);
    node[1] = 0;
    CU_ASSERT_EQUAL_FATAL(boot_tree_make(&tree, node, 2, 2), SYS_ERR_OK);
    CU_ASSERT_EQUAL(boot_tree_next_hop(&tree, 0, 2), BOOT_CORE_NONE);
    CU_ASSERT_EQUAL(boot_tree_next_hop(&tree, 7, 1), BOOT_CORE_NONE);
    CU_ASSERT_FALSE(boot_tree_below(&tree, 0, 2));
    CU_ASSERT_FALSE(boot_tree_below(&tree, 2, 1));
    CU_ASSERT_EQUAL(boot_tree_children(&tree, 1, children), 0);
}

TEST_SUITE("start tree") = {
    {"random machines: every core once, every route", random_machines},
    {"255 cores in one node are five deep", depth_is_logarithmic},
    {"bad arguments and cores that do not exist", bad_arguments},
};
