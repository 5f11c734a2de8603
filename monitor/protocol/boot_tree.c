// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The start tree, see protocol/boot_tree.h. Inside a node the cores are a heap in order of their
// numbers: the leader at place 0, the parent of place i at (i - 1) / fan_out. Stands on nothing but
// kpi's types.

#include "protocol/boot_tree.h"

errval_t boot_tree_make(struct boot_tree *tree, const uint16_t *node, unsigned count,
                        unsigned fan_out)
{
    if (count == 0 || count > BOOTINFO_CORES_MAX || fan_out == 0 || fan_out > BOOT_FAN_OUT_MAX)
        return LIB_ERR_INVALID_ARGS;
    for (unsigned core = 0; core < count; core++)
        if (node[core] >= BOOTINFO_NODES_MAX)
            return LIB_ERR_INVALID_ARGS;
    coreid_t members[BOOTINFO_NODES_MAX][BOOTINFO_CORES_MAX];
    unsigned places[BOOTINFO_NODES_MAX] = {0};
    tree->count = count;
    for (unsigned core = 0; core < count; core++) {
        unsigned n = node[core];
        unsigned place = places[n]++;
        members[n][place] = (coreid_t)core;
        tree->node[core] = (uint16_t)n;
        if (place > 0)
            tree->parent[core] = members[n][(place - 1) / fan_out];
        else
            tree->parent[core] = core == 0 ? BOOT_CORE_NONE : 0;
    }
    return SYS_ERR_OK;
}

unsigned boot_tree_children(const struct boot_tree *tree, coreid_t core,
                            coreid_t children[BOOT_CHILDREN_MAX])
{
    unsigned found = 0;
    for (int leaders = 1; leaders >= 0; leaders--) {
        for (unsigned c = 1; c < tree->count; c++) {
            bool leader = tree->node[c] != tree->node[tree->parent[c]];
            if (tree->parent[c] == core && leader == (leaders == 1))
                children[found++] = (coreid_t)c;
        }
    }
    return found;
}

bool boot_tree_below(const struct boot_tree *tree, coreid_t root, coreid_t core)
{
    if (core >= tree->count || root >= tree->count)
        return false;
    while (core != root && core != 0)
        core = tree->parent[core];
    return core == root;
}

unsigned boot_tree_size(const struct boot_tree *tree, coreid_t root)
{
    unsigned size = 0;
    for (unsigned core = 0; core < tree->count; core++)
        size += boot_tree_below(tree, root, (coreid_t)core) ? 1 : 0;
    return size;
}

coreid_t boot_tree_next_hop(const struct boot_tree *tree, coreid_t self, coreid_t destination)
{
    if (destination >= tree->count || self >= tree->count || destination == self)
        return BOOT_CORE_NONE;
    coreid_t core = destination;
    while (core != 0) {
        if (tree->parent[core] == self)
            return core;
        core = tree->parent[core];
    }
    return tree->parent[self];
}
