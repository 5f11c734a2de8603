// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What the files of caps/ need of each other. Private to caps/.

#pragma once

#include "caps/caps.h"

/// Whether a usable capability of this type can be put there.
errval_t slot_check(const struct caps_dest *dest, uint8_t type);

/// Whether this new capability can be put there: also whether it is held.
errval_t slot_check_new(struct caps *caps, const struct caps_dest *dest, const struct cap *cap);

/// Fill an empty slot, or empty a full one, and keep the database.
void slot_fill(struct caps *caps, struct cte *slot, const struct cap *cap);
void slot_clear(struct caps *caps, struct cte *slot);

/// Set or clear one of the flags that the database orders copies by.
void slot_set_flag(struct caps *caps, struct cte *cte, uint8_t flag, bool set);

/// Move a capability in any state, zombies included; whoever points to its slot is told.
void slot_move(struct caps *caps, struct cte *to, struct cte *from);

/// What became of an attempt to empty a slot.
enum progress {
    PROGRESS_DONE,    ///< it is empty
    PROGRESS_MORE,    ///< some work was done, more is to do
    PROGRESS_ZOMBIE,  ///< it holds a zombie, which zombie_step will empty
    PROGRESS_BLOCKED, ///< the monitor has no room
};

/// Make one primitive step towards an empty slot.
enum progress slot_delete_step(struct caps *caps, struct cte *slot, int *budget);

/// Give back memory that no capability covers.
void memory_return(struct caps *caps, genpaddr_t base, gensize_t bytes);

/// Begin to empty a container of which `cte` is the last capability.
void zombie_begin(struct caps *caps, struct cte *cte);

/// Work on this zombie, or on one in it that must go first. It may then lie in another slot. Returns
/// false if it is blocked.
bool zombie_step(struct caps *caps, struct cte *zombie, int *budget);

/// The first zombie is blocked: let another be the first.
void zombie_pass_over(struct caps *caps);

/// Whether a slot holds a zombie. It may be no slot any more, but what is left of memory that has been
/// returned, or a note on it.
static inline bool zombie_is(const struct cte *cte)
{
    const struct cap *cap = &cte->cap;
    bool container = cap->type == ObjType_L1CNode || cap->type == ObjType_L2CNode ||
                     cap->type == ObjType_Dispatcher || cap_is_vnode(cap);
    return container && (cap->flags & CAPFLAG_ZOMBIE) != 0;
}

/// A zombie moved: tell its neighbours in the ring.
void zombie_moved(struct caps *caps, struct cte *to, const struct cte *from);

/// Check the ring.
bool zombies_valid(const struct caps *caps);

/// The table that a Mapping was made in, and its first entry there.
static inline struct vnode *mapping_table(const struct caps *caps, const struct cap *mapping)
{
    return caps_ptr(caps, mapping->extra & ~(uint64_t)(BASE_PAGE_SIZE - 1));
}

static inline uint32_t mapping_first(const struct cap *mapping)
{
    return (uint32_t)(mapping->extra & (BASE_PAGE_SIZE - 1));
}

/// Clear the page-table entries of a Mapping and empty its slot.
void mapping_delete(struct caps *caps, struct cte *mapping, int *budget);
