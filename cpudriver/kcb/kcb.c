// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Where the state is, and the one change of a dispatcher's that needs nothing but that.

#include "kcb/kcb.h"

#include "kcb/dcb.h"

__attribute__((aligned(4096))) struct kcb kcb;

void dispatcher_make_runnable(struct dcb *dcb)
{
    if (dcb->state != DISPATCHER_NEW && dcb->state != DISPATCHER_BLOCKED)
        return;
    timer_remove(&kcb.timers, &dcb->sleep);
    dcb->state = DISPATCHER_RUNNABLE;
    schedule_add(&kcb.schedule, &dcb->place);
}
