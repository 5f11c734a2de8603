// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What a region of virtual memory shows: one frame, which the caller owns, or one that the object
// owns itself (anonymous memory). Frames are mapped at once; nothing is filled in by page faults.
#pragma once

#include "barrelfish/caddr.h"

typedef uint32_t memobj_flags_t;

/// Private to memobj.c; visible for allocation.
struct memobj {
    size_t size;
    struct capref frame;
    memobj_flags_t flags; ///< reserved, 0
    bool owns_frame;
    bool from_slab; ///< made by vspace_common.h, freed with its region
};

/// Prepare an object for one frame of `size` bytes, which memobj_fill() is to give. flags: 0.
errval_t memobj_create_one_frame(struct memobj *memobj, size_t size, memobj_flags_t flags);

/// Make an object with a new frame of at least `size` bytes of zeros. Errors: of frame_alloc().
LIB_MUST_CHECK errval_t memobj_create_anon(struct memobj *memobj, size_t size,
                                           memobj_flags_t flags);

/// Give the frame of memobj_create_one_frame(), which stays the caller's. offset: 0.
/// LIB_ERR_INVALID_ARGS: there is one already, or another offset or size.
errval_t memobj_fill(struct memobj *memobj, genvaddr_t offset, struct capref frame, size_t size);

/// End an object that no region shows any more. A frame of its own is deleted.
errval_t memobj_destroy(struct memobj *memobj);
