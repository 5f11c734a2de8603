// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The tree over which cores start one another and over which monitors route what they have no
// direct channel for. It is a function of the machine alone, so that every monitor computes the
// same tree by itself and nothing about it is ever sent. Core 0, the root, starts one leader for
// each other NUMA node, because a leader then starts all others of its node out of memory of that
// node; inside a node each core starts at most `fan_out`.

#pragma once

#include "kpi/bootinfo.h"
#include "kpi/errors.h"

#define BOOT_CORE_NONE 0xffffu
/// Most children: seven leaders and eight of the own node.
#define BOOT_CHILDREN_MAX (BOOTINFO_NODES_MAX - 1 + BOOT_FAN_OUT_MAX)
#define BOOT_FAN_OUT_MAX 8u

/// Private to boot_tree; visible for allocation.
struct boot_tree {
    unsigned count;
    uint16_t node[BOOTINFO_CORES_MAX];
    coreid_t parent[BOOTINFO_CORES_MAX]; ///< BOOT_CORE_NONE for the root
};

/// Computes the tree over the cores 0 to count - 1, where core i is in NUMA node node[i].
///
/// \param count    1 to BOOTINFO_CORES_MAX
/// \param fan_out  1 to BOOT_FAN_OUT_MAX: most cores that a core starts inside its node
/// \return LIB_ERR_INVALID_ARGS if count, fan_out or a node is out of range; the tree is untouched
///         then
__attribute__((warn_unused_result)) errval_t
boot_tree_make(struct boot_tree *tree, const uint16_t *node, unsigned count, unsigned fan_out);

/// Writes the cores that `core` starts to `children`, in the order in which to start them (leaders
/// first), and returns how many they are.
unsigned boot_tree_children(const struct boot_tree *tree, coreid_t core,
                            coreid_t children[BOOT_CHILDREN_MAX]);

/// Tells whether `core` is `root` or started by it, directly or not. False for cores that do not
/// exist.
bool boot_tree_below(const struct boot_tree *tree, coreid_t root, coreid_t core);

/// Number of cores in the subtree of `root`, itself included.
unsigned boot_tree_size(const struct boot_tree *tree, coreid_t root);

/// The neighbour of `self` in the tree to which a message for `destination` goes: a child or the
/// parent; BOOT_CORE_NONE if the destination is `self` or does not exist.
coreid_t boot_tree_next_hop(const struct boot_tree *tree, coreid_t self, coreid_t destination);
