// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// A capability and the slot that holds it, as the CPU driver stores them, and what the kernel
// objects that hold slots look like in memory. User space never sees these; it is told of a
// capability as struct capability (kpi/capabilities.h).

#pragma once

#include "kpi/capabilities.h"

/// A zombie that has a place to go back to (zombie.c, Z2).
#define ZOMBIE_FOLLOWS 1u

/// One capability. `base` and `bytes` name the object together with `type`; see struct capability
/// for types without memory. `extra` and `aux` by type and state:
///   EndPointLMP  offset in the dispatcher frame | badge << 32; messages that the buffer holds
///   Mapping      physical address of the table | first entry; number of entries
///   CLEARING     bytes cleared so far; 0
///   ZOMBIE       the zombie before it in the ring (a pointer); next slot to look at. rights are
///                ZOMBIE_FOLLOWS or 0
struct cap {
    genpaddr_t base;
    gensize_t bytes;
    uint64_t extra;
    uint8_t type;   ///< enum objtype; ObjType_Null: the slot is empty and nothing else counts
    uint8_t rights; ///< CAPRIGHTS_
    uint8_t flags;  ///< CAPFLAG_
    uint8_t level;  ///< mapping database: height of the subtree
    coreid_t owner;
    uint16_t aux;
};
_Static_assert(sizeof(struct cap) == 32, "two capabilities per cache line");
_Static_assert(offsetof(struct cap, rights) == offsetof(struct cap, type) + 1, "cap_has()");
_Static_assert(offsetof(struct cap, flags) == offsetof(struct cap, type) + 2, "cap_has()");

/// A slot. left, right, max_end: mapping database. next: list of zombies or of unreturned memory.
struct cte {
    struct cap cap;
    struct cte *left, *right;
    uint64_t max_end; ///< greatest end of an object in this subtree
    struct cte *next;
};
_Static_assert(sizeof(struct cte) == OBJSIZE_CTE, "kpi says how large a slot is");

/// A page table of any level: what the processor reads, then who made each entry.
struct vnode {
    uint64_t entry[VNODE_ENTRIES];
    struct cte *mapping[VNODE_ENTRIES]; ///< NULL where nothing is mapped
};
_Static_assert(sizeof(struct vnode) == OBJSIZE_VNODE, "kpi says how large a VNode is");

/// The start of a Dispatcher object: capabilities that the dispatcher lives by. They go when it
/// goes; each may also vanish before, by a revocation, so check the type at every use.
struct dispatcher_slots {
    struct cte cspace; ///< L1CNode
    struct cte vspace; ///< VNode_x86_64_pml4
    struct cte frame;  ///< Frame that holds struct dispatcher_shared
    struct cte death;  ///< EndPointLMP told of its end, or empty
    struct cte info;   ///< Frame for its exposed information (kpi/info.h), or empty
};
#define DISPATCHER_SLOTS 5u
_Static_assert(sizeof(struct dispatcher_slots) == DISPATCHER_SLOTS * OBJSIZE_CTE, "slots only");

/// Flags that make a capability unusable for all but deletion. A held one can be used, but nothing
/// be made of it (hold.c).
#define CAPFLAGS_BUSY (CAPFLAG_CLEARING | CAPFLAG_ZOMBIE)

/// A capability with all rights to a new object.
static inline struct cap cap_make(enum objtype type, genpaddr_t base, gensize_t bytes)
{
    return (struct cap){.base = base, .bytes = bytes, .type = type, .rights = CAPRIGHTS_ALL};
}

static inline genpaddr_t cap_end(const struct cap *cap)
{
    return cap->base + cap->bytes;
}

static inline bool cte_empty(const struct cte *cte)
{
    return cte->cap.type == ObjType_Null;
}

/// Whether the slot holds a usable capability of this type.
static inline bool cte_is(const struct cte *cte, enum objtype type)
{
    return cte->cap.type == type && (cte->cap.flags & CAPFLAGS_BUSY) == 0;
}

/// Whether a capability is usable, of this type, and has these rights, in one comparison.
static inline bool cap_has(const struct cap *cap, enum objtype type, uint8_t rights)
{
    uint32_t head;
    __builtin_memcpy(&head, &cap->type, sizeof(head));
    uint32_t wanted = (uint32_t)type | (uint32_t)rights << 8;
    return (head & (0xffu | (uint32_t)rights << 8 | CAPFLAGS_BUSY << 16)) == wanted;
}

static inline bool cap_is_vnode(const struct cap *cap)
{
    return cap->type >= ObjType_VNode_x86_64_pml4 && cap->type <= ObjType_VNode_x86_64_ptable;
}

static inline uint32_t endpoint_offset(const struct cap *cap)
{
    return (uint32_t)cap->extra;
}

/// Whether it is one that the dispatcher made for itself.
static inline bool endpoint_is_own(const struct cap *cap)
{
    return (cap->flags & CAPFLAG_OWN) != 0;
}

static inline uint32_t endpoint_badge(const struct cap *cap)
{
    return (uint32_t)(cap->extra >> 32);
}
