// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Virtual addresses: a range tree of what is taken, in which the weight of a range is the gap below
// it. A sentinel at the end carries the last gap, so that every gap has an owner.
#include "address_map.h"

#include <assert.h>

void address_map_init(struct address_map *map, uint64_t low, uint64_t high)
{
    *map = (struct address_map){.end = {.base = high, .bytes = 1, .weight = high - low}};
    (void)range_tree_insert(&map->tree, &map->end);
}

bool address_map_place(const struct address_map *map, uint64_t bytes, uint64_t alignment,
                       uint64_t guard, uint64_t *base)
{
    uint64_t limit = map->end.base;
    if (bytes == 0 || bytes > limit || guard > limit)
        return false;
    uint64_t need = bytes + 2 * guard;
    const struct range_node *above = range_tree_first(&map->tree, need, 0);
    while (above != NULL) {
        uint64_t start = above->base - above->weight + guard;
        start = (start + alignment - 1) & ~(alignment - 1);
        if (start < above->base && above->base - start >= bytes + guard) {
            *base = start;
            return true;
        }
        above = range_tree_first(&map->tree, need, above->base + 1);
    }
    return false;
}

bool address_map_insert(struct address_map *map, struct range_node *node)
{
    struct range_node *above = range_tree_above(&map->tree, node->base);
    if (above == NULL || node->bytes == 0 || node->bytes > above->base - node->base ||
        node->base < above->base - above->weight)
        return false;
    node->weight = node->base - (above->base - above->weight);
    range_tree_set_weight(&map->tree, above, above->base - (node->base + node->bytes));
    return range_tree_insert(&map->tree, node);
}

void address_map_remove(struct address_map *map, struct range_node *node)
{
    struct range_node *above = range_tree_above(&map->tree, node->base + 1);
    assert(above->base - above->weight == node->base + node->bytes); // AM1
    uint64_t gap = above->weight + node->bytes + node->weight;
    range_tree_remove(&map->tree, node);
    range_tree_set_weight(&map->tree, above, gap);
}

struct range_node *address_map_find(const struct address_map *map, uint64_t address)
{
    struct range_node *node = range_tree_find(&map->tree, address);
    return node == &map->end ? NULL : node;
}

struct range_node *address_map_next(const struct address_map *map, uint64_t address)
{
    struct range_node *node = range_tree_find(&map->tree, address);
    node = node != NULL ? node : range_tree_above(&map->tree, address);
    return node == &map->end ? NULL : node;
}
