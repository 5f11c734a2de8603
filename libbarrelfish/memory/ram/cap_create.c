// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Objects made out of fresh memory: RAM from the memory server, retyped whole, and deleted, so that
// nothing but the new object covers the memory and it goes back when the object goes.
#include "barrelfish/capabilities.h"

#include "barrelfish/ram_alloc.h"
#include "barrelfish/slot_alloc.h"
#include "ram_server.h"

errval_t ram_create(struct capref dest, enum objtype type, size_t bytes, size_t alignment)
{
    struct capref ram;
    errval_t err = ram_alloc_bytes(&ram, bytes, alignment);
    if (err_is_fail(err))
        return err;
    err = cap_retype(dest, ram, 0, type, bytes, 1);
    errval_t destroy_err = cap_destroy(ram);
    return err_is_fail(err) ? err : destroy_err;
}

errval_t vnode_create(struct capref dest, enum objtype type)
{
    if (vnode_objbits(type) == 0)
        return LIB_ERR_INVALID_ARGS;
    return ram_create(dest, type, OBJSIZE_VNODE, BASE_PAGE_SIZE);
}

static errval_t create_pages(struct capref dest, enum objtype type, size_t bytes, size_t *retbytes)
{
    if (bytes == 0 || bytes > (size_t)1 << 46)
        return LIB_ERR_RAM_ALLOC_WRONG_SIZE;
    size_t size = page_round_up(bytes);
    errval_t err = LIB_ERR_RAM_ALLOC;
    if (size >= LARGE_PAGE_SIZE) {
        // Large pages are possible then; where memory is scattered any alignment must do.
        err = ram_create(dest, type, size, LARGE_PAGE_SIZE);
    }
    if (err_no(err) == LIB_ERR_RAM_ALLOC)
        err = ram_create(dest, type, size, BASE_PAGE_SIZE);
    if (err_is_ok(err) && retbytes != NULL)
        *retbytes = size;
    return err;
}

errval_t frame_create(struct capref dest, size_t bytes, size_t *retbytes)
{
    return create_pages(dest, ObjType_Frame, bytes, retbytes);
}

errval_t ump_endpoint_create(struct capref dest, size_t bytes)
{
    return create_pages(dest, ObjType_EndPointUMP, bytes, NULL);
}

errval_t frame_alloc(struct capref *dest, size_t bytes, size_t *retbytes)
{
    struct capref slot;
    errval_t err = slot_alloc(&slot);
    return err_is_ok(err) ? slot_settle(slot, frame_create(slot, bytes, retbytes), dest) : err;
}

errval_t cnode_create_from_mem(struct capref dest, struct capref src, enum objtype cntype,
                               struct cnoderef *cnoderef, size_t slots)
{
    bool l1 = cntype == ObjType_L1CNode;
    if ((!l1 && cntype != ObjType_L2CNode) || (!l1 && slots > L2_CNODE_SLOTS) ||
        (l1 && slots > L1_CNODE_SLOTS_MAX))
        return LIB_ERR_INVALID_ARGS;
    size_t size = l1 ? L1_CNODE_SLOTS_MIN : L2_CNODE_SLOTS;
    while (size < slots)
        size *= 2;
    errval_t err = cap_retype(dest, src, 0, cntype, size * OBJSIZE_CTE, 1);
    if (err_is_ok(err) && cnoderef != NULL)
        *cnoderef = build_cnoderef(dest, l1 ? CNODE_LEVEL_ROOT : CNODE_LEVEL_OTHER);
    return err;
}

static errval_t create_cnode(bool l1, struct capref *ret_dest, struct cnoderef *cnoderef)
{
    struct capref slot;
    errval_t err = l1 ? slot_alloc(&slot) : slot_alloc_root(&slot);
    if (err_is_fail(err))
        return err;
    err = l1 ? ram_create(slot, ObjType_L1CNode, L1_CNODE_SLOTS_MIN * OBJSIZE_CTE, BASE_PAGE_SIZE)
             : ram_create(slot, ObjType_L2CNode, OBJSIZE_L2CNODE, BASE_PAGE_SIZE);
    err = slot_settle(slot, err, &slot);
    if (err_is_ok(err) && ret_dest != NULL)
        *ret_dest = slot;
    if (err_is_ok(err) && cnoderef != NULL)
        *cnoderef = build_cnoderef(slot, l1 ? CNODE_LEVEL_ROOT : CNODE_LEVEL_OTHER);
    return err;
}

errval_t cnode_create_l2(struct capref *ret_dest, struct cnoderef *cnoderef)
{
    return create_cnode(false, ret_dest, cnoderef);
}

errval_t cnode_create_l1(struct capref *ret_dest, struct cnoderef *cnoderef)
{
    return create_cnode(true, ret_dest, cnoderef);
}

errval_t cnode_create(struct capref *ret_dest, struct cnoderef *cnoderef, cslot_t slots,
                      cslot_t *retslots)
{
    if (slots > L2_CNODE_SLOTS)
        return LIB_ERR_INVALID_ARGS;
    errval_t err = cnode_create_l2(ret_dest, cnoderef);
    if (err_is_ok(err) && retslots != NULL)
        *retslots = L2_CNODE_SLOTS;
    return err;
}
