// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Memory objects of one frame, mapped at once. Any number of regions show parts of it; what they
// map is theirs.
#include "barrelfish/capabilities.h"
#include "barrelfish/pmap.h"
#include "barrelfish/vspace.h"
#include "memobj_ops.h"

errval_t memobj_create_one_frame(struct memobj *memobj, size_t size, memobj_flags_t flags)
{
    if (size == 0 || flags != 0)
        return LIB_ERR_INVALID_ARGS;
    *memobj = (struct memobj){.ops = &memobj_one_frame_ops, .size = size};
    return SYS_ERR_OK;
}

static errval_t map_region(struct memobj *memobj, struct vregion *vregion)
{
    struct pmap_source source = {memobj->frame, memobj->frame_offset + vregion->offset, 0};
    if ((vregion->flags & VREGION_FLAGS_LARGE) != 0) {
        struct frame_identity identity;
        errval_t err = frame_identify(memobj->frame, &identity);
        if (err_is_fail(err))
            return err;
        source.base = identity.base;
    }
    return pmap_map(vspace_get_pmap(vregion->vspace), vregion->node.base, &source,
                    vregion->node.bytes, vregion->flags, &vregion->mappings);
}

static errval_t unmap_region(struct memobj *memobj, struct vregion *vregion)
{
    (void)memobj;
    return pmap_unmap(&vregion->mappings);
}

static errval_t protect(struct memobj *memobj, struct vregion *vregion, size_t offset, size_t size,
                        vregion_flags_t flags)
{
    (void)memobj;
    return pmap_modify(vregion->mappings, vregion->node.base + offset, size, flags);
}

static errval_t fill(struct memobj *memobj, genvaddr_t offset, struct capref frame, size_t size,
                     gensize_t frame_offset)
{
    if (!capref_is_null(memobj->frame) || offset != 0 || size != memobj->size)
        return LIB_ERR_INVALID_ARGS;
    memobj->frame = frame;
    memobj->frame_offset = frame_offset;
    return SYS_ERR_OK;
}

static errval_t destroy(struct memobj *memobj)
{
    errval_t err = memobj->owns_frame ? cap_destroy(memobj->frame) : SYS_ERR_OK;
    memobj->frame = NULL_CAP;
    memobj->owns_frame = false;
    return err;
}

const struct memobj_ops memobj_one_frame_ops = {
    .map_region = map_region,
    .unmap_region = unmap_region,
    .protect = protect,
    .fill = fill,
    .destroy = destroy,
};
