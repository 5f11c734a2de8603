// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The timers of a dispatcher: a list, soonest first, whose head is the time until which the dispatcher
// may sleep. Inserting costs time proportional to the number of entries. What an entry is for only its
// own function knows.

#include "dispatcher.h"

#include "barrelfish/systime.h"

void deferred_insert_disabled(struct dispatcher *disp, struct deferred_event *event)
{
    struct deferred_event *before = NULL;
    struct deferred_event *after = disp->timers;
    while (after != NULL && after->time <= event->time) {
        before = after;
        after = after->next;
    }
    event->prev = before;
    event->next = after;
    event->queued = true;
    if (after != NULL)
        after->prev = event;
    if (before != NULL)
        before->next = event;
    else
        disp->timers = event;
}

void deferred_remove_disabled(struct dispatcher *disp, struct deferred_event *event)
{
    if (event->next != NULL)
        event->next->prev = event->prev;
    if (event->prev != NULL)
        event->prev->next = event->next;
    else
        disp->timers = event->next;
    event->queued = false;
}

void deferred_poll_disabled(struct dispatcher *disp)
{
    systime_t now = systime_now();
    while (disp->timers != NULL && disp->timers->time <= now) {
        struct deferred_event *event = disp->timers;
        deferred_remove_disabled(disp, event);
        event->expired(event);
    }
}
