// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The groups of schedule.h: a list of those with runnable dispatchers, the one whose turn it is
// first, and a list of these in each. Every operation takes constant time.

#include "sched/schedule.h"

void schedule_init(void)
{
    list_init(&kcb.turns);
    list_init(&kcb.former.members);
    for (unsigned i = 0; i < KERNEL_GROUPS; i++)
        list_init(&kcb.groups[i].members);
}

/// The first dispatcher of the group whose turn it is, or NULL.
static struct dcb *head(void)
{
    if (list_is_empty(&kcb.turns))
        return NULL;
    const struct run_group *group = LIST_OWNER(kcb.turns.next, struct run_group, turn);
    return LIST_OWNER(group->members.next, struct dcb, place);
}

static struct run_group *group_of(const struct dcb *dcb)
{
    return dcb->group_begun == dcb->group->begun ? dcb->group : &kcb.former; // S5
}

void schedule_join(struct dcb *dcb)
{
    const struct dcb *by = kcb.current; // NULL: the core's first dispatcher is set up
    dcb->group = by != NULL ? by->group : &kcb.groups[0];
    dcb->group_begun = by != NULL ? by->group_begun : 0;
}

void schedule_begin_group(struct dcb *dcb, uint32_t number)
{
    dcb->group = &kcb.groups[number];
    dcb->group_begun = ++dcb->group->begun;
}

void schedule_add(struct dcb *dcb)
{
    if (dcb->place.next != NULL)
        return;
    struct run_group *group = group_of(dcb);
    if (list_is_empty(&group->members))
        list_add(&kcb.turns, &group->turn);
    list_add(&group->members, &dcb->place);
    dcb->turns_in = group;
    kcb.runnable++;
    kcb.unsettled = true;
    if (kcb.picked == NULL)
        kcb.picked = dcb;
}

void schedule_remove(struct dcb *dcb)
{
    if (dcb->place.next == NULL)
        return;
    bool was_head = dcb == head();
    list_remove(&dcb->place);
    if (list_is_empty(&dcb->turns_in->members)) {
        list_remove(&dcb->turns_in->turn);
        if (was_head)
            kcb.slice_owned = false;
    } // else the slice goes on: it is the group's
    kcb.runnable--;
    kcb.unsettled = true;
    if (kcb.picked == dcb)
        kcb.picked = head();
}

/// The head and its group are the last now.
static void rotate(void)
{
    struct dcb *first = head();
    struct run_group *group = first->turns_in;
    schedule_remove(first);
    schedule_add(first);
    if (!list_is_empty(&group->members)) {
        list_remove(&group->turn);
        list_add(&kcb.turns, &group->turn);
    }
    kcb.slice_end = 0;
    kcb.picked = head();
}

/// The one that is picked is to be so no longer: if it is not head it goes back to its group (S4).
static void release_picked(void)
{
    struct dcb *dcb = kcb.picked;
    if (dcb == NULL || dcb == head() || dcb->turns_in == group_of(dcb))
        return;
    schedule_remove(dcb);
    schedule_add(dcb);
}

static void end_favour(void)
{
    release_picked();
    kcb.picked = head();
    kcb.unsettled = true;
}

void schedule_slice_over(void)
{
    bool owned = kcb.slice_owned;
    end_favour();
    kcb.slice_end = 0;
    if (owned)
        rotate();
}

void schedule_yield(void)
{
    if (kcb.picked != head())
        end_favour(); // back to whose slice it is
    else
        rotate();
}

void schedule_favour(struct dcb *dcb)
{
    release_picked();
    kcb.picked = dcb;
}

uint64_t schedule_slice_end(void)
{
    const struct dcb *dcb = kcb.picked;
    if (kcb.runnable < 2 && (dcb == NULL || dcb->shared->tick == 0)) {
        kcb.slice_end = 0;
        return UINT64_MAX;
    }
    bool owned = dcb == head();
    if (kcb.slice_end == 0 || (owned && !kcb.slice_owned)) { // S3
        kcb.slice_end = kcb.event_start + SCHEDULE_SLICE_MS * kcb.tsc_per_ms;
        kcb.slice_owned = owned;
    }
    return kcb.slice_end;
}
