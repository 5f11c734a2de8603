// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Mapping in one call. The memory object and region are made by the library; either result pointer
// may be NULL. Frames stay the caller's and must live as long as they are mapped; those of the
// other calls belong to the region. Sizes are bytes, rounded up to pages; at least one page around
// a region stays unmapped. Errors: LIB_ERR_VSPACE_FULL, LIB_ERR_VSPACE_INUSE, LIB_ERR_PMAP (below
// it the CPU driver's), LIB_ERR_MALLOC_FAIL: no metadata; those of frame_alloc(). Any thread may
// call.
#pragma once

#include "barrelfish/vspace.h"

/// Map a frame, readable and writable.
LIB_MUST_CHECK errval_t vspace_map_one_frame(void **retaddr, size_t size, struct capref frame,
                                             struct memobj **retmemobj,
                                             struct vregion **retvregion);

/// Map a frame with VREGION_FLAGS_.
LIB_MUST_CHECK errval_t vspace_map_one_frame_attr(void **retaddr, size_t size, struct capref frame,
                                                  vregion_flags_t flags, struct memobj **retmemobj,
                                                  struct vregion **retvregion);

/// The same at a multiple of `alignment` bytes, a power of two.
LIB_MUST_CHECK errval_t vspace_map_one_frame_attr_aligned(void **retaddr, size_t size,
                                                          struct capref frame,
                                                          vregion_flags_t flags, size_t alignment,
                                                          struct memobj **retmemobj,
                                                          struct vregion **retvregion);

/// Map a frame at an address, readable and writable.
LIB_MUST_CHECK errval_t vspace_map_one_frame_fixed(lvaddr_t addr, size_t size, struct capref frame,
                                                   struct memobj **retmemobj,
                                                   struct vregion **retvregion);

LIB_MUST_CHECK errval_t vspace_map_one_frame_fixed_attr(lvaddr_t addr, size_t size,
                                                        struct capref frame, vregion_flags_t flags,
                                                        struct memobj **retmemobj,
                                                        struct vregion **retvregion);

/// Map new memory, all zero. *retsize (may be NULL): its size.
LIB_MUST_CHECK errval_t vspace_map_anon_attr(void **retaddr, struct memobj **ret_memobj,
                                             struct vregion **ret_vregion, size_t size,
                                             size_t *retsize, vregion_flags_t flags);

LIB_MUST_CHECK errval_t vspace_map_anon_aligned(void **retaddr, struct memobj **ret_memobj,
                                                struct vregion **ret_vregion, size_t size,
                                                size_t *retsize, vregion_flags_t flags,
                                                size_t alignment);

/// Map new memory at an address.
LIB_MUST_CHECK errval_t vspace_map_anon_fixed(lvaddr_t addr, struct memobj **ret_memobj,
                                              struct vregion **ret_vregion, size_t size,
                                              size_t *retsize, vregion_flags_t flags);

/// Map zeros that take memory when they are touched, `chunk_size` bytes at a time: see
/// memobj_create_lazy().
LIB_MUST_CHECK errval_t vspace_map_lazy(void **retaddr, struct memobj **ret_memobj,
                                        struct vregion **ret_vregion, size_t size,
                                        size_t chunk_size, vregion_flags_t flags);

/// Map a private view of a frame, whose pages are copied when they are first written: see
/// memobj_create_cow().
LIB_MUST_CHECK errval_t vspace_map_cow(void **retaddr, size_t size, struct capref frame,
                                       vregion_flags_t flags, struct memobj **retmemobj,
                                       struct vregion **retvregion);

/// Map a whole memory object of the caller's, which outlives the region. LIB_ERR_MEMOBJ_INUSE: an
/// object of chunks is mapped already.
LIB_MUST_CHECK errval_t vspace_map_memobj_attr(void **retaddr, struct memobj *memobj,
                                               vregion_flags_t flags, struct vregion **retvregion);

/// Unmap the whole region that contains `buf`. LIB_ERR_VREGION_NOT_FOUND; LIB_ERR_MEMOBJ_INUSE: a
/// thread is just answering a page fault in it.
errval_t vspace_unmap(const void *buf);
