// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The slot allocator: the bit map of slot_map.c under the lock of mm.c, growing by an L2CNode of
// 256 slots at a time. SLOT_RESERVE slots are kept back so that growing (one slot to receive the
// RAM, one spare for the next receive) and one mapping always succeed. CNodes are never given back.
#include "barrelfish/slot_alloc.h"

#include "barrelfish/capabilities.h"
#include "barrelfish/ram_alloc.h"
#include "mm.h"
#include "slot_map.h"

#define SLOT_RESERVE 64u

struct slot_allocator {
    struct slot_map map;
};

static struct slot_allocator slots;

struct slot_allocator *get_default_slot_allocator(void)
{
    return &slots;
}

errval_t slot_alloc_init(void)
{
    slot_map_init(&slots.map, ROOTCN_SLOT_ALLOC0 + 1);
    slot_map_add(&slots.map, ROOTCN_SLOT_ALLOC0);
    return SYS_ERR_OK;
}

// One more L2CNode. Runs as a growth (mm.h), so that the slots it needs itself are the reserve's.
static errval_t grow(void)
{
    struct capref ram;
    struct capref cnode = {cnode_root, slot_map_take_root(&slots.map)};
    if (cnode.slot == L1_CNODE_SLOTS_MIN) {
        return LIB_ERR_SLOT_ALLOC_NO_SPACE;
    }
    errval_t err = ram_alloc_bytes(&ram, OBJSIZE_L2CNODE, BASE_PAGE_SIZE);
    if (err_is_ok(err)) {
        err = cap_retype(cnode, ram, 0, ObjType_L2CNode, OBJSIZE_L2CNODE, 1);
        errval_t destroy_err = cap_destroy(ram);
        err = err_is_ok(err) ? destroy_err : err;
    }
    if (err_is_fail(err)) {
        slot_map_put_root(&slots.map, cnode.slot);
        return err;
    }
    slot_map_add(&slots.map, cnode.slot);
    return SYS_ERR_OK;
}

void slot_refill(void)
{
    // A failure shows when a slot is really missing; until then the reserve serves.
    if (slots.map.free_count < SLOT_RESERVE) {
        (void)grow();
    }
}

errval_t slot_reserve_locked(size_t count)
{
    while (slots.map.free_count < count + SLOT_RESERVE / 2) {
        if (!mm_may_grow()) {
            return slots.map.free_count >= count ? SYS_ERR_OK : LIB_ERR_SLOT_ALLOC_NO_SPACE;
        }
        mm_grow_begin();
        errval_t err = grow();
        mm_grow_end();
        if (err_is_fail(err)) {
            return err;
        }
    }
    return SYS_ERR_OK;
}

errval_t slot_reserve(size_t count)
{
    mm_enter();
    errval_t err = slot_reserve_locked(count);
    mm_leave();
    return err;
}

errval_t slot_alloc(struct capref *ret)
{
    mm_enter();
    if (slots.map.free_count == 0 && mm_may_grow()) {
        mm_grow_begin();
        (void)grow();
        mm_grow_end();
    }
    capaddr_t addr = slot_map_take(&slots.map);
    mm_leave();
    if (addr == 0) {
        return LIB_ERR_SLOT_ALLOC_NO_SPACE;
    }
    *ret = (struct capref){ROOTCN_CNODE(addr / L2_CNODE_SLOTS), addr % L2_CNODE_SLOTS};
    return SYS_ERR_OK;
}

errval_t slot_alloc_root(struct capref *ret)
{
    mm_enter();
    cslot_t slot = slot_map_take_root(&slots.map);
    mm_leave();
    if (slot == L1_CNODE_SLOTS_MIN) {
        return LIB_ERR_SLOT_ALLOC_NO_SPACE;
    }
    *ret = (struct capref){cnode_root, slot};
    return SYS_ERR_OK;
}

errval_t slot_free(struct capref ret)
{
    if (ret.cnode.croot != 0 || capref_is_null(ret)) {
        return LIB_ERR_INVALID_ARGS;
    }
    mm_enter();
    bool ok = get_cap_level(ret) == CNODE_LEVEL_ROOT
                  ? ret.slot > ROOTCN_SLOT_ALLOC0 && slot_map_put_root(&slots.map, ret.slot)
                  : slot_map_put(&slots.map, get_cap_addr(ret));
    mm_leave();
    return ok ? SYS_ERR_OK : LIB_ERR_INVALID_ARGS;
}

size_t slot_free_count(void)
{
    return slots.map.free_count;
}
