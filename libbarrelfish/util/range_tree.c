// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// A treap: a binary search tree by base that is at the same time a heap by a hash of the base, so
// that its shape does not depend on the order of insertion and its depth stays near 2 ln n. Each
// node carries the largest weight below it, which lets the first-fit search skip whole subtrees.
// Pure: the host tests it against a plain array. Source: Seidel and Aragon, Randomized Search
// Trees, Algorithmica 16 (1996).
#include "barrelfish/range_tree.h"

static uint64_t priority(const struct range_node *node)
{
    uint64_t hash = node->base * 0x9e3779b97f4a7c15u;
    return (hash ^ (hash >> 29)) * 0xbf58476d1ce4e5b9u;
}

static void update(struct range_node *node)
{
    node->heaviest = node->weight;
    if (node->left != NULL && node->left->heaviest > node->heaviest)
        node->heaviest = node->left->heaviest;
    if (node->right != NULL && node->right->heaviest > node->heaviest)
        node->heaviest = node->right->heaviest;
}

/// Splits a subtree into the nodes below the base and those from it on.
static void split(struct range_node *root, uint64_t base, struct range_node **low,
                  struct range_node **high)
{
    if (root == NULL) {
        *low = *high = NULL;
    } else if (root->base < base) {
        split(root->right, base, &root->right, high);
        update(root);
        *low = root;
    } else {
        split(root->left, base, low, &root->left);
        update(root);
        *high = root;
    }
}

/// Joins two subtrees, all of the first below all of the second.
static struct range_node *join(struct range_node *low, struct range_node *high)
{
    if (low == NULL || high == NULL)
        return low == NULL ? high : low;
    if (priority(low) > priority(high)) {
        low->right = join(low->right, high);
        update(low);
        return low;
    }
    high->left = join(low, high->left);
    update(high);
    return high;
}

/// Where a node is, or would be, below another.
static struct range_node **side_of(struct range_node *root, const struct range_node *node)
{
    return node->base < root->base ? &root->left : &root->right;
}

static struct range_node *insert(struct range_node *root, struct range_node *node)
{
    if (root == NULL || priority(node) > priority(root)) {
        split(root, node->base, &node->left, &node->right);
        update(node);
        return node;
    }
    struct range_node **side = side_of(root, node);
    *side = insert(*side, node);
    update(root);
    return root;
}

static struct range_node *remove_node(struct range_node *root, struct range_node *node)
{
    if (root == node)
        return join(node->left, node->right);
    struct range_node **side = side_of(root, node);
    *side = remove_node(*side, node);
    update(root);
    return root;
}

static void refresh(struct range_node *root, const struct range_node *node)
{
    if (root != node)
        refresh(*side_of(root, node), node);
    update(root);
}

static struct range_node *first(struct range_node *root, uint64_t weight, uint64_t from)
{
    if (root == NULL || root->heaviest < weight)
        return NULL;
    if (root->base >= from) {
        struct range_node *found = first(root->left, weight, from);
        if (found != NULL || root->weight >= weight)
            return found != NULL ? found : root;
    }
    return first(root->right, weight, from);
}

struct range_node *range_tree_below(const struct range_tree *tree, uint64_t number)
{
    struct range_node *found = NULL, *node = tree->root;
    while (node != NULL) {
        bool fits = node->base <= number;
        found = fits ? node : found;
        node = fits ? node->right : node->left;
    }
    return found;
}

struct range_node *range_tree_above(const struct range_tree *tree, uint64_t number)
{
    return first(tree->root, 0, number);
}

struct range_node *range_tree_find(const struct range_tree *tree, uint64_t number)
{
    struct range_node *node = range_tree_below(tree, number);
    return node != NULL && number - node->base < node->bytes ? node : NULL;
}

struct range_node *range_tree_first(const struct range_tree *tree, uint64_t weight, uint64_t from)
{
    return first(tree->root, weight, from);
}

bool range_tree_insert(struct range_tree *tree, struct range_node *node)
{
    uint64_t last = node->base + (node->bytes - 1);
    if (node->bytes == 0 || last < node->base)
        return false;
    const struct range_node *below = range_tree_below(tree, last);
    if (below != NULL && (below->base >= node->base || node->base - below->base < below->bytes))
        return false;
    tree->root = insert(tree->root, node);
    tree->count++;
    return true;
}

void range_tree_remove(struct range_tree *tree, struct range_node *node)
{
    tree->root = remove_node(tree->root, node);
    tree->count--;
    node->left = node->right = NULL;
}

void range_tree_set_weight(struct range_tree *tree, struct range_node *node, uint64_t weight)
{
    node->weight = weight;
    refresh(tree->root, node);
}

/// Counts the nodes of a subtree whose ranges lie in [low, high]; SIZE_MAX if something is wrong.
static size_t check(const struct range_node *node, uint64_t low, uint64_t high)
{
    if (node == NULL)
        return 0;
    uint64_t last = node->base + (node->bytes - 1);
    uint64_t heaviest = node->weight;
    const struct range_node *sides[2] = {node->left, node->right};
    for (unsigned i = 0; i < 2; i++) {
        if (sides[i] != NULL && priority(sides[i]) > priority(node))
            return SIZE_MAX;
        if (sides[i] != NULL && sides[i]->heaviest > heaviest)
            heaviest = sides[i]->heaviest;
    }
    bool edges = (node->left == NULL || node->base > low) && (node->right == NULL || last < high);
    if (node->bytes == 0 || last < node->base || node->base < low || last > high || !edges ||
        heaviest != node->heaviest)
        return SIZE_MAX;
    size_t left = node->left == NULL ? 0 : check(node->left, low, node->base - 1);
    size_t right = node->right == NULL ? 0 : check(node->right, last + 1, high);
    return left == SIZE_MAX || right == SIZE_MAX ? SIZE_MAX : left + right + 1;
}

bool range_tree_valid(const struct range_tree *tree)
{
    return check(tree->root, 0, UINT64_MAX) == tree->count;
}
