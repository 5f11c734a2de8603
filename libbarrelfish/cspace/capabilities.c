// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Operations on capabilities that need no memory: each invocation is repeated while the CPU driver
// answers that a bounded step is done and more remain. What crosses cores is not here: an object
// that other cores know is refused with SYS_ERR_REMOTE and is the monitor's business.
#include "barrelfish/capabilities.h"

#include "barrelfish/invocations.h"
#include "barrelfish/slot_alloc.h"
#include "kpi/cap_rules.h"

errval_t cap_copy(struct capref dest, struct capref src)
{
    return invoke_cap_copy(src, dest);
}

errval_t cap_mint(struct capref dest, struct capref src, uint64_t param1, uint64_t param2)
{
    return invoke_cap_mint(src, dest, param1, param2);
}

/// The size of an object of a type that has one size only is not the caller's business.
static gensize_t fixed_size(enum objtype type, gensize_t objsize)
{
    const struct cap_type *row = type < ObjType_Num ? cap_type(type) : NULL;
    return row != NULL && row->min == row->max ? row->min : objsize;
}

errval_t cap_retype(struct capref dest_start, struct capref src, gensize_t offset,
                    enum objtype new_type, gensize_t objsize, size_t count)
{
    gensize_t size = fixed_size(new_type, objsize);
    errval_t err;
    cslot_t begun = 0;
    if (count > UINT32_MAX)
        return LIB_ERR_INVALID_ARGS;
    do {
        err = invoke_cap_retype(src, dest_start, offset, new_type, size, (uint32_t)count, NULL);
        begun = err_no(err) == SYS_ERR_AGAIN ? (cslot_t)count : begun;
    } while (err_no(err) == SYS_ERR_AGAIN);
    // What is not finished is of no use: the objects of a retype come together or not at all.
    for (cslot_t i = 0; err_is_fail(err) && i < begun; i++)
        (void)cap_delete((struct capref){dest_start.cnode, dest_start.slot + i});
    return err;
}

errval_t cap_delete(struct capref cap)
{
    errval_t err = invoke_cap_delete(cap);
    while (err_no(err) == SYS_ERR_AGAIN) {
        err = invoke_cap_delete(cap);
        if (err_no(err) == SYS_ERR_CAP_NOT_FOUND)
            return SYS_ERR_OK; // the CPU driver finished the deletion by itself, between two steps
    }
    return err;
}

errval_t cap_revoke(struct capref cap)
{
    errval_t err;
    do {
        err = invoke_cap_revoke(cap);
    } while (err_no(err) == SYS_ERR_AGAIN);
    return err;
}

errval_t cap_destroy(struct capref cap)
{
    errval_t err = cap_delete(cap);
    // What others have deleted leaves a slot behind that is to be freed all the same.
    return err_is_ok(err) || err_no(err) == SYS_ERR_CAP_NOT_FOUND ? slot_free(cap) : err;
}

errval_t cap_identify(struct capref cap, struct capability *ret)
{
    return invoke_cap_identify(cap, ret);
}

errval_t frame_identify(struct capref frame, struct frame_identity *ret)
{
    struct capability cap;
    errval_t err = invoke_cap_identify(frame, &cap);
    if (err_is_fail(err))
        return err;
    if (!cap_type(cap.type)->pages && cap.type != ObjType_RAM)
        return SYS_ERR_CAP_TYPE;
    *ret = (struct frame_identity){cap.base, cap.bytes};
    return SYS_ERR_OK;
}

errval_t cap_get_state(struct capref cap, distcap_state_t *state)
{
    struct capability raw;
    errval_t err = invoke_cap_identify(cap, &raw);
    if (err_is_ok(err))
        *state = raw.flags;
    return err;
}

errval_t vnode_map(struct capref dest, struct capref src, capaddr_t slot, uint64_t attr,
                   uint64_t off, uint64_t pte_count, struct capref mapping)
{
    if (slot >= VNODE_ENTRIES || pte_count > VNODE_ENTRIES)
        return SYS_ERR_VNODE_SLOT;
    return invoke_vnode_map(dest, (uint16_t)slot, (uint16_t)pte_count, src, off, attr, mapping);
}

errval_t vnode_copy_remap(struct capref dest, struct capref src, capaddr_t slot, uint64_t attr,
                          uint64_t off, uint64_t pte_count, struct capref mapping)
{
    if (slot >= VNODE_ENTRIES || pte_count > VNODE_ENTRIES)
        return SYS_ERR_VNODE_SLOT;
    return invoke_vnode_copy(dest, (uint16_t)slot, (uint16_t)pte_count, src, off, attr, mapping);
}

errval_t vnode_unmap(struct capref pgtl, struct capref mapping)
{
    return invoke_vnode_unmap(pgtl, mapping);
}

errval_t vnode_modify_flags(struct capref mapping, size_t entry, size_t num_pages, uint64_t attr)
{
    return invoke_mapping_modify_flags(mapping, entry, num_pages, attr, 0);
}

errval_t devframe_type(struct capref dest, struct capref src, uint8_t bits)
{
    return bits >= 64 ? LIB_ERR_INVALID_ARGS
                      : cap_retype(dest, src, 0, ObjType_DevFrame, (gensize_t)1 << bits, 1);
}

errval_t idcap_alloc(struct capref *dest)
{
    struct capref slot;
    errval_t err = slot_alloc(&slot);
    return err_is_ok(err) ? slot_settle(slot, invoke_kernel_id_create(cap_kernel, slot), dest)
                          : err;
}
