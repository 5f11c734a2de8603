// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What a region of virtual memory shows, in kinds that differ in when frames come:
//   one frame, anonymous   one frame of the caller's, or one of its own; mapped at once
//   fixed                  chunks that the caller fills with frames, one by one
//   lazy                   zeros: a new frame for each chunk that is touched
//   copy-on-write          a frame of the caller's, whose pages are copied when first written
//   pager                  as fixed, but a function of the program is asked at each page fault
// All but the first two are *objects of chunks*: shown by one region at a time, as a whole, and
// protected as a whole. Any thread may call. Regions: barrelfish/vspace_common.h.
//
// A page fault is answered on the thread that caused it, enabled, on a stack that the library has
// for this (FAULT_STACK_BYTES), before the thread's exception handler is asked. One thread at a
// time answers; others that fault meanwhile wait and then try again. What is not answered goes to
// the handler (barrelfish/except.h) or ends the domain: an access that the region's flags do not
// allow, a fault by the function that is just answering one, and one while the thread is in an
// operation of memory management. A fault while the dispatcher is disabled ends the domain at once.
// Therefore stacks, buffers of system calls and what is used while disabled must not lie in objects
// of chunks; what the CPU driver writes there does not even make a page dirty.
#pragma once

#include "barrelfish/caddr.h"
#include "barrelfish/except.h"
#include "barrelfish/range_tree.h"

#define FAULT_STACK_BYTES 32768u

typedef uint32_t memobj_flags_t;

struct memobj;
struct memobj_ops;
struct vregion;

/// Answers a page fault at `offset` of the object. SYS_ERR_OK: the access is tried again; other
/// results: the fault is not answered. May block and call the library, but must return, must not
/// wait for a thread that may fault, and must not take locks that a faulting thread may hold, which
/// includes malloc() and printf() if the object is used there.
typedef errval_t (*memobj_pager_func_t)(void *arg, struct memobj *memobj, genvaddr_t offset,
                                        enum pagefault_exception_type type);

/// Private to memobj.c and its kinds; visible for allocation.
struct memobj {
    const struct memobj_ops *ops;
    size_t size;
    struct capref frame;    ///< one frame, anonymous, copy-on-write
    gensize_t frame_offset; ///< of its part that is shown
    size_t chunk_size;      ///< 0: not an object of chunks
    struct range_tree chunks;
    struct vregion *vregion; ///< that shows it, if an object of chunks
    unsigned faults;         ///< that its pager is answering
    memobj_pager_func_t pager;
    void *pager_arg;
    memobj_flags_t flags; ///< reserved, 0
    bool owns_frame;
    bool from_slab; ///< made by vspace_common.h, freed with its region
};

/// A chunk of an object of chunks.
struct memobj_page {
    struct capref frame;
    gensize_t offset; ///< in the frame
    bool accessed;    ///< since it was last cleared
    bool dirty;       ///< written since the chunk was filled
};

/// Prepare an object for one frame of `size` bytes, which memobj_fill() is to give. flags: 0.
errval_t memobj_create_one_frame(struct memobj *memobj, size_t size, memobj_flags_t flags);

/// Make an object with a new frame of at least `size` bytes of zeros. Errors: of frame_alloc().
LIB_MUST_CHECK errval_t memobj_create_anon(struct memobj *memobj, size_t size,
                                           memobj_flags_t flags);

/// Prepare an object of `count` chunks of `chunk_size` bytes, together `size`. The frames that
/// memobj_fill() gives stay the caller's. An access to a chunk that is not filled is not answered.
errval_t memobj_create_fixed(struct memobj *memobj, size_t size, memobj_flags_t flags, size_t count,
                             size_t chunk_size);

/// Prepare an object of zeros, whose memory comes when it is first touched: `chunk_size` bytes
/// (whole pages; 0: one page) at a time, the last chunk perhaps less. With chunks of
/// LARGE_PAGE_SIZE and VREGION_FLAGS_LARGE large pages are used where memory allows it.
errval_t memobj_create_lazy(struct memobj *memobj, size_t size, memobj_flags_t flags,
                            size_t chunk_size);

/// Prepare a private view of the first `size` bytes of a frame, which stays the caller's and is
/// never written through it. SYS_ERR_: the frame cannot be identified; LIB_ERR_INVALID_ARGS: it is
/// shorter.
errval_t memobj_create_cow(struct memobj *memobj, size_t size, memobj_flags_t flags,
                           struct capref frame);

/// Prepare an object as memobj_create_fixed() whose page faults `func` answers, with memobj_fill().
errval_t memobj_create_pager(struct memobj *memobj, size_t size, memobj_flags_t flags,
                             size_t chunk_size, memobj_pager_func_t func, void *arg);

/// Give the frame of memobj_create_one_frame() (offset: 0), or that of a chunk of a fixed or pager
/// object, which shows at once where the object is mapped. LIB_ERR_INVALID_ARGS: there is one
/// already, or another offset or size; LIB_ERR_PMAP; LIB_ERR_MALLOC_FAIL: no metadata.
errval_t memobj_fill(struct memobj *memobj, genvaddr_t offset, struct capref frame, size_t size);

/// The same with the part of the frame that begins at `frame_offset`, a whole page.
errval_t memobj_fill_foff(struct memobj *memobj, genvaddr_t offset, struct capref frame,
                          size_t size, gensize_t frame_offset);

/// Take the chunk at `offset` away; *ret says what it was and whether it was written: no write is
/// lost. Fixed and pager objects only. LIB_ERR_INVALID_ARGS: it is not filled.
errval_t memobj_unfill(struct memobj *memobj, genvaddr_t offset, struct memobj_page *ret);

/// Tell what the chunk at `offset` is, and whether it was accessed and written. If `clear`, it
/// counts as not accessed from now on. Errors as memobj_unfill(), for all objects of chunks.
errval_t memobj_page_get(struct memobj *memobj, genvaddr_t offset, bool clear,
                         struct memobj_page *ret);

/// End an object that no region shows any more. Frames of its own are deleted.
errval_t memobj_destroy(struct memobj *memobj);
