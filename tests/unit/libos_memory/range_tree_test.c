// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The range tree against an array that knows the owner of every number in a small world.
#include <testlib/testlib.h>

#include <barrelfish/range_tree.h>
#include <string.h>

enum { WORLD = 512, ROUNDS = 20000 };

static struct range_node nodes[WORLD];
static struct range_node *owner[WORLD];
static struct range_tree tree;

static void reset(void)
{
    memset(nodes, 0, sizeof(nodes));
    memset(owner, 0, sizeof(owner));
    tree = (struct range_tree){0};
}

/// Node number = base, so that a node is free exactly if nothing starts there.
static bool model_free(uint64_t base, uint64_t bytes)
{
    if (bytes == 0)
        return false;
    for (uint64_t i = base; i < base + bytes; i++)
        if (owner[i] != NULL)
            return false;
    return true;
}

static void model_set(struct range_node *node, struct range_node *value)
{
    for (uint64_t i = node->base; i < node->base + node->bytes; i++)
        owner[i] = value;
}

static struct range_node *model_first(uint64_t weight, uint64_t from)
{
    for (uint64_t i = from; i < WORLD; i++)
        if (owner[i] != NULL && owner[i]->base == i && owner[i]->weight >= weight)
            return owner[i];
    return NULL;
}

static struct range_node *model_below(uint64_t number)
{
    for (uint64_t i = number + 1; i > 0; i--)
        if (owner[i - 1] != NULL && owner[i - 1]->base == i - 1)
            return owner[i - 1];
    return NULL;
}

/// What decides who is above: no two bases have the same.
static uint64_t priority(const struct range_node *node)
{
    uint64_t hash = node->base * 0x9e3779b97f4a7c15u;
    return (hash ^ (hash >> 29)) * 0xbf58476d1ce4e5b9u;
}

static bool below(const struct range_node *child, const struct range_node *node)
{
    return child == NULL || (priority(child) < priority(node) && child->heaviest <= node->heaviest);
}

/// Goes through the nodes in the order of the tree; *end is where the range before ended, *count
/// how many there were.
static bool in_order(const struct range_node *node, unsigned __int128 *end, size_t *count)
{
    if (node == NULL)
        return true;
    bool good = in_order(node->left, end, count) && below(node->left, node) &&
                below(node->right, node) && node->bytes > 0 && node->base >= *end;
    uint64_t heaviest = node->weight;
    for (unsigned i = 0; i < 2; i++) {
        const struct range_node *side = i == 0 ? node->left : node->right;
        heaviest = side != NULL && side->heaviest > heaviest ? side->heaviest : heaviest;
    }
    *end = (unsigned __int128)node->base + node->bytes;
    ++*count;
    return good && heaviest == node->heaviest && *end <= (unsigned __int128)1 << 64 &&
           in_order(node->right, end, count);
}

static bool is_valid(const struct range_tree *t)
{
    unsigned __int128 end = 0;
    size_t count = 0;
    return in_order(t->root, &end, &count) && count == t->count;
}

static void change(struct test_random *random)
{
    uint64_t base = test_random_below(random, WORLD);
    uint64_t bytes = test_random_below(random, 9);
    struct range_node *found = owner[base];
    if (found != NULL && test_random_below(random, 2) == 0) {
        model_set(found, NULL);
        range_tree_remove(&tree, found);
        CU_ASSERT_TRUE(found->left == NULL && found->right == NULL);
        return;
    }
    if (found != NULL) {
        range_tree_set_weight(&tree, found, test_random_below(random, 100));
        return;
    }
    if (base + bytes > WORLD)
        return;
    struct range_node *node = &nodes[base];
    struct range_node fresh = {
        .base = base, .bytes = bytes, .weight = test_random_below(random, 100)};
    bool expected = model_free(base, bytes);
    *node = fresh;
    CU_ASSERT_EQUAL(range_tree_insert(&tree, node), expected);
    if (expected)
        model_set(node, node);
}

static void test_against_model(void)
{
    struct test_random random;
    test_random_init(&random, 1);
    reset();
    for (int i = 0; i < ROUNDS; i++) {
        change(&random);
        uint64_t number = test_random_below(&random, WORLD);
        uint64_t weight = test_random_below(&random, 110);
        CU_ASSERT_PTR_EQUAL(range_tree_find(&tree, number), owner[number]);
        CU_ASSERT_PTR_EQUAL(range_tree_first(&tree, weight, number), model_first(weight, number));
        CU_ASSERT_PTR_EQUAL(range_tree_above(&tree, number), model_first(0, number));
        CU_ASSERT_PTR_EQUAL(range_tree_below(&tree, number), model_below(number));
        if (i % 64 == 0)
            CU_ASSERT(range_tree_valid(&tree) && is_valid(&tree));
    }
    CU_ASSERT(range_tree_valid(&tree));
}

static void test_refusals(void)
{
    struct range_tree empty = {0};
    struct range_node none = {.base = 5};
    struct range_node wraps = {.base = UINT64_MAX - 1, .bytes = 3};
    struct range_node top = {.base = UINT64_MAX - 1, .bytes = 2};
    struct range_node same = top;
    CU_ASSERT_FALSE(range_tree_insert(&empty, &none));
    CU_ASSERT_FALSE(range_tree_insert(&empty, &wraps));
    CU_ASSERT_TRUE(range_tree_insert(&empty, &top));
    CU_ASSERT_FALSE(range_tree_insert(&empty, &same));
    CU_ASSERT_PTR_EQUAL(range_tree_find(&empty, UINT64_MAX), &top);
    CU_ASSERT(range_tree_valid(&empty));
    range_tree_remove(&empty, &top);
    CU_ASSERT_EQUAL(empty.count, 0);
}

/// Ascending insertion is the worst case of a plain search tree.
static size_t depth(const struct range_node *node)
{
    size_t left = node == NULL ? 0 : depth(node->left);
    size_t right = node == NULL ? 0 : depth(node->right);
    return node == NULL ? 0 : 1 + (left > right ? left : right);
}

static void test_depth(void)
{
    reset();
    for (uint64_t i = 0; i < WORLD; i++) {
        nodes[i] = (struct range_node){.base = i * 4096, .bytes = 4096, .weight = 1};
        CU_ASSERT_TRUE(range_tree_insert(&tree, &nodes[i]));
    }
    CU_ASSERT(depth(tree.root) < 40);
    CU_ASSERT(range_tree_valid(&tree));
}

/// One field of one node, or the count, a little more or less; or a node of the two below exchanged.
static void damage(struct test_random *random, struct range_tree *t, struct range_node *node)
{
    uint64_t change = test_random_below(random, 7) - 3;
    struct range_node *left = node->left;
    switch (test_random_below(random, 6)) {
    case 0:
        node->base += change;
        break;
    case 1:
        node->bytes += change;
        break;
    case 2:
        node->weight += change;
        break;
    case 3:
        node->heaviest += change;
        break;
    case 4:
        t->count += change;
        break;
    default:
        node->left = node->right;
        node->right = left;
    }
}

/// Of the first numbers that there are, or of the last.
static void test_validator(void)
{
    struct test_random random;
    unsigned wrong = 0;
    test_random_init(&random, 4);
    for (unsigned i = 0; i < ROUNDS; i++) {
        enum { NODES = 6, BYTES = 4 };
        uint64_t at = i % 2 == 0 ? 0 : -(uint64_t)(NODES * BYTES);
        reset();
        for (unsigned k = 0; k < NODES; k++, at += BYTES) {
            uint64_t gap = test_random_below(&random, 3);
            nodes[k] = (struct range_node){.base = at + (i % 2 == 0 ? gap : 0),
                                           .bytes = BYTES - gap,
                                           .weight = test_random_below(&random, 4)};
            CU_ASSERT_TRUE(range_tree_insert(&tree, &nodes[k]));
        }
        CU_ASSERT_TRUE(range_tree_valid(&tree) && is_valid(&tree));
        damage(&random, &tree, &nodes[test_random_below(&random, NODES)]);
        CU_ASSERT_EQUAL(range_tree_valid(&tree), is_valid(&tree));
        wrong += !is_valid(&tree);
    }
    CU_ASSERT_TRUE(wrong > ROUNDS / 2 && wrong < ROUNDS);
}

TEST_SUITE("range tree") = {
    {"random operations", test_against_model},
    {"refusals", test_refusals},
    {"depth", test_depth},
    {"validator sees damage", test_validator},
};
