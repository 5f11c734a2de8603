// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Who gets which memory: divides the RAM and KCB regions that one monitor was given among itself
// and the cores it starts, each of which gets the shares of its whole subtree and divides them in
// the same way. The pieces of each region follow one another without a gap, so that the region's
// own capability can be deleted once the pieces are retyped out of it.
//
// A core gets its share of a node in one piece, because it cannot start in several; the shares are
// as equal as the regions allow, the smallest one as large as possible.
//
// RAM comes from the core's own NUMA node if that has any; otherwise from the nearest node that
// has. RAM of a node without cores goes to the cores of the nearest node with cores.

#pragma once

#include "protocol/boot_tree.h"

#define BOOT_PIECES_MAX 256u
#define BOOT_HEIRS_MAX (1 + BOOT_CHILDREN_MAX)
/// Unit in which RAM is divided, in bytes.
#define BOOT_RAM_GRANULE 65536u

/// Part of a region: [base, base + bytes) of region number `region`, for heir number `heir`.
struct boot_piece {
    genpaddr_t base;
    gensize_t bytes;
    uint16_t region;
    uint16_t heir;
};

/// Heir 0 is the core that divides; the others are those that it starts, in this order.
struct boot_heir {
    coreid_t core;
    uint16_t cores; ///< in its subtree, itself included; heir 0: only itself
    uint16_t kcb; ///< number of its KCB piece, or BOOT_CORE_NONE: not enough KCB memory to start it
    gensize_t ram_bytes; ///< for its whole subtree
    uint32_t places;     ///< cores that could start in it: pieces of BOOTINFO_CORE_RAM_MIN
};

struct boot_plan {
    unsigned heirs_count;
    unsigned pieces_count;
    struct boot_heir heirs[BOOT_HEIRS_MAX];
    struct boot_piece pieces[BOOT_PIECES_MAX]; ///< ordered by region, then by address
};

/// Divides `regions` (REGION_RAM and REGION_KCB; others are ignored). The root of the tree keeps no
/// RAM for itself, as its share was taken before; every other core keeps a share. KCB pieces hold
/// OBJSIZE_KCB for each core of the subtree and are contiguous; what is left of KCB stays with heir
/// 0.
///
/// \param used      bytes of its own share that this core has taken before and that are not among the
///                  regions; its part of them is so much smaller than the others'
/// \param distance  between NUMA nodes, as in struct bootinfo
/// \return MON_ERR_LIMIT if there are too many regions for BOOT_PIECES_MAX; SYS_ERR_CORE_DATA if a
///         region wraps around, lies in no node or is not a multiple of the page size. The plan is
///         undefined then.
__attribute__((warn_unused_result)) errval_t
boot_plan_make(struct boot_plan *plan, const struct boot_tree *tree, coreid_t self,
               const struct bootinfo_region *regions, unsigned regions_count, gensize_t used,
               const uint8_t distance[BOOTINFO_NODES_MAX][BOOTINFO_NODES_MAX]);
