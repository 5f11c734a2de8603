// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The timers of a dispatcher: a ring, soonest first, whose first is the time until which the dispatcher
// may sleep. Inserting costs time proportional to the number of entries. What an entry is for only its
// own function knows.

#include "dispatcher.h"

#include "barrelfish/systime.h"

static struct deferred_event *event_at(struct list *place)
{
    return LIST_OWNER(place, struct deferred_event, place);
}

void deferred_insert_disabled(struct dispatcher *disp, struct deferred_event *event)
{
    struct list *first = disp->timers, *after = first;
    assert(!list_is_in(&event->place)); // DI6
    while (after != NULL && event_at(after)->time <= event->time)
        after = after->next != first ? after->next : NULL;
    if (after == NULL) {
        ring_add(&disp->timers, &event->place);
    } else {
        list_add(after, &event->place);
        disp->timers = after == first ? &event->place : first;
        assert(event_at(after)->time > event->time); // DI6
    }
}

void deferred_remove_disabled(struct dispatcher *disp, struct deferred_event *event)
{
    ring_remove(&disp->timers, &event->place);
}

systime_t deferred_first_disabled(const struct dispatcher *disp)
{
    return disp->timers != NULL ? event_at(disp->timers)->time : 0;
}

void deferred_poll_disabled(struct dispatcher *disp)
{
    systime_t now = systime_now();
    while (disp->timers != NULL && event_at(disp->timers)->time <= now) {
        struct deferred_event *event = event_at(disp->timers);
        deferred_remove_disabled(disp, event);
        event->expired(event);
    }
}
