// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// See tree.h.
#include "tree.h"

/// A complete tree over the positions in `list`, whose first is placed already.
static void place(struct tree *tree, const uint16_t *list, unsigned count, unsigned arity)
{
    for (unsigned i = 1; i < count; i++)
        tree->parent[list[i]] = list[(i - 1) / arity];
}

static void measure_depth(struct tree *tree, unsigned count)
{
    tree->depth = 0;
    for (unsigned i = 0; i < count; i++) {
        unsigned depth = 0;
        for (uint16_t at = tree->parent[i]; at != TREE_NONE; at = tree->parent[at])
            depth++;
        tree->depth = depth > tree->depth ? depth : tree->depth;
    }
}

void tree_plain(struct tree *tree, unsigned count, unsigned arity)
{
    static const uint16_t one_node[CORES_MAX];
    tree_nodes(tree, count, arity, one_node);
}

void tree_nodes(struct tree *tree, unsigned count, unsigned arity, const uint16_t *nodes)
{
    uint16_t leaders[CORES_MAX] = {0}, members[CORES_MAX];
    unsigned leaders_count = 1; // the root
    tree->parent[0] = TREE_NONE;
    for (unsigned i = 1; i < count; i++) {
        unsigned known = 0;
        while (known < leaders_count && nodes[leaders[known]] != nodes[i])
            known++;
        if (known == leaders_count)
            leaders[leaders_count++] = (uint16_t)i;
    }
    place(tree, leaders, leaders_count, arity);
    for (unsigned leader = 0; leader < leaders_count; leader++) {
        unsigned members_count = 0;
        for (unsigned i = 0; i < count; i++)
            if (nodes[i] == nodes[leaders[leader]])
                members[members_count++] = (uint16_t)i;
        place(tree, members, members_count, arity);
    }
    measure_depth(tree, count);
}
