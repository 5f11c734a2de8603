// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// References to capabilities: a slot in a CNode of a capability space, and the well-known ones of
// every domain. A capref names a slot whether or not a capability is in it. Pure values: nothing
// here calls the CPU driver. Stands on kpi/capabilities.h.

#pragma once

#include "barrelfish/types.h"
#include "kpi/capabilities.h"

/// Levels of a cnoderef: that of the slots in it.
#define CNODE_LEVEL_ROOT 1u  ///< an L1CNode
#define CNODE_LEVEL_OTHER 2u ///< an L2CNode

/// A CNode. All zero: no CNode.
struct cnoderef {
    capaddr_t croot; ///< address of the space's L1CNode in the own space; 0 is the own space
    capaddr_t cnode; ///< L1 index * L2_CNODE_SLOTS of an L2CNode; 0 for an L1CNode
    uint8_t level;   ///< CNODE_LEVEL_
};

/// A slot. All zero: NULL_CAP.
struct capref {
    struct cnoderef cnode;
    cslot_t slot;
};

#define NULL_CNODE ((struct cnoderef){0, 0, 0})
#define NULL_CAP ((struct capref){NULL_CNODE, 0})

/// The L2CNode in a slot of the own L1CNode.
#define ROOTCN_CNODE(l1_slot)                                                                      \
    ((struct cnoderef){0, (capaddr_t)(l1_slot)*L2_CNODE_SLOTS, CNODE_LEVEL_OTHER})

#define cnode_root ((struct cnoderef){0, 0, CNODE_LEVEL_ROOT})
#define cnode_task ROOTCN_CNODE(ROOTCN_SLOT_TASKCN)
#define cnode_page ROOTCN_CNODE(ROOTCN_SLOT_PAGECN)
#define cnode_seg ROOTCN_CNODE(ROOTCN_SLOT_SEGCN)
#define cnode_arg ROOTCN_CNODE(ROOTCN_SLOT_ARGCN)
#define cnode_module ROOTCN_CNODE(ROOTCN_SLOT_MODULECN)
#define cnode_super ROOTCN_CNODE(ROOTCN_SLOT_SUPERCN)

#define TASKCN_CAP(task_slot) ((struct capref){cnode_task, (task_slot)})

#define cap_root TASKCN_CAP(TASKCN_SLOT_ROOTCN)
#define cap_dispatcher TASKCN_CAP(TASKCN_SLOT_DISPATCHER)
#define cap_dispframe TASKCN_CAP(TASKCN_SLOT_DISPFRAME)
#define cap_vroot TASKCN_CAP(TASKCN_SLOT_VROOT)
#define cap_argspage TASKCN_CAP(TASKCN_SLOT_ARGSPAGE)
#define cap_selfep TASKCN_CAP(TASKCN_SLOT_SELFEP)
#define cap_monitorep TASKCN_CAP(TASKCN_SLOT_MONITOREP)
#define cap_memservep TASKCN_CAP(TASKCN_SLOT_MEMSERVEP)
#define cap_spawndep TASKCN_CAP(TASKCN_SLOT_SPAWNDEP)
#define cap_kernelinfo TASKCN_CAP(TASKCN_SLOT_KERNELINFO)
#define cap_kernel TASKCN_CAP(TASKCN_SLOT_KERNEL)
#define cap_bootinfo TASKCN_CAP(TASKCN_SLOT_BOOTINFO)
#define cap_irq TASKCN_CAP(TASKCN_SLOT_IRQ)
#define cap_io TASKCN_CAP(TASKCN_SLOT_IO)
#define cap_physaddr TASKCN_CAP(TASKCN_SLOT_PHYSADDR)

/// Tells whether two references name the same CNode.
static inline bool cnodecmp(struct cnoderef c1, struct cnoderef c2)
{
    return c1.croot == c2.croot && c1.cnode == c2.cnode && c1.level == c2.level;
}

/// Tells whether two references name the same slot.
static inline bool capcmp(struct capref c1, struct capref c2)
{
    return c1.slot == c2.slot && cnodecmp(c1.cnode, c2.cnode);
}

static inline bool capref_is_null(struct capref cap)
{
    return cap.cnode.level == 0;
}

/// Level of the slot: 1 in an L1CNode, 2 in an L2CNode, 0 for NULL_CAP.
static inline uint8_t get_cap_level(struct capref cap)
{
    return cap.cnode.level;
}

/// Address of the slot in its capability space; 0 for NULL_CAP.
static inline capaddr_t get_cap_addr(struct capref cap)
{
    return cap.cnode.level == CNODE_LEVEL_ROOT ? cap.slot * L2_CNODE_SLOTS
                                               : cap.cnode.cnode + cap.slot;
}

/// The slot's full address, as system calls take it; 0 for NULL_CAP.
static inline uint64_t get_cap_caddr(struct capref cap)
{
    return caddr_make(cap.cnode.croot, get_cap_addr(cap), cap.cnode.level);
}

/// The CNode that the capability in `cap` is: of slots at `level`. An L2CNode must be in a slot of
/// an L1CNode, an L1CNode in a slot of the own space.
static inline struct cnoderef build_cnoderef(struct capref cap, uint8_t level)
{
    if (level == CNODE_LEVEL_ROOT)
        return (struct cnoderef){get_cap_addr(cap), 0, CNODE_LEVEL_ROOT};
    return (struct cnoderef){cap.cnode.croot, get_cap_addr(cap), CNODE_LEVEL_OTHER};
}
