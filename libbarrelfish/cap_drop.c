// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Deleting what somebody else sent. It may be the last capability of a large object, a CNode full of
// CNodes: a server that deleted all of it at once would serve nobody meanwhile. So it does one step;
// the CPU driver does the others by itself (between events, and when the core is idle), and the
// slot is freed at a later call, when it is empty.
#include "barrelfish/capabilities.h"
#include "barrelfish/invocations.h"
#include "barrelfish/slot_alloc.h"
#include "barrelfish/threads.h"

#define DROPPED_MAX 64u
#define STEPS_EACH_CALL 2u

static struct thread_mutex mutex = THREAD_MUTEX_INITIALIZER;
static struct capref dropped[DROPPED_MAX];
static unsigned dropped_count, next;

// One step; true: the slot is free.
static bool step(struct capref cap)
{
    errval_t err = invoke_cap_delete(cap);
    if (err_is_ok(err) || err_no(err) == SYS_ERR_CAP_NOT_FOUND) {
        (void)slot_free(cap);
        return true;
    }
    return err_no(err) != SYS_ERR_AGAIN; // else nobody can delete it: the slot is lost
}

static void step_dropped(unsigned steps)
{
    for (unsigned i = 0; i < steps && dropped_count > 0; i++) {
        next = next < dropped_count ? next : 0;
        if (step(dropped[next])) {
            dropped[next] = dropped[--dropped_count];
        } else {
            next++;
        }
    }
}

void cap_drop(struct capref cap)
{
    thread_mutex_lock(&mutex);
    step_dropped(STEPS_EACH_CALL);
    while (dropped_count == DROPPED_MAX) {
        step_dropped(DROPPED_MAX);
    }
    if (!step(cap)) {
        dropped[dropped_count++] = cap;
    }
    thread_mutex_unlock(&mutex);
}
