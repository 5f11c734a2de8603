// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Which slots of a capability space are free: a bit for each, pure. Private to slot_alloc.c; the
// host tests it. Nothing here makes a CNode or takes a lock.
#pragma once

#include "kpi/capabilities.h"

struct slot_map {
    uint64_t taken_root[L1_CNODE_SLOTS_MIN / 64];                ///< L1 slots that are in use
    uint64_t added[L1_CNODE_SLOTS_MIN / 64];                     ///< those with slots to hand out
    uint64_t free_bits[L1_CNODE_SLOTS_MIN][L2_CNODE_SLOTS / 64]; ///< free slots of each L2CNode
    uint16_t free_in[L1_CNODE_SLOTS_MIN];                        ///< their number
    uint32_t free_count;                                         ///< of all L2CNodes
    uint32_t hint;                                               ///< L1 slot to look at first
};

/// Start with the first `taken` L1 slots in use and no slot to hand out.
void slot_map_init(struct slot_map *map, cslot_t taken);

/// A free L1 slot, now in use; L1_CNODE_SLOTS_MIN if there is none.
cslot_t slot_map_take_root(struct slot_map *map);

/// Give an L1 slot back. False if it was not in use.
bool slot_map_put_root(struct slot_map *map, cslot_t root);

/// All slots of the (empty) L2CNode in this L1 slot, which is in use, may be handed out.
void slot_map_add(struct slot_map *map, cslot_t root);

/// A free slot, now in use; 0 if there is none.
capaddr_t slot_map_take(struct slot_map *map);

/// Give a slot back. False if it was not handed out.
bool slot_map_put(struct slot_map *map, capaddr_t addr);
