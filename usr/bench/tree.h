// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Trees over cores, for messages to all of them. Pure.
#pragma once

#include "options.h"

#define TREE_NONE UINT16_MAX

/// Who sends to whom. Positions are those of the cores in the caller's list; position 0 is the
/// root.
struct tree {
    uint16_t parent[CORES_MAX]; ///< a position; TREE_NONE: the root
    unsigned depth;             ///< messages from the root to the farthest
};

/// Complete tree in the order of the list; 1 <= count <= CORES_MAX, 1 <= arity. With an arity of
/// count - 1 or more the root sends to all.
void tree_plain(struct tree *tree, unsigned count, unsigned arity);

/// The first of each node's cores in the list leads it: a complete tree over the leaders, and one
/// below each leader over its node. So each node but the root's is entered by one message.
void tree_nodes(struct tree *tree, unsigned count, unsigned arity, const uint16_t *nodes);
