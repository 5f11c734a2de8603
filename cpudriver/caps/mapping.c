// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Page tables by capability: every entry is made by a Mapping, which names what it maps (as its
// base and bytes) and which entries it made (extra, aux). Behind its 512 entries a VNode keeps for
// each the slot of its Mapping, so from either side the other is found at once, and when the table,
// the object or the Mapping goes, so do the other two's traces.
//
// PT1 An entry of user space is 0 if and only if it has no Mapping.
// PT2 All entries that a Mapping made, and no others, have its slot.

#include "arch/pte.h"
#include "lib/kassert.h"
#include "slot.h"

static unsigned level_of(const struct cap *vnode)
{
    return vnode->type - (unsigned)ObjType_VNode_x86_64_pml4;
}

static errval_t check_table(const struct cap *table)
{
    if (!cap_is_vnode(table))
        return SYS_ERR_CAP_TYPE;
    return (table->flags & CAPFLAGS_BUSY) != 0 ? SYS_ERR_CAP_BUSY : SYS_ERR_OK;
}

/// Checks that entries exist and belong to user space.
static errval_t check_entries(const struct cap *table, uint64_t first, uint64_t count)
{
    bool root = table->type == ObjType_VNode_x86_64_pml4;
    uint64_t end = root ? PTE_ROOT_USER_END : VNODE_ENTRIES;
    if (count == 0 || count > VNODE_ENTRIES || first >= end || count > end - first)
        return SYS_ERR_VNODE_SLOT;
    return SYS_ERR_OK;
}

/// Checks flags for pages against the rights of what they show.
static errval_t check_flags(uint64_t flags, uint8_t rights)
{
    if ((flags & ~(uint64_t)VREGION_FLAGS_MASK) != 0)
        return SYS_ERR_ARGS;
    bool write = (flags & VREGION_FLAGS_WRITE) != 0, execute = (flags & VREGION_FLAGS_EXECUTE) != 0;
    if ((flags & VREGION_FLAGS_READ) == 0 || (write && execute) ||
        (write && (rights & CAPRIGHTS_WRITE) == 0) ||
        (execute && (rights & CAPRIGHTS_EXECUTE) == 0))
        return SYS_ERR_VNODE_FLAGS;
    return SYS_ERR_OK;
}

static errval_t check_lower_table(const struct cap *table, uint64_t count, const struct cap *object,
                                  uint64_t offset, uint64_t flags)
{
    if (level_of(object) != level_of(table) + 1 || (flags & VREGION_FLAGS_LARGE) != 0)
        return SYS_ERR_VNODE_LEVEL;
    if ((flags & ~(uint64_t)VREGION_FLAGS_MASK) != 0)
        return SYS_ERR_ARGS;
    return count == 1 && offset == 0 ? SYS_ERR_OK : SYS_ERR_RETYPE_RANGE;
}

static errval_t check_pages(const struct cap *table, uint64_t count, const struct cap *object,
                            uint64_t offset, uint64_t flags)
{
    bool large = (flags & VREGION_FLAGS_LARGE) != 0;
    bool lowest = table->type == ObjType_VNode_x86_64_ptable;
    if (table->type == ObjType_VNode_x86_64_pml4 || large == lowest)
        return SYS_ERR_VNODE_LEVEL;
    errval_t err = check_flags(flags, object->rights);
    if (err_is_fail(err))
        return err;
    uint64_t page = 1ul << pte_level_bits(level_of(table));
    if (offset > object->bytes || (object->base + offset) % page != 0 || offset % page != 0 ||
        count > (object->bytes - offset) / page)
        return SYS_ERR_RETYPE_RANGE;
    return SYS_ERR_OK;
}

static errval_t check_object(const struct cap *table, uint64_t count, const struct cap *object,
                             uint64_t offset, uint64_t flags)
{
    if (!cap_type(object->type)->pages && !cap_is_vnode(object))
        return SYS_ERR_CAP_TYPE;
    if ((object->flags & CAPFLAGS_BUSY) != 0)
        return SYS_ERR_CAP_BUSY;
    return cap_is_vnode(object) ? check_lower_table(table, count, object, offset, flags)
                                : check_pages(table, count, object, offset, flags);
}

/// What the first entry of a mapping has to be. The others follow in steps of a page.
static uint64_t make_entry(const struct cap *object, uint64_t offset, uint64_t flags)
{
    if (cap_is_vnode(object))
        return pte_table(object->base);
    return pte_page(object->base + offset, (flags & VREGION_FLAGS_LARGE) != 0, flags,
                    object->type == ObjType_DevFrame);
}

static errval_t check_unused(const struct caps *caps, const struct cap *table, uint64_t first,
                             uint64_t count)
{
    const struct vnode *vnode = caps_ptr(caps, table->base);
    uintptr_t any = 0;
#pragma GCC unroll 8
    for (uint64_t i = first; i < first + count; i++)
        any |= (uintptr_t)vnode->mapping[i];
    return any == 0 ? SYS_ERR_OK : SYS_ERR_VNODE_IN_USE;
}

/// The object need not be in a slot; a capability to it is.
static errval_t map(struct caps *caps, const struct cap *table, uint64_t first, uint64_t count,
                    const struct cap *object, uint64_t offset, uint64_t flags,
                    const struct caps_dest *dest)
{
    errval_t err = check_table(table);
    if (err_is_ok(err))
        err = check_entries(table, first, count);
    if (err_is_ok(err))
        err = check_object(table, count, object, offset, flags);
    if (err_is_ok(err))
        err = slot_check(dest, ObjType_Mapping);
    if (err_is_ok(err))
        err = check_unused(caps, table, first, count);
    if (err_is_ok(err) && caps_is_held(caps, object))
        err = SYS_ERR_CAP_BUSY;
    if (err_is_fail(err))
        return err;
    struct vnode *vnode = caps_ptr(caps, table->base);
    struct cap mapping = cap_make(ObjType_Mapping, object->base, object->bytes);
    mapping.extra = table->base | first;
    mapping.rights = object->rights;
    mapping.owner = caps->core;
    mapping.aux = (uint16_t)count;
    slot_fill(caps, dest->slot, &mapping);
    uint64_t entry = make_entry(object, offset, flags);
    uint64_t page = 1ul << pte_level_bits(level_of(table));
#pragma GCC unroll 4
    for (uint64_t i = first; i < first + count; i++) {
        kassert(vnode->entry[i] == 0); // PT1
        vnode->entry[i] = entry;
        vnode->mapping[i] = dest->slot;
        entry += page;
    }
    return SYS_ERR_OK;
}

errval_t caps_vnode_map(struct caps *caps, struct cte *table, uint64_t first, uint64_t count,
                        struct cte *object, uint64_t offset, uint64_t flags,
                        const struct caps_dest *dest)
{
    return map(caps, &table->cap, first, count, &object->cap, offset, flags, dest);
}

/// Whether a Mapping was made in a table of the same level as this one.
static bool same_level(const struct caps *caps, const struct cap *mapping, const struct cap *table)
{
    struct cap its_table =
        cap_make(table->type, mapping->extra & ~(BASE_PAGE_SIZE - 1), OBJSIZE_VNODE);
    return mdb_find_copy(&caps->mdb, &its_table, NULL) != NULL;
}

errval_t caps_vnode_copy(struct caps *caps, struct cte *table, uint64_t first, uint64_t count,
                         struct cte *mapping, uint64_t from, uint64_t flags,
                         const struct caps_dest *dest)
{
    errval_t err = check_table(&table->cap);
    if (err_is_fail(err))
        return err;
    const struct cap *source = &mapping->cap;
    if (source->type != ObjType_Mapping)
        return SYS_ERR_CAP_TYPE;
    if (from >= source->aux || count > source->aux - from)
        return SYS_ERR_VNODE_SLOT;
    if (!same_level(caps, source, &table->cap))
        return SYS_ERR_VNODE_LEVEL;
    // What the Mapping shows, with the Mapping's rights: it is all that its holder has to have.
    struct cap object = mdb_find_ancestor(&caps->mdb, source)->cap;
    object.rights = source->rights;
    uint64_t entry = mapping_table(caps, source)->entry[mapping_first(source) + from];
    uint64_t offset = cap_is_vnode(&object) ? 0 : (entry & PTE_ADDRESS) - object.base;
    return map(caps, &table->cap, first, count, &object, offset, flags, dest);
}

void mapping_delete(struct caps *caps, struct cte *mapping, int *budget)
{
    struct vnode *vnode = mapping_table(caps, &mapping->cap);
    uint32_t first = mapping_first(&mapping->cap), count = mapping->cap.aux;
#pragma GCC unroll 4
    for (uint32_t i = first; i < first + count; i++) {
        kassert(vnode->mapping[i] == mapping); // PT2
        vnode->entry[i] = 0;
        vnode->mapping[i] = NULL;
    }
    slot_clear(caps, mapping);
    caps->hooks->tlb_flush(caps);
    *budget -= CAPS_COST_DELETE + (int)count;
}

errval_t caps_vnode_unmap(struct caps *caps, struct cte *table, struct cte *mapping)
{
    errval_t err = check_table(&table->cap);
    if (err_is_fail(err))
        return err;
    if (mapping->cap.type != ObjType_Mapping)
        return SYS_ERR_CAP_TYPE;
    if (mapping_table(caps, &mapping->cap) != caps_ptr(caps, table->cap.base))
        return SYS_ERR_ARGS;
    int budget = CAPS_STEP_BUDGET;
    mapping_delete(caps, mapping, &budget);
    return SYS_ERR_OK;
}

errval_t caps_vnode_read(struct caps *caps, const struct cte *table, uint64_t entry, uint64_t *out)
{
    errval_t err = check_table(&table->cap);
    if (err_is_ok(err))
        err = check_entries(&table->cap, entry, 1);
    if (err_is_ok(err))
        *out = ((const struct vnode *)caps_ptr(caps, table->cap.base))->entry[entry];
    return err;
}

errval_t caps_mapping_modify(struct caps *caps, struct cte *mapping, uint64_t first, uint64_t count,
                             uint64_t flags)
{
    const struct cap *cap = &mapping->cap;
    if (cap->type != ObjType_Mapping)
        return SYS_ERR_CAP_TYPE;
    if (count == 0 || first >= cap->aux || count > cap->aux - first)
        return SYS_ERR_VNODE_SLOT;
    const struct cte *object = mdb_find_ancestor(&caps->mdb, cap);
    if (!cap_type(object->cap.type)->pages)
        return SYS_ERR_CAP_TYPE;
    errval_t err = check_flags(flags, cap->rights);
    if (err_is_fail(err))
        return err;
    struct vnode *vnode = mapping_table(caps, cap);
    uint64_t begin = mapping_first(cap) + first;
    kassert(vnode->mapping[begin] == mapping && vnode->entry[begin] != 0); // PT1, PT2
    for (uint64_t i = begin; i < begin + count; i++)
        vnode->entry[i] = pte_change(vnode->entry[i], flags, object->cap.type == ObjType_DevFrame);
    caps->hooks->tlb_flush(caps);
    return SYS_ERR_OK;
}
