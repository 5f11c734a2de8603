// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The groups of schedule.h: a list of those with runnable dispatchers, the one whose turn it is
// first, and a list of these in each. Every operation takes constant time.

#include "sched/schedule.h"

#include "lib/kassert.h"

void schedule_init(struct schedule *schedule, uint64_t slice)
{
    schedule->slice = slice;
    list_init(&schedule->turns);
    list_init(&schedule->former.members);
    for (unsigned i = 0; i < KERNEL_GROUPS; i++)
        list_init(&schedule->groups[i].members);
}

/// The first dispatcher of the group whose turn it is, or NULL.
static struct schedule_place *head(const struct schedule *schedule)
{
    if (list_is_empty(&schedule->turns))
        return NULL;
    const struct run_group *group = LIST_OWNER(schedule->turns.next, struct run_group, turn);
    return LIST_OWNER(group->members.next, struct schedule_place, member);
}

static struct run_group *group_of(struct schedule *schedule, const struct schedule_place *place)
{
    return place->begun == place->group->begun ? place->group : &schedule->former; // S5
}

void schedule_join(struct schedule *schedule, struct schedule_place *place,
                   const struct schedule_place *by)
{
    place->group = by != NULL ? by->group : &schedule->groups[0];
    place->begun = by != NULL ? by->begun : 0;
}

void schedule_begin_group(struct schedule *schedule, struct schedule_place *place, uint32_t number)
{
    kassert(number < KERNEL_GROUPS && place->member.next == NULL); // S5
    place->group = &schedule->groups[number];
    place->begun = ++place->group->begun;
}

void schedule_add(struct schedule *schedule, struct schedule_place *place)
{
    if (place->member.next != NULL)
        return;
    struct run_group *group = group_of(schedule, place);
    if (list_is_empty(&group->members))
        list_add(&schedule->turns, &group->turn);
    list_add(&group->members, &place->member);
    place->turns_in = group;
    schedule->runnable++;
    schedule->unsettled = true;
    if (schedule->picked == NULL)
        schedule->picked = place;
}

void schedule_remove(struct schedule *schedule, struct schedule_place *place)
{
    if (place->member.next == NULL)
        return;
    bool was_head = place == head(schedule);
    list_remove(&place->member);
    if (list_is_empty(&place->turns_in->members)) {
        list_remove(&place->turns_in->turn);
        if (was_head)
            schedule->slice_owned = false;
    } // else the slice goes on: it is the group's
    schedule->runnable--;
    schedule->unsettled = true;
    if (schedule->picked == place)
        schedule->picked = head(schedule);
}

/// The head and its group are the last now.
static void rotate(struct schedule *schedule)
{
    struct schedule_place *first = head(schedule);
    struct run_group *group = first->turns_in;
    kassert(schedule->turns.next == &group->turn); // S1
    schedule_remove(schedule, first);
    schedule_add(schedule, first);
    if (!list_is_empty(&group->members)) {
        list_remove(&group->turn);
        list_add(&schedule->turns, &group->turn);
    }
    schedule->slice_end = 0;
    schedule->picked = head(schedule);
}

/// The one that is picked is to be so no longer: if it is not head it goes back to its group (S4).
static void release_picked(struct schedule *schedule)
{
    struct schedule_place *place = schedule->picked;
    if (place == NULL || place == head(schedule) || place->turns_in == group_of(schedule, place))
        return;
    schedule_remove(schedule, place);
    schedule_add(schedule, place);
}

static void end_favour(struct schedule *schedule)
{
    release_picked(schedule);
    schedule->picked = head(schedule);
    kassert((schedule->picked == NULL) == (schedule->runnable == 0)); // S6
    schedule->unsettled = true;
}

void schedule_slice_over(struct schedule *schedule)
{
    bool owned = schedule->slice_owned;
    end_favour(schedule);
    if (owned)
        rotate(schedule);
}

void schedule_yield(struct schedule *schedule)
{
    if (schedule->picked != head(schedule))
        end_favour(schedule); // back to whose slice it is
    else
        rotate(schedule);
}

void schedule_favour(struct schedule *schedule, struct schedule_place *place)
{
    kassert(place->member.next != NULL); // S6
    release_picked(schedule);
    schedule->picked = place;
}

uint64_t schedule_slice_end(struct schedule *schedule, uint64_t now)
{
    const struct schedule_place *picked = schedule->picked;
    if (schedule->runnable < 2 && (picked == NULL || *picked->asks == 0)) {
        schedule->slice_end = 0;
        return UINT64_MAX;
    }
    bool owned = picked == head(schedule);
    if (schedule->slice_end == 0 || (owned && !schedule->slice_owned)) { // S3
        schedule->slice_end = now + schedule->slice;
        schedule->slice_owned = owned;
    }
    return schedule->slice_end;
}

/// How many runnable ones there are in a group; 0 if one is not where it says.
static uint64_t members_of(const struct run_group *group, const struct list *wanted, bool *found)
{
    uint64_t count = 0;
    for (const struct list *at = group->members.next; at != &group->members; at = at->next) {
        const struct schedule_place *place = LIST_OWNER(at, struct schedule_place, member);
        if (place->turns_in != group || at->prev->next != at || at->next->prev != at)
            return 0;
        *found = *found || at == wanted;
        count++;
    }
    return count;
}

bool schedule_valid(const struct schedule *schedule)
{
    uint64_t runnable = 0;
    const struct list *picked = schedule->picked != NULL ? &schedule->picked->member : NULL;
    bool found = picked == NULL;
    for (const struct list *turn = schedule->turns.next; turn != &schedule->turns;
         turn = turn->next) {
        uint64_t members = members_of(LIST_OWNER(turn, struct run_group, turn), picked, &found);
        if (members == 0 || turn->prev->next != turn || turn->next->prev != turn)
            return false;
        runnable += members;
    }
    return found && runnable == schedule->runnable && (picked == NULL) == (runnable == 0);
}
