// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The limit of a thread's blocking calls.
#include "barrelfish/blocking.h"

#include "dispatcher.h"

delayus_t blocking_set_limit(delayus_t limit_us)
{
    struct thread *self = thread_self();
    delayus_t before = self->blocking_limit_us;
    self->blocking_limit_us = limit_us;
    return before;
}

systime_t blocking_until(delayus_t limit_us)
{
    systime_t now = systime_now(), ticks = us_to_systime(limit_us);
    return ticks > UINT64_MAX - now ? 0 : now + ticks;
}

systime_t blocking_deadline(delayus_t limit_us)
{
    delayus_t set = disp_self()->current->blocking_limit_us;
    limit_us = set != 0 ? set : limit_us;
    // Without a look at the clock, which all cores share in an emulator.
    return limit_us == BLOCKING_FOREVER ? 0 : blocking_until(limit_us);
}
