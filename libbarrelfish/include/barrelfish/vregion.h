// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// A region of the address space, mapped to a part of a memory object. Any thread may call.
// VR1 A region in the address map is whole pages, and shows no more than its object has.
// VR2 A region that leaves the address map maps nothing.
#pragma once

#include "barrelfish/memobj.h"

typedef uint32_t vregion_flags_t; ///< VREGION_FLAGS_

struct vspace;
struct pmap_mapping;

/// Private to vregion.c; visible for allocation.
struct vregion {
    struct range_node node; ///< first, so that a node is its region; base and size
    struct vspace *vspace;
    struct memobj *memobj;
    struct pmap_mapping *mappings;
    genvaddr_t offset;
    vregion_flags_t flags;
    bool from_slab;
};

/// Map [offset, offset + size) of a memory object at free addresses, aligned to a page, or, with
/// VREGION_FLAGS_LARGE and a size for it, to a large page. size is rounded up to pages.
/// LIB_ERR_VSPACE_FULL; LIB_ERR_INVALID_ARGS: beyond the object, or not all of an object of chunks;
/// LIB_ERR_MEMOBJ_INUSE: that is mapped already; LIB_ERR_PMAP.
LIB_MUST_CHECK errval_t vregion_map(struct vregion *vregion, struct vspace *vspace,
                                    struct memobj *memobj, size_t offset, size_t size,
                                    vregion_flags_t flags);

/// As vregion_map(), at a multiple of `alignment`, a power of two of bytes.
LIB_MUST_CHECK errval_t vregion_map_aligned(struct vregion *vregion, struct vspace *vspace,
                                            struct memobj *memobj, size_t offset, size_t size,
                                            vregion_flags_t flags, size_t alignment);

/// As vregion_map(), at `base`. LIB_ERR_VSPACE_INUSE: not all free, or not the library's to map.
LIB_MUST_CHECK errval_t vregion_map_fixed(struct vregion *vregion, struct vspace *vspace,
                                          struct memobj *memobj, genvaddr_t base, size_t offset,
                                          size_t size, vregion_flags_t flags);

/// Change the flags of [offset, offset + size) of the region, whole pages. LIB_ERR_PMAP: a large
/// page would have to be split, or the frame's rights do not allow it. LIB_ERR_INVALID_ARGS: beyond
/// the region, or not all of it though it shows an object of chunks.
LIB_MUST_CHECK errval_t vregion_protect(struct vregion *vregion, size_t offset, size_t size,
                                        vregion_flags_t flags);

/// Unmap the region. One that vspace_common.h made is freed, and so is a memory object that it
/// made. LIB_ERR_MEMOBJ_INUSE: a thread is just answering a page fault in it.
errval_t vregion_destroy(struct vregion *region);

static inline genvaddr_t vregion_get_base_addr(const struct vregion *vregion)
{
    return vregion->node.base;
}

static inline size_t vregion_get_size(const struct vregion *vregion)
{
    return vregion->node.bytes;
}

static inline struct memobj *vregion_get_memobj(const struct vregion *vregion)
{
    return vregion->memobj;
}

static inline struct vspace *vregion_get_vspace(const struct vregion *vregion)
{
    return vregion->vspace;
}

static inline genvaddr_t vregion_get_offset(const struct vregion *vregion)
{
    return vregion->offset;
}

static inline vregion_flags_t vregion_get_flags(const struct vregion *vregion)
{
    return vregion->flags;
}
