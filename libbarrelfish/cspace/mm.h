// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The one lock of a domain's memory management, and the rule that keeps it from biting its own
// tail: slots need RAM, RAM needs slots (to receive it), mappings need both and metadata, metadata
// needs mappings. Therefore each of them keeps a reserve. Inside an operation only the reserve is
// used; when the outermost operation ends, the reserves are filled up again. Private to the
// library.
#pragma once

#include "kpi/errors.h"

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

/// What mm_leave() calls; each returns at once when its reserve is full enough.
void slot_refill(void);   ///< slot_alloc.c
void vspace_refill(void); ///< vspace_reserve.c

/// slot_reserve() inside an operation; grows if that is the outermost one.
errval_t slot_reserve_locked(size_t count);
