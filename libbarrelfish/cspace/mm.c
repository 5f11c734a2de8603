// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The lock of memory management: a mutex that its owner may take again, with a count of how deep
// the owner is. See mm.h for the rule of reserves that hangs on that count.
#include "mm.h"

#include "barrelfish/threads.h"

#include <assert.h>

struct mm_source mm_source;

static struct {
    struct thread_mutex mutex;
    struct thread *owner;
    unsigned depth;
    bool growing;
} mm = {.mutex = THREAD_MUTEX_INITIALIZER};

void mm_enter(void)
{
    // Before there are threads, thread_self() is NULL, which then owns the lock like any other.
    struct thread *self = thread_self();
    if (mm.depth == 0 || mm.owner != self) {
        thread_mutex_lock(&mm.mutex);
        assert(mm.depth == 0); // MM1
        mm.owner = self;
    }
    mm.depth++;
}

void mm_leave(void)
{
    assert(mm_is_inside()); // MM1
    if (mm_may_grow()) {
        mm_grow_begin();
        mm_source.slot_refill();
        mm_source.vspace_refill();
        mm_grow_end();
    }
    if (--mm.depth == 0)
        thread_mutex_unlock(&mm.mutex);
}

bool mm_is_inside(void)
{
    return mm.depth > 0 && mm.owner == thread_self();
}

bool mm_may_grow(void)
{
    return mm.depth == 1 && !mm.growing;
}

void mm_grow_begin(void)
{
    assert(mm_may_grow()); // MM2
    mm.growing = true;
}

void mm_grow_end(void)
{
    assert(mm.growing); // MM2
    mm.growing = false;
}
