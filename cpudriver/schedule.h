// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Which dispatcher runs next: the small interface behind which RBED is to stand. For now round
// robin.

#pragma once

#include "kpi/types.h"

struct dcb;

#define SCHEDULE_SLICE_MS 10u

/// A dispatcher became runnable.
void schedule_add(struct dcb *dcb);

/// A dispatcher is no longer runnable.
void schedule_remove(struct dcb *dcb);

/// The slice is over.
void schedule_rotate(void);

/// The current dispatcher gives up the rest of its turn.
void schedule_yield(void);

/// Let `dcb`, which is runnable, run next, for the rest of the slice of the one that gives way.
void schedule_favour(struct dcb *dcb);

/// The dispatcher that runs now; NULL if none is runnable.
struct dcb *schedule_pick(void);

/// Whether a slice's end matters, that is, whether another dispatcher waits.
bool schedule_contended(void);
