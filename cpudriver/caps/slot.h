// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What the files of caps/ need of each other. Private to caps/.

#pragma once

#include "caps/caps.h"

/// Whether a usable capability of this type can be put there.
errval_t slot_check(const struct caps_dest *dest, uint8_t type);

/// Fill an empty slot, or empty a full one, and keep the database.
void slot_fill(struct caps *caps, struct cte *slot, const struct cap *cap);
void slot_clear(struct caps *caps, struct cte *slot);

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

/// Work on the first zombie. Returns false if there is none or it is blocked; then another is
/// first.
bool zombie_step(struct caps *caps, int *budget);

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
