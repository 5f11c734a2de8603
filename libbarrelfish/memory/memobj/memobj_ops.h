// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The operations of a kind of memory object, with Barrelfish's meanings. Callers hold mm.h's lock
// and have reserved what the operation needs. Private to the address-space manager.
#pragma once

#include "barrelfish/pmap.h"
#include "barrelfish/vregion.h"

struct memobj_ops {
    /// Show what there is in a region, whose place has been decided.
    errval_t (*map_region)(struct memobj *memobj, struct vregion *vregion);

    /// Show nothing there any more.
    errval_t (*unmap_region)(struct memobj *memobj, struct vregion *vregion);

    /// Change the flags of a part of a region, whole pages.
    errval_t (*protect)(struct memobj *memobj, struct vregion *vregion, size_t offset, size_t size,
                        vregion_flags_t flags);

    /// See memobj_fill_foff() and memobj_unfill(); NULL: not for the program.
    errval_t (*fill)(struct memobj *memobj, genvaddr_t offset, struct capref frame, size_t size,
                     gensize_t frame_offset);
    errval_t (*unfill)(struct memobj *memobj, genvaddr_t offset, struct memobj_page *ret);

    /// Make an access possible that the region's flags allow; NULL: faults are not answered. The
    /// lock's outermost operation is the caller's.
    errval_t (*pagefault)(struct memobj *memobj, struct vregion *vregion, genvaddr_t offset,
                          enum pagefault_exception_type type);

    errval_t (*destroy)(struct memobj *memobj);
};

/// Maps a part of a region on a frame; what others map there is theirs. Errors: of frame_identify(), pmap_map().
LIB_MUST_CHECK errval_t memobj_show(const struct vregion *vregion, genvaddr_t offset, size_t bytes,
                                    struct pmap_source source, vregion_flags_t flags,
                                    struct pmap_mapping **mappings);

/// vspace_reserve() for what a region of `bytes` will map at once: all, or the chunks that are
/// there.
errval_t memobj_reserve(const struct memobj *memobj, size_t bytes);
