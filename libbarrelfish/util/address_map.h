// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Which virtual addresses are taken, and where the next region goes; pure. Private to the
// address-space manager; the host tests it.
// AM1 The weight of a range is the gap below it.
#pragma once

#include "barrelfish/range_tree.h"

struct address_map {
    struct range_tree tree;
    struct range_node end; ///< sentinel: its weight is the last gap
};

/// An empty map of [low, high).
void address_map_init(struct address_map *map, uint64_t low, uint64_t high);

/// The lowest place for `bytes` at a multiple of `alignment` (a power of two), with at least
/// `guard` bytes free on either side. False if there is none.
bool address_map_place(const struct address_map *map, uint64_t bytes, uint64_t alignment,
                       uint64_t guard, uint64_t *base);

/// Take [node->base, node->base + node->bytes). False, and nothing done, if it is not all free.
bool address_map_insert(struct address_map *map, struct range_node *node);

/// Free a range that was inserted.
void address_map_remove(struct address_map *map, struct range_node *node);

/// The range that contains the address, or NULL.
struct range_node *address_map_find(const struct address_map *map, uint64_t address);

/// The first range that ends above the address, or NULL.
struct range_node *address_map_next(const struct address_map *map, uint64_t address);
