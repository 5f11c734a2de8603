// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Memory objects of one frame, the caller's or (anonymous) the object's own, mapped at once. Any
// number of regions show parts of it; what they map is theirs.
#include "barrelfish/capabilities.h"
#include "barrelfish/vspace.h"
#include "memobj_ops.h"

errval_t memobj_show(const struct vregion *vregion, genvaddr_t offset, size_t bytes,
                     struct pmap_source source, vregion_flags_t flags,
                     struct pmap_mapping **mappings)
{
    if ((vregion->flags & VREGION_FLAGS_LARGE) != 0) {
        struct frame_identity identity;
        errval_t err = frame_identify(source.frame, &identity);
        if (err_is_fail(err))
            return err;
        source.base = identity.base;
    }
    return pmap_map(vspace_get_pmap(vregion->vspace), vregion->node.base + offset, &source, bytes,
                    flags, mappings);
}

static errval_t map_region(struct memobj *memobj, struct vregion *vregion)
{
    struct pmap_source source = {memobj->frame, memobj->frame_offset + vregion->offset, 0};
    return memobj_show(vregion, 0, vregion->node.bytes, source, vregion->flags, &vregion->mappings);
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

static const struct memobj_ops ops = {
    .map_region = map_region,
    .unmap_region = unmap_region,
    .protect = protect,
    .fill = fill,
    .destroy = destroy,
};

errval_t memobj_create_one_frame(struct memobj *memobj, size_t size, memobj_flags_t flags)
{
    if (size == 0 || flags != 0)
        return LIB_ERR_INVALID_ARGS;
    *memobj = (struct memobj){.ops = &ops, .size = size};
    return SYS_ERR_OK;
}

errval_t memobj_create_anon(struct memobj *memobj, size_t size, memobj_flags_t flags)
{
    struct capref frame;
    size_t bytes;
    if (flags != 0)
        return LIB_ERR_INVALID_ARGS;
    errval_t err = frame_alloc(&frame, size, &bytes);
    if (err_is_ok(err))
        *memobj = (struct memobj){.ops = &ops, .size = bytes, .frame = frame, .owns_frame = true};
    return err;
}
