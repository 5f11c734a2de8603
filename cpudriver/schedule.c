// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Round robin over the runnable dispatchers of this core. The queue holds the current dispatcher
// too; its head owns the slice. The head may let another one run on its slice (LRPC): that one is
// `favoured`, keeps its place in the queue, and loses the core with the slice, so that two
// dispatchers which hand the core to one another cannot keep it from the rest. Every operation
// takes constant time.

#include "schedule.h"

void schedule_add(struct dcb *dcb)
{
    if (dcb->queued)
        return;
    dcb->queued = true;
    kcb.runnable++;
    kcb.unsettled = true;
    dcb->run_next = NULL;
    dcb->run_prev = kcb.run_tail;
    if (kcb.run_tail != NULL)
        kcb.run_tail->run_next = dcb;
    else
        kcb.run_head = dcb;
    kcb.run_tail = dcb;
}

void schedule_remove(struct dcb *dcb)
{
    if (!dcb->queued)
        return;
    dcb->queued = false;
    kcb.runnable--;
    kcb.unsettled = true;
    if (kcb.favoured == dcb)
        kcb.favoured = NULL;
    if (dcb->run_prev != NULL)
        dcb->run_prev->run_next = dcb->run_next;
    else
        kcb.run_head = dcb->run_next;
    if (dcb->run_next != NULL)
        dcb->run_next->run_prev = dcb->run_prev;
    else
        kcb.run_tail = dcb->run_prev;
}

void schedule_rotate(void)
{
    struct dcb *head = kcb.run_head;
    kcb.slice_end = 0;
    kcb.unsettled = true;
    kcb.favoured = NULL;
    if (head == NULL || head->run_next == NULL)
        return;
    schedule_remove(head);
    schedule_add(head);
}

void schedule_yield(void)
{
    if (kcb.favoured != NULL)
        kcb.favoured = NULL; // back to whose slice it is
    else
        schedule_rotate();
}

void schedule_favour(struct dcb *dcb)
{
    kcb.favoured = dcb != kcb.run_head ? dcb : NULL;
}

struct dcb *schedule_pick(void)
{
    return kcb.favoured != NULL ? kcb.favoured : kcb.run_head;
}

bool schedule_sliced(void)
{
    const struct dcb *head = kcb.run_head;
    return head != NULL && (head->run_next != NULL || head->shared->tick != 0);
}
