// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The validity checker of the capability system, for tests and for finding faults: the database,
// the ring of zombies, the number of holds, memory that waits to be returned, for each capability what the table of
// rules says of its type, and for each Mapping its object and its entries.

#include "arch/pte.h"
#include "slot.h"

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

/// Checks what an entry shows: a whole lower table, or a page within the object, with no more
/// rights than the Mapping has and never both writable and executable.
static bool entry_valid(const struct cap *mapping, const struct cap *object, uint64_t entry)
{
    if (cap_is_vnode(object))
        return (entry & ~PTE_ACCESSED) == pte_table(object->base);
    uint64_t page = entry & PTE_ADDRESS;
    bool write = (entry & PTE_WRITE) != 0, execute = (entry & PTE_NO_EXECUTE) == 0;
    return (entry & PTE_PRESENT) != 0 && page >= mapping->base && page < cap_end(mapping) &&
           !(write && execute) && (!write || (mapping->rights & CAPRIGHTS_WRITE) != 0) &&
           (!execute || (mapping->rights & CAPRIGHTS_EXECUTE) != 0);
}

static bool mapping_valid(const struct caps *caps, const struct cte *mapping)
{
    const struct cap *cap = &mapping->cap;
    const struct cte *object = mdb_find_ancestor(&caps->mdb, cap);
    if (object == NULL || object->cap.base != cap->base || object->cap.bytes != cap->bytes)
        return false;
    const struct vnode *vnode = mapping_table(caps, cap);
    for (uint32_t i = mapping_first(cap); i < mapping_first(cap) + cap->aux; i++)
        if (vnode->mapping[i] != mapping || !entry_valid(cap, &object->cap, vnode->entry[i]))
            return false;
    return true;
}

/// Checks a capability against the table of rules.
static bool cap_valid(const struct caps *caps, const struct cte *cte)
{
    const struct cap *cap = &cte->cap;
    const struct cap_type *type = cap_type(cap->type);
    return cap_type_fits(cap->type, cap->base, cap->bytes) && (cap->rights & ~CAPRIGHTS_ALL) == 0 &&
           (type->owned || cap->owner == caps->core) &&
           (type->sendable || (cap->flags & CAPFLAG_REMOTE) == 0) &&
           (cap->type == ObjType_EndPointLMP || !endpoint_is_own(cap)) &&
           (!endpoint_is_own(cap) || endpoint_badge(cap) == 0) &&
           (type->copyable || mdb_find_copy(&caps->mdb, cap, cte) == NULL) &&
           (cap->type != ObjType_Mapping || mapping_valid(caps, cte));
}

static uint64_t count_holds(const struct cte *cte)
{
    return cte == NULL ? 0
                       : ((cte->cap.flags & CAPFLAG_HELD) != 0) + count_holds(cte->left) +
                             count_holds(cte->right);
}

/// Checks the capabilities of a subtree, whose depth mdb_valid has found to be bounded.
static bool subtree_valid(const struct caps *caps, const struct cte *cte)
{
    return cte == NULL || (cap_valid(caps, cte) && subtree_valid(caps, cte->left) &&
                           subtree_valid(caps, cte->right));
}

bool caps_valid(const struct caps *caps)
{
    if (!mdb_valid(&caps->mdb) || !zombies_valid(caps) || !unreturned_valid(caps))
        return false;
    uint64_t holds = 0;
    for (unsigned class = 0; class < MDB_CLASSES; class ++) {
        if (!subtree_valid(caps, caps->mdb.root[class]))
            return false;
        holds += count_holds(caps->mdb.root[class]);
    }
    return holds == caps->holds; // H6
}
