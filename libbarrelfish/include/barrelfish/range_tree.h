// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Disjoint ranges of numbers in order, with a search for the first that is heavy enough: mapped
// regions of an address space (weight: the gap below each) and free memory (weight: its size).
// Nodes belong to the caller; nothing is allocated and nothing locked. The fields of a node are
// private to the tree, base, bytes and weight excepted, which may be read.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct range_node {
    uint64_t base;
    uint64_t bytes;
    uint64_t weight;
    uint64_t heaviest; ///< largest weight in this subtree
    struct range_node *left, *right;
};

struct range_tree {
    struct range_node *root;
    size_t count;
};

/// Add a node whose base, bytes (not 0) and weight are set. False, and nothing done, if the range
/// is empty, wraps around or overlaps one in the tree.
bool range_tree_insert(struct range_tree *tree, struct range_node *node);

/// Take a node out that is in the tree.
void range_tree_remove(struct range_tree *tree, struct range_node *node);

/// Give a node that is in the tree another weight.
void range_tree_set_weight(struct range_tree *tree, struct range_node *node, uint64_t weight);

/// The range that contains the number, or NULL.
struct range_node *range_tree_find(const struct range_tree *tree, uint64_t number);

/// The range with the greatest base <= number, or NULL.
struct range_node *range_tree_below(const struct range_tree *tree, uint64_t number);

/// The range with the least base >= number, or NULL.
struct range_node *range_tree_above(const struct range_tree *tree, uint64_t number);

/// The range with the least base >= from and with at least this weight, or NULL.
struct range_node *range_tree_first(const struct range_tree *tree, uint64_t weight, uint64_t from);

/// Whether order, disjointness, heap order, subtree weights and count are right. For tests.
bool range_tree_valid(const struct range_tree *tree);
