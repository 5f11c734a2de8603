// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// A mutex for work that goes on from event to event and so belongs to no thread: who wants it gives
// a continuation, which runs when it is theirs. Not reentrant.
// EM1 While somebody waits, the mutex is locked.

#pragma once

#include "barrelfish/event_queue.h"

/// Private to event_mutex.c; visible for allocation.
struct event_mutex {
    struct list *waiting; ///< ring of event_queue_node
    struct event_queue granted;
    bool locked;
};

/// `ws`: where continuations of those run that had to wait.
void event_mutex_init(struct event_mutex *em, struct waitset *ws);

/// Takes the mutex and runs `lockcont` at once, and returns true; or, while another has it, keeps the
/// node until `lockcont` has run, in the order of those who asked.
bool event_mutex_enqueue_lock(struct event_mutex *em, struct event_queue_node *qn,
                              struct event_closure lockcont);

/// Gives the mutex to the next who waits, whose continuation runs from an event.
void event_mutex_unlock(struct event_mutex *em);
