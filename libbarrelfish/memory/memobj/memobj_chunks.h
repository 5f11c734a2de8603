// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Chunks of a memory object: which are there, in which frames, and what maps them in the one region
// that shows the object. Callers hold mm.h's lock. Private to the kinds of memory objects.
// CH1 A chunk lies in its object.
// CH2 A chunk has mappings only while a region shows the object.
// CH3 An object counts the faults that its pager answers.
#pragma once

#include "memobj_ops.h"

/// A chunk that is there. Its range is that in the object.
struct chunk {
    struct range_node node; ///< first, so that a node is its chunk
    struct pmap_mapping *mappings;
    struct capref frame;
    gensize_t frame_offset;
    bool owned;    ///< the frame goes with the chunk
    bool readonly; ///< whatever the region's flags say
    bool dirty;    ///< it was found written and its page-table entry no longer says so
};

/// Prepare an object of chunks.
errval_t chunks_init(struct memobj *memobj, const struct memobj_ops *ops, size_t size,
                     memobj_flags_t flags, size_t chunk_size);

/// The chunk that contains the offset, or NULL.
struct chunk *chunk_find(const struct memobj *memobj, genvaddr_t offset);

/// Enter a chunk, all of `model` but its mappings, and map it if the object is shown. On an error
/// nothing changes and the frame is still the caller's.
LIB_MUST_CHECK errval_t chunk_add(struct memobj *memobj, const struct chunk *model);

/// Map a chunk that is not, in the region that shows the object.
LIB_MUST_CHECK errval_t chunk_map(struct memobj *memobj, struct chunk *chunk);

/// Unmap a chunk, if it is mapped; *ret is what memobj_unfill() says of it.
LIB_MUST_CHECK errval_t chunk_unmap(struct memobj *memobj, struct chunk *chunk,
                                    struct memobj_page *ret);

/// Unmap a chunk and forget it, with its frame if that is owned.
LIB_MUST_CHECK errval_t chunk_remove(struct memobj *memobj, struct chunk *chunk);

/// See memobj_page_get().
errval_t chunk_get(struct memobj *memobj, struct chunk *chunk, bool clear, struct memobj_page *ret);

/// Answer a fault in a chunk that is there: it may not be mapped, or another thread was faster.
/// LIB_ERR_PAGEFAULT: it is mapped, but the access is not possible, or the mapping was revoked.
LIB_MUST_CHECK errval_t chunk_pagefault(struct memobj *memobj, struct chunk *chunk,
                                        enum pagefault_exception_type type);

/// The operations that all objects of chunks have in common.
errval_t chunks_map_region(struct memobj *memobj, struct vregion *vregion);
errval_t chunks_unmap_region(struct memobj *memobj, struct vregion *vregion);
errval_t chunks_protect(struct memobj *memobj, struct vregion *vregion, size_t offset, size_t size,
                        vregion_flags_t flags);
errval_t chunks_destroy(struct memobj *memobj);
#define CHUNKS_OPS                                                                                 \
    .map_region = chunks_map_region, .unmap_region = chunks_unmap_region,                          \
    .protect = chunks_protect, .destroy = chunks_destroy

// memobj_fixed.c

errval_t fixed_fill(struct memobj *memobj, genvaddr_t offset, struct capref frame, size_t size,
                    gensize_t frame_offset);
errval_t fixed_unfill(struct memobj *memobj, genvaddr_t offset, struct memobj_page *ret);
