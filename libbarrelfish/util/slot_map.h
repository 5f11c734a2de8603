// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Which slots of a capability space are free: a bit for each, pure. Private to slot_alloc.c; the
// host tests it. Nothing here makes a CNode, takes a lock or allocates: the map of a larger
// L1CNode is made of chunks that the caller brings, one when it is needed, so that a small domain
// pays for its first 256 L1 slots only.
// SM1 No L1 slot before `root_hint` is free, and `roots_free` are in all.
// SM2 Only L1 slots in use are added.
// SM3 `free_in` counts the bits of an L2CNode that is added, `free_count` those of all.
#pragma once

#include "kpi/capabilities.h"

#define SLOT_CHUNK_ROOTS L1_CNODE_SLOTS_MIN
#define SLOT_CHUNKS_MAX (L1_CNODE_SLOTS_MAX / SLOT_CHUNK_ROOTS)

/// The map of 256 L1 slots and of the L2CNodes in them.
struct slot_chunk {
    uint64_t taken_root[SLOT_CHUNK_ROOTS / 64];                ///< L1 slots that are in use
    uint64_t free_bits[SLOT_CHUNK_ROOTS][L2_CNODE_SLOTS / 64]; ///< slots that are not handed out
    uint16_t free_in[SLOT_CHUNK_ROOTS];                        ///< those that may be
};

struct slot_map {
    struct slot_chunk first;
    struct slot_chunk *chunks[SLOT_CHUNKS_MAX];
    cslot_t roots;       ///< L1 slots that the chunks cover
    cslot_t roots_free;  ///< those not in use
    cslot_t root_hint;   ///< none before it is free
    uint32_t free_count; ///< free slots of all L2CNodes
    cslot_t hint;        ///< L1 slot to look at first
};

/// Start with 256 L1 slots, the first `taken` of them in use, and no slot to hand out.
void slot_map_init(struct slot_map *map, cslot_t taken);

/// 256 more L1 slots, all free; less than L1_CNODE_SLOTS_MAX are there. The chunk stays with the
/// map.
void slot_map_extend(struct slot_map *map, struct slot_chunk *chunk);

/// A free L1 slot, now in use; L1_CNODE_SLOTS_MAX if there is none.
cslot_t slot_map_take_root(struct slot_map *map);

/// Give an L1 slot back. False if it was not in use.
bool slot_map_put_root(struct slot_map *map, cslot_t root);

/// All slots of the (empty) L2CNode in this L1 slot, which is in use, may be handed out.
void slot_map_add(struct slot_map *map, cslot_t root);

/// Hand out none of an added L2CNode's slots any more. False if one is in use.
bool slot_map_remove(struct slot_map *map, cslot_t root);

/// A free slot, now in use; 0 if there is none.
capaddr_t slot_map_take(struct slot_map *map);

/// Give a slot back. False if it was not handed out.
bool slot_map_put(struct slot_map *map, capaddr_t addr);
