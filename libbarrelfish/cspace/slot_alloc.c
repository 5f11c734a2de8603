// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The slot allocator: the bit map of slot_map.c under the lock of mm.c, growing by an L2CNode of
// 256 slots at a time, and, when those fill the L1CNode, by a larger L1CNode (slot_root.c).
// SLOT_RESERVE slots are kept back so that growing (one slot to receive the RAM, one spare for the
// next receive) and one mapping always succeed, and ROOT_RESERVE L1 slots, so that an L2CNode finds
// a place while the L1CNode waits for memory. L2CNodes that have become empty are given back once
// SLOTS_KEPT slots, or what the domain wants to keep, are free besides: that is far from the reserve,
// so that no domain swings.
// Circle: growing takes slots from here, and whoever destroys a capability gives its slot back here.
#include "barrelfish/slot_alloc.h"

#include "barrelfish/capabilities.h"
#include "mm.h"
#include "slot_root.h"
#include "util/slot_map.h"

#define SLOT_RESERVE 64u
#define ROOT_RESERVE 4u
#define SLOTS_KEPT (4u * L2_CNODE_SLOTS)

struct slot_allocator {
    struct slot_map map;
    cslot_t roots; ///< slots of the L1CNode
    uint32_t kept; ///< free slots that stay, whatever is given back
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
    slots.roots = L1_CNODE_SLOTS_MIN;
    slots.kept = SLOTS_KEPT;
    return SYS_ERR_OK;
}

/// More L1 slots. What of it is done stays: a larger L1CNode is used when there is memory for its
/// map. Runs as a growth (mm.h).
static errval_t grow_roots(void)
{
    void *chunk;
    errval_t err = SYS_ERR_OK;
    if (slots.map.roots == slots.roots) {
        if (slots.roots == L1_CNODE_SLOTS_MAX)
            return LIB_ERR_SLOT_ALLOC_NO_SPACE;
        err = slot_root_replace(slots.roots, 2 * slots.roots);
        if (err_is_fail(err))
            return err;
        slots.roots *= 2;
    }
    err = mm_source.vspace_map_anon_attr(&chunk, NULL, NULL, sizeof(struct slot_chunk), NULL,
                                         VREGION_FLAGS_READ_WRITE);
    if (err_is_ok(err))
        slot_map_extend(&slots.map, chunk);
    return err;
}

/// One more L2CNode. Runs as a growth (mm.h), so that the slots it needs itself are the reserve's.
static errval_t grow(void)
{
    struct capref cnode = {cnode_root, slot_map_take_root(&slots.map)};
    if (cnode.slot == L1_CNODE_SLOTS_MAX)
        return LIB_ERR_SLOT_ALLOC_NO_SPACE;
    errval_t err = mm_source.ram_create(cnode, ObjType_L2CNode, OBJSIZE_L2CNODE, BASE_PAGE_SIZE);
    if (err_is_fail(err)) {
        (void)slot_map_put_root(&slots.map, cnode.slot);
        return err;
    }
    slot_map_add(&slots.map, cnode.slot);
    return SYS_ERR_OK;
}

void slot_refill(void)
{
    // A failure shows when a slot is really missing; until then the reserve serves.
    if (slots.map.free_count < SLOT_RESERVE)
        (void)grow();
    if (slots.map.roots_free < ROOT_RESERVE)
        (void)grow_roots();
}

/// Gives an L2CNode back, if none of its slots is in use. The first one stays for ever: the spawner
/// made it.
static void drop(cslot_t root)
{
    if (root > ROOTCN_SLOT_ALLOC0 && slot_map_remove(&slots.map, root) &&
        err_is_ok(cap_delete((struct capref){cnode_root, root})))
        (void)slot_map_put_root(&slots.map, root);
}

static errval_t reserve(size_t count)
{
    while (slots.map.free_count < count + SLOT_RESERVE / 2) {
        if (!mm_may_grow())
            return slots.map.free_count >= count ? SYS_ERR_OK : LIB_ERR_SLOT_ALLOC_NO_SPACE;
        mm_grow_begin();
        errval_t err = slots.map.roots_free < ROOT_RESERVE ? grow_roots() : SYS_ERR_OK;
        if (slots.map.roots_free > 0)
            err = grow();
        mm_grow_end();
        if (err_is_fail(err))
            return err;
    }
    return SYS_ERR_OK;
}

errval_t slot_reserve_locked(size_t count)
{
    if (count >= L1_CNODE_SLOTS_MAX * L2_CNODE_SLOTS)
        return LIB_ERR_SLOT_ALLOC_NO_SPACE;
    uint32_t before = slots.map.free_count;
    errval_t err = reserve(count);
    for (cslot_t root = slots.map.roots; err_is_fail(err) && root-- > 0;)
        if (slots.map.free_count >= before + L2_CNODE_SLOTS)
            drop(root);
    return err;
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
    if (addr == 0)
        return LIB_ERR_SLOT_ALLOC_NO_SPACE;
    *ret = (struct capref){ROOTCN_CNODE(addr / L2_CNODE_SLOTS), addr % L2_CNODE_SLOTS};
    return SYS_ERR_OK;
}

errval_t slot_alloc_root(struct capref *ret)
{
    mm_enter();
    cslot_t slot = slot_map_take_root(&slots.map);
    mm_leave();
    if (slot == L1_CNODE_SLOTS_MAX)
        return LIB_ERR_SLOT_ALLOC_NO_SPACE;
    *ret = (struct capref){cnode_root, slot};
    return SYS_ERR_OK;
}

errval_t slot_free(struct capref ret)
{
    bool ok;
    if (ret.cnode.croot != 0 || capref_is_null(ret))
        return LIB_ERR_INVALID_ARGS;
    mm_enter();
    if (get_cap_level(ret) == CNODE_LEVEL_ROOT) {
        ok = ret.slot > ROOTCN_SLOT_ALLOC0 && slot_map_put_root(&slots.map, ret.slot);
    } else {
        ok = slot_map_put(&slots.map, get_cap_addr(ret));
        if (ok && slots.map.free_count >= slots.kept + L2_CNODE_SLOTS)
            drop(get_cap_addr(ret) / L2_CNODE_SLOTS);
    }
    mm_leave();
    return ok ? SYS_ERR_OK : LIB_ERR_INVALID_ARGS;
}

void slot_keep(size_t count)
{
    mm_enter();
    if (count + SLOT_RESERVE > slots.kept && count < L1_CNODE_SLOTS_MAX * L2_CNODE_SLOTS)
        slots.kept = (uint32_t)count + SLOT_RESERVE;
    mm_leave();
}

size_t slot_free_count(void)
{
    return slots.map.free_count;
}
