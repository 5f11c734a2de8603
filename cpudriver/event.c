// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Begin and end of events. Each is handled with interrupts off and to its end (design, rule 2); its
// length is measured here, so that none can be forgotten.

#include "event.h"

#include "arch/x86_64/cpu.h"
#include "arch/x86_64/machine.h"
#include "arch/x86_64/trap.h"
#include "dispatch.h"
#include "kcb.h"
#include "schedule.h"
#include "timer.h"

// Dispatchers that one event finds unable to go on, before it leaves the rest to the next event.
#define EVENT_TRIES_MAX 8u

void event_begin(uint64_t what)
{
    kcb.event_start = cpu_tsc();
    kcb.event_what = what;
    kcb.stats[KERNEL_STAT_EVENTS]++;
    if (kcb.current != NULL)
        kcb.current->run_cycles += kcb.event_start - kcb.event_ended;
}

static void account(void)
{
    kcb.event_ended = cpu_tsc();
    uint64_t cycles = kcb.event_ended - kcb.event_start;
    if (cycles > kcb.stats[KERNEL_STAT_LONGEST_CYCLES]) {
        kcb.stats[KERNEL_STAT_LONGEST_CYCLES] = cycles;
        kcb.stats[KERNEL_STAT_LONGEST_WHAT] = kcb.event_what;
    }
}

// The timer fires at the end of the slice, if somebody waits for it, or at the next wake-up.
static void arm_timer(void)
{
    uint64_t deadline = timer_next();
    if (schedule_contended()) {
        if (kcb.slice_end == 0)
            kcb.slice_end = kcb.event_start + SCHEDULE_SLICE_MS * kcb.tsc_per_ms;
        if (kcb.slice_end < deadline)
            deadline = kcb.slice_end;
    } else {
        kcb.slice_end = 0;
    }
    apic_timer_arm(deadline);
}

// A dispatcher whose capability space, address space or frame was deleted under it cannot go on.
static bool whole(struct dcb *dcb)
{
    const struct dispatcher_slots *slots = &dcb->slots;
    if (cte_is(&slots->cspace, ObjType_L1CNode) && cte_is(&slots->frame, ObjType_Frame) &&
        cte_is(&slots->vspace, ObjType_VNode_x86_64_pml4))
        return true;
    dispatcher_kill(dcb, DEATH_DELETED, 0, 0);
    return false;
}

// Nothing to run, or (`again`) no time left in this event to find it: the next one comes at once.
static _Noreturn void idle(bool again)
{
    kcb.current = NULL;
    space_load(kcb.kernel_root);
    // Deletions that nobody drives go on here, one step in each event.
    if (again || caps_step(&kcb.caps))
        apic_timer_arm(kcb.event_start);
    else
        arm_timer();
    account();
    kcb.idle_since = cpu_tsc();
    cpu_idle();
}

bool event_end(void)
{
    if (kcb.deaths != NULL)
        dispatcher_retry_deaths();
    struct dcb *before = kcb.current;
    for (unsigned tries = 0;; tries++) {
        struct dcb *next = schedule_pick();
        if (next == NULL || tries == EVENT_TRIES_MAX) {
            if (kcb.current != NULL && kcb.current->state == DISPATCHER_RUNNABLE)
                dispatcher_save(kcb.current);
            idle(next != NULL);
        }
        if (!whole(next))
            continue;
        if (next == kcb.current)
            break;
        if (kcb.current != NULL && kcb.current->state == DISPATCHER_RUNNABLE)
            dispatcher_save(kcb.current);
        dispatcher_switch(next);
    }
    space_load(kcb.arch.cr3); // flushes the TLB once, whatever the event has unmapped
    arm_timer();
    account();
    return before == kcb.current && before != NULL;
}

void event_first(void)
{
    event_begin(KERNEL_EVENT_START);
    (void)event_end();
    exit_iret();
}
