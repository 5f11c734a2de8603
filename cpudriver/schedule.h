// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Which dispatcher runs next: the small interface behind which RBED is to stand. For now round
// robin.

#pragma once

#include "dispatch.h"
#include "kcb.h"

#define SCHEDULE_SLICE_MS 10u

/// A dispatcher became runnable.
void schedule_add(struct dcb *dcb);

/// A dispatcher is no longer runnable.
void schedule_remove(struct dcb *dcb);

/// `by`, which was not runnable, takes the place of `dcb` in the queue, and with it what is left of
/// the slice.
static inline void schedule_replace(struct dcb *dcb, struct dcb *by)
{
    struct dcb *next = dcb->run_next, *prev = dcb->run_prev;
    by->run_next = next;
    by->run_prev = prev;
    if (prev != NULL)
        prev->run_next = by;
    else
        kcb.run_head = by;
    if (next != NULL)
        next->run_prev = by;
    else
        kcb.run_tail = by;
    dcb->queued = false;
    by->queued = true;
    if (kcb.favoured == dcb)
        kcb.favoured = by;
}

/// The slice is over.
void schedule_rotate(void);

/// The current dispatcher gives up the rest of its turn.
void schedule_yield(void);

/// Let `dcb`, which is runnable, run next, for the rest of the slice of the one that gives way.
void schedule_favour(struct dcb *dcb);

/// The dispatcher that runs now; NULL if none is runnable.
struct dcb *schedule_pick(void);

/// Whether a slice's end matters: another dispatcher waits, or the only one has asked for it. What
/// it claims in its frame is read: it is whole.
bool schedule_sliced(void);
