// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Which dispatcher runs next: the small interface behind which RBED is to stand. For now round
// robin, by groups: a domain that makes many dispatchers has one turn. A dispatcher belongs to the
// group of the one that set it up, unless somebody with the Kernel capability begins a group with
// it; spawnd does, for each domain.
//
// S1 Groups with a runnable dispatcher take turns, and in the turn of its group the first of its
//    dispatchers is the *head*: the slice is that one's. When the slice is over both are last.
// S2 The head may let another one run on its slice, which is *picked* then, and loses the core with
//    the slice: two that hand the core to one another cannot keep it from the rest.
// S3 When a head leaves before its slice is over, the slice goes on with the next of its group: two
//    that leave in turn keep the core from nobody. If there is none, what is left of it is for the
//    one that the head let run; that of the next head begins when it has the core, and is whole.
// S4 A call hands over the caller's place (lrpc.h): the callee stands in another's group as long as
//    it is head or picked, and is last in its own afterwards.
// S5 A group that has begun anew is without those that belonged to it before; whoever is left of
//    them shares one turn with all such.

#pragma once

#include "dispatch/dispatch.h"
#include "kcb/kcb.h"

#define SCHEDULE_SLICE_MS 10u

void schedule_init(void);

/// A dispatcher that is set up belongs to the group of the current one.
void schedule_join(struct dcb *dcb);

/// A dispatcher that has not run yet is the first of a group, of which it has the number.
void schedule_begin_group(struct dcb *dcb, uint32_t number);

/// A dispatcher became runnable.
void schedule_add(struct dcb *dcb);

/// A dispatcher is no longer runnable.
void schedule_remove(struct dcb *dcb);

/// `by`, which was not runnable, takes the place of `dcb`, which is picked, and with it what is
/// left of the slice.
static inline void schedule_replace(struct dcb *dcb, struct dcb *by)
{
    list_replace(&dcb->place, &by->place);
    by->turns_in = dcb->turns_in;
    kcb.picked = by;
}

/// The slice is over.
void schedule_slice_over(void);

/// The current dispatcher gives up the rest of its turn.
void schedule_yield(void);

/// Let `dcb`, which is runnable, run next, for the rest of the slice of the one that gives way.
void schedule_favour(struct dcb *dcb);

/// The dispatcher that runs now; NULL if none is runnable.
static inline struct dcb *schedule_pick(void)
{
    return kcb.picked;
}

/// When the slice ends (TSC), begun now if need be; UINT64_MAX: nobody waits, and the only one has
/// not asked for its end. What it claims in its frame is read: it is whole.
uint64_t schedule_slice_end(void);
