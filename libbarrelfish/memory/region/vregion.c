// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Regions: a place in the address map in which a memory object shows itself.
// Stands on the address map (where) and the object's operations (how); each call is one operation
// of memory management (mm.h), which reserves what it needs before it changes anything.
#include "barrelfish/vregion.h"

#include "cspace/mm.h"
#include "memory/memobj/memobj_ops.h"
#include "memory/vspace/vspace_reserve.h"
#include "memory/vspace/vspace_state.h"

#include <assert.h>

/// Enters the region, whose place is decided, in the map and lets its object show what it has.
static errval_t enter(struct vregion *vregion)
{
    struct vspace *vspace = vregion->vspace;
    assert((vregion->node.base | vregion->node.bytes) % BASE_PAGE_SIZE == 0); // VR1
    if (!address_map_insert(&vspace->map, &vregion->node))
        return LIB_ERR_VSPACE_INUSE;
    errval_t err = vregion->memobj->ops->map_region(vregion->memobj, vregion);
    if (err_is_fail(err))
        address_map_remove(&vspace->map, &vregion->node);
    return err;
}

/// `base`: where, or 0: at the lowest free multiple of `alignment`.
static errval_t map(struct vregion *vregion, genvaddr_t base, size_t alignment)
{
    struct range_node *node = &vregion->node;
    mm_enter();
    errval_t err = memobj_reserve(vregion->memobj, node->bytes);
    if (err_is_ok(err)) {
        node->base = base;
        if (base == 0 && !address_map_place(&vregion->vspace->map, node->bytes, alignment,
                                            VSPACE_GUARD, &node->base))
            err = LIB_ERR_VSPACE_FULL;
    }
    if (err_is_ok(err))
        err = enter(vregion);
    mm_leave();
    return err;
}

static errval_t prepare(struct vregion *vregion, struct vspace *vspace, struct memobj *memobj,
                        size_t offset, size_t size, vregion_flags_t flags)
{
    if (size == 0 || offset % BASE_PAGE_SIZE != 0 || size > memobj->size ||
        offset > memobj->size - size || (flags & ~VREGION_FLAGS_MASK) != 0)
        return LIB_ERR_INVALID_ARGS;
    *vregion = (struct vregion){
        .node.bytes = page_round_up(size),
        .vspace = vspace,
        .memobj = memobj,
        .offset = offset,
        .flags = flags,
    };
    return SYS_ERR_OK;
}

errval_t vregion_map_aligned(struct vregion *vregion, struct vspace *vspace, struct memobj *memobj,
                             size_t offset, size_t size, vregion_flags_t flags, size_t alignment)
{
    if ((alignment & (alignment - 1)) != 0)
        return LIB_ERR_INVALID_ARGS;
    errval_t err = prepare(vregion, vspace, memobj, offset, size, flags);
    if (err_is_fail(err))
        return err;
    bool large = (flags & VREGION_FLAGS_LARGE) != 0 && size >= LARGE_PAGE_SIZE;
    size_t least = large ? LARGE_PAGE_SIZE : BASE_PAGE_SIZE;
    return map(vregion, 0, alignment > least ? alignment : least);
}

errval_t vregion_map(struct vregion *vregion, struct vspace *vspace, struct memobj *memobj,
                     size_t offset, size_t size, vregion_flags_t flags)
{
    return vregion_map_aligned(vregion, vspace, memobj, offset, size, flags, BASE_PAGE_SIZE);
}

errval_t vregion_map_fixed(struct vregion *vregion, struct vspace *vspace, struct memobj *memobj,
                           genvaddr_t base, size_t offset, size_t size, vregion_flags_t flags)
{
    if (base == 0 || base % BASE_PAGE_SIZE != 0)
        return LIB_ERR_INVALID_ARGS;
    errval_t err = prepare(vregion, vspace, memobj, offset, size, flags);
    return err_is_fail(err) ? err : map(vregion, base, BASE_PAGE_SIZE);
}

errval_t vregion_protect(struct vregion *vregion, size_t offset, size_t size, vregion_flags_t flags)
{
    if (offset % BASE_PAGE_SIZE != 0 || size > vregion->node.bytes ||
        offset > vregion->node.bytes - size)
        return LIB_ERR_INVALID_ARGS;
    mm_enter();
    errval_t err =
        vregion->memobj->ops->protect(vregion->memobj, vregion, offset, page_round_up(size), flags);
    mm_leave();
    return err;
}

/// The region is unmapped; what the library made of it goes.
static errval_t forget(struct vregion *region)
{
    struct memobj *memobj = region->memobj;
    errval_t err = SYS_ERR_OK;
    assert(region->mappings == NULL); // VR2
    address_map_remove(&region->vspace->map, &region->node);
    if (region->from_slab)
        vspace_block_free(VSPACE_SLAB_REGION, region);
    if (memobj->from_slab) {
        err = memobj_destroy(memobj);
        vspace_block_free(VSPACE_SLAB_MEMOBJ, memobj);
    }
    return err;
}

errval_t vregion_destroy(struct vregion *region)
{
    struct memobj *memobj = region->memobj;
    mm_enter();
    errval_t err =
        memobj->faults > 0 ? LIB_ERR_MEMOBJ_INUSE : memobj->ops->unmap_region(memobj, region);
    if (err_is_ok(err))
        err = forget(region);
    mm_leave();
    return err;
}
