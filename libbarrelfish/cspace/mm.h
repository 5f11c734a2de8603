// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The one lock of a domain's memory management, and the rule that keeps it from biting its own
// tail: slots need RAM, RAM needs slots (to receive it), mappings need both and metadata, metadata
// needs mappings. Therefore each of them keeps a reserve. Private to the library.
//
// MM1 An operation is ended by the thread that began it.
// MM2 Inside an operation only the reserves are used. When the outermost one ends they are filled up
//     again, and filling up does not begin another time meanwhile.
#pragma once

#include "barrelfish/vspace_common.h"

/// Begin an operation; may nest in one thread, excludes the other threads.
void mm_enter(void);

/// End it. The outermost one first fills up the reserves.
void mm_leave(void);

/// Whether the caller is in an operation. May be called while disabled.
bool mm_is_inside(void);

/// Whether the caller may grow a reserve now: it is in the outermost operation, which is not itself
/// filling up.
bool mm_may_grow(void);

/// Mark the time in which a reserve grows; mm_may_grow() is false in between.
void mm_grow_begin(void);
void mm_grow_end(void);

/// What stands on the lock and is needed below: functions of these names, given at the domain's start.
/// Those that refill are called by mm_leave(); each returns at once when its reserve is full enough.
struct mm_source {
    void (*slot_refill)(void), (*vspace_refill)(void);
    errval_t (*ram_create)(struct capref dest, enum objtype type, size_t bytes, size_t alignment);
    errval_t (*vspace_map_anon_attr)(void **retaddr, struct memobj **ret_memobj,
                                     struct vregion **ret_vregion, size_t size, size_t *retsize,
                                     vregion_flags_t flags);
    errval_t (*vspace_map_one_frame)(void **retaddr, size_t size, struct capref frame,
                                     struct memobj **retmemobj, struct vregion **retvregion);
    errval_t (*vspace_unmap)(const void *buf);
};

extern struct mm_source mm_source;

/// slot_alloc.c: for mm_source.
void slot_refill(void);

/// slot_reserve() inside an operation; grows if that is the outermost one.
errval_t slot_reserve_locked(size_t count);
