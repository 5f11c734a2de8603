// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Trees over cores: each is reached once, no core sends to more than it should, and each NUMA node
// but the root's is entered by one message.
#include "tree.h"

#include <testlib/testlib.h>

#define ARITY_MAX 9u

static struct tree tree;

static void expect_tree(unsigned count, unsigned children_max)
{
    unsigned children[CORES_MAX] = {0};
    CU_ASSERT_EQUAL(tree.parent[0], TREE_NONE);
    for (unsigned i = 1; i < count; i++) {
        unsigned steps = 0;
        uint16_t at = (uint16_t)i;
        while (at != 0 && steps <= count) {
            CU_ASSERT_FATAL(at < count);
            at = tree.parent[at];
            steps++;
        }
        CU_ASSERT(steps <= tree.depth);
        CU_ASSERT(++children[tree.parent[i]] <= children_max);
    }
}

static void test_plain(void)
{
    for (unsigned count = 1; count <= CORES_MAX; count++) {
        for (unsigned arity = 1; arity <= ARITY_MAX; arity++) {
            tree_plain(&tree, count, arity);
            expect_tree(count, arity);
        }
    }
    tree_plain(&tree, 85, 4);
    CU_ASSERT_EQUAL(tree.depth, 3);
    tree_plain(&tree, CORES_MAX, CORES_MAX);
    CU_ASSERT_EQUAL(tree.depth, 1);
    tree_plain(&tree, 10, 1);
    CU_ASSERT_EQUAL(tree.depth, 9);
}

static void test_nodes(void)
{
    struct test_random random;
    uint16_t nodes[CORES_MAX];
    test_random_init(&random, 5);
    for (unsigned round = 0; round < 1000; round++) {
        unsigned count = 1 + (unsigned)test_random_below(&random, CORES_MAX);
        unsigned arity = 1 + (unsigned)test_random_below(&random, ARITY_MAX);
        unsigned entered[8] = {0};
        for (unsigned i = 0; i < count; i++)
            nodes[i] = (uint16_t)test_random_below(&random, 8);
        tree_nodes(&tree, count, arity, nodes);
        expect_tree(count, 2 * arity);
        for (unsigned i = 1; i < count; i++)
            entered[nodes[i]] += nodes[tree.parent[i]] != nodes[i];
        for (unsigned node = 0; node < 8; node++)
            CU_ASSERT(entered[node] <= (node != nodes[0]));
    }
}

TEST_SUITE("tree") = {
    {"complete trees", test_plain},
    {"trees of nodes", test_nodes},
};
