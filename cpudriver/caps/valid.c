// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The validity checker of the capability system, for tests and for finding faults: the database,
// the ring of zombies, memory that waits to be returned, and for each Mapping its object and its
// entries.

#include "arch/x86_64/pte.h"
#include "caps/slot.h"

static bool unreturned_valid(const struct caps *caps)
{
    uint64_t bytes = 0;
    for (const struct cte *note = caps->unreturned; note != NULL; note = note->next) {
        const struct cap *cap = &note->cap;
        if (cap->type != ObjType_RAM || (cap->flags & CAPFLAG_ZOMBIE) == 0 ||
            note != caps_ptr(caps, cap->base) || mdb_find_ancestor(&caps->mdb, cap) != NULL)
            return false;
        bytes += cap->bytes;
    }
    return bytes == caps->unreturned_bytes;
}

static bool mapping_valid(const struct caps *caps, const struct cte *mapping)
{
    const struct cap *cap = &mapping->cap;
    const struct cte *object = mdb_find_ancestor(&caps->mdb, cap);
    if (object == NULL || object->cap.base != cap->base || object->cap.bytes != cap->bytes)
        return false;
    const struct vnode *vnode = mapping_table(caps, cap);
    for (uint32_t i = mapping_first(cap); i < mapping_first(cap) + cap->aux; i++) {
        uint64_t entry = vnode->entry[i], page = entry & PTE_ADDRESS;
        if (vnode->mapping[i] != mapping || (entry & PTE_PRESENT) == 0 || page < cap->base ||
            page >= cap_end(cap))
            return false;
    }
    return true;
}

/// Checks the Mappings of a subtree, whose depth mdb_valid has found to be bounded.
static bool mappings_valid(const struct caps *caps, const struct cte *cte)
{
    if (cte == NULL)
        return true;
    return (cte->cap.type != ObjType_Mapping || mapping_valid(caps, cte)) &&
           mappings_valid(caps, cte->left) && mappings_valid(caps, cte->right);
}

bool caps_valid(const struct caps *caps)
{
    return mdb_valid(&caps->mdb) && zombies_valid(caps) && unreturned_valid(caps) &&
           mappings_valid(caps, caps->mdb.root[MDB_MEMORY]);
}
