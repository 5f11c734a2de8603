// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Begin and end of events. Each is handled with interrupts off and to its end (design, rule 2); its
// length is measured here, so that none can be forgotten.
//
// Circle: an event leaves through the assembly that it has come in by.

#include "entry/event.h"

#include "entry/trap.h"
#include "machine/machine.h"
#include "machine/switch.h"

// Dispatchers that one event finds unable to go on, before it leaves the rest to the next event.
#define EVENT_TRIES_MAX 8u

/// The timer fires at the end of the slice, if it matters to somebody, or at the next wake-up.
static void arm_timer(void)
{
    if (!kcb.schedule.unsettled)
        return;
    kcb.schedule.unsettled = false;
    uint64_t wakeup = timer_next(&kcb.timers);
    uint64_t slice_end = schedule_slice_end(&kcb.schedule, kcb.event_start);
    apic_timer_arm(slice_end < wakeup ? slice_end : wakeup);
}

/// A dispatcher whose capability space, address space or frame was deleted under it cannot go on.
static bool can_go_on(struct dcb *dcb)
{
    bool whole = dispatcher_is_whole(dcb);
    if (!whole)
        dispatcher_kill(dcb, DEATH_DELETED, 0, 0);
    return whole;
}

/// Nothing to run, or (`again`) no time left in this event to find it: the next one comes at once.
static _Noreturn void idle(bool again)
{
    kcb.current = NULL;
    space_load(kcb.kernel_root);
    // Deletions that nobody drives go on here, one step in each event, and may wake somebody.
    if (again || caps_step(&kcb.caps) || dcb_picked() != NULL) {
        apic_timer_arm(kcb.event_start);
        kcb.schedule.unsettled = true;
    } else {
        arm_timer();
    }
    event_account();
    kcb.idle_since = kcb.event_ended;
    cpu_idle();
}

bool event_end(void)
{
    struct dcb *before = kcb.current;
    if (before != NULL && before->untold != 0)
        dispatcher_tell_untold(before);
    for (unsigned tries = 0;; tries++) {
        struct dcb *next = dcb_picked();
        if (next == NULL || tries == EVENT_TRIES_MAX) {
            if (kcb.current != NULL && kcb.current->state == DISPATCHER_RUNNABLE)
                dispatcher_save(kcb.current);
            idle(next != NULL);
        }
        if (!can_go_on(next))
            continue;
        if (next != kcb.current) {
            if (kcb.current != NULL && kcb.current->state == DISPATCHER_RUNNABLE)
                dispatcher_save(kcb.current);
            dispatcher_switch(next);
        }
        if (next == kcb.current)
            break; // what it claims has not killed it
    }
    space_load(kcb.arch.cr3); // flushes the TLB once, whatever the event has unmapped
    arm_timer();
    event_account();
    return before == kcb.current && before != NULL;
}

void event_first(void)
{
    event_begin(KERNEL_EVENT_START);
    (void)event_end();
    exit_iret();
}
