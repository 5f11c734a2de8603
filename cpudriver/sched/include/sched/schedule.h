// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Which dispatcher runs next: the small interface behind which RBED is to stand. For now round
// robin, by groups: a domain that makes many dispatchers has one turn. A dispatcher belongs to the
// group of the one that set it up, unless somebody with the Kernel capability begins a group with
// it; spawnd does, for each domain. Pure: a dispatcher is its place here, and all else is asked for.
//
// S1 Groups with a runnable dispatcher take turns, and in the turn of its group the first of its
//    dispatchers is the *head*: the slice is that one's. When the slice is over both are last.
// S2 The head may let another one run on its slice, which is *picked* then, and loses the core with
//    the slice: two that hand the core to one another cannot keep it from the rest.
// S3 When a head leaves before its slice is over, the slice goes on with the next of its group: two
//    that leave in turn keep the core from nobody. If there is none, what is left of it is for the
//    one that the head let run; that of the next head begins when it has the core, and is whole.
// S4 A call hands over the caller's place (entry/lrpc.h): the callee stands in another's group as
//    long as it is head or picked, and is last in its own afterwards.
// S5 A group that has begun anew is without those that belonged to it before; whoever is left of
//    them shares one turn with all such.
// S6 One is picked, and runnable, if any is.

#pragma once

#include "kpi/list.h"
#include "kpi/syscalls.h"

#define SCHEDULE_SLICE_MS 10u

/// Dispatchers that have one turn together.
struct run_group {
    struct list turn;    ///< its place among those who take turns, if it has members
    struct list members; ///< those that are runnable
    uint64_t begun;      ///< how often
};

/// A dispatcher's. Private to schedule.c; visible for allocation.
struct schedule_place {
    struct list member; ///< of the group that it turns in, if it is runnable
    struct run_group *turns_in;
    struct run_group *group; ///< its own, if that has not begun anew since
    uint64_t begun;          ///< what its group's was then
    const volatile uint64_t
        *asks; ///< its claim that the end of a slice matters though nobody waits; not 0
};

struct schedule {
    struct schedule_place *picked; ///< of the runnable ones the one that runs now, or NULL
    struct list turns;             ///< groups with runnable dispatchers, the current one first
    struct run_group groups[KERNEL_GROUPS];
    struct run_group former; ///< those whose group has begun anew
    uint64_t slice;          ///< how long one is (TSC)
    uint64_t slice_end;      ///< TSC; 0: it does not matter
    bool slice_owned;        ///< the slice is that of the present head
    bool unsettled;          ///< when the slice ends, or a timer's time comes, has to be found anew
    uint64_t runnable;       ///< how many are
};

/// `schedule` is zero.
void schedule_init(struct schedule *schedule, uint64_t slice);

/// A dispatcher that is set up belongs to the group of the one that does it; NULL: it is the first.
void schedule_join(struct schedule *schedule, struct schedule_place *place,
                   const struct schedule_place *by);

/// A dispatcher that has not run yet is the first of a group, of which it has the number.
void schedule_begin_group(struct schedule *schedule, struct schedule_place *place, uint32_t number);

/// Checks S1 and S6, and that all who are runnable are where they turn. Takes time for each of them.
bool schedule_valid(const struct schedule *schedule);

/// A dispatcher became runnable.
void schedule_add(struct schedule *schedule, struct schedule_place *place);

/// A dispatcher is no longer runnable.
void schedule_remove(struct schedule *schedule, struct schedule_place *place);

/// `by`, which was not runnable, takes the place of the one that is picked, and with it what is left
/// of the slice.
static inline void schedule_replace(struct schedule *schedule, struct schedule_place *picked,
                                    struct schedule_place *by)
{
    list_replace(&picked->member, &by->member);
    by->turns_in = picked->turns_in;
    schedule->picked = by;
}

/// The slice is over.
void schedule_slice_over(struct schedule *schedule);

/// The one that runs gives up the rest of its turn.
void schedule_yield(struct schedule *schedule);

/// Let one, which is runnable, run next, for the rest of the slice of the one that gives way.
void schedule_favour(struct schedule *schedule, struct schedule_place *place);

/// When the slice ends (TSC), begun now if need be; UINT64_MAX: nobody waits, and the only one has
/// not asked for its end. What it claims is read: it is whole.
uint64_t schedule_slice_end(struct schedule *schedule, uint64_t now);
