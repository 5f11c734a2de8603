// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The user-level scheduler: upcalls, the choice of the next thread, and sleep. A thread that is
// preempted has its FPU state in the registers, so all that runs before context_fpu_save() is
// compiled to touch general registers only, which the pragma sees to for this file. With nothing to
// run, polled channels are polled for as long as poll_policy.c says, then armed, and the dispatcher
// is suspended until a message or the next timer. A message between the last look and the sleep is
// not missed: the CPU driver compares lmp_delivered with lmp_seen (kpi/dispatcher.h), and arm()
// says if one is in a ring (waitset_chan.c, W1). Not here: faults (fault.c).
// Circle: context.S enters the scheduler here, and leaves it for a thread.

#pragma GCC target("general-regs-only")

#include "dispatcher.h"

#include "barrelfish/syscalls.h"
#include "kpi/info.h"

#define CLOCK_ROUNDS 8u // of polls between two looks at the clock

/// The upcalls, called by context.S only.
void upcall_run(struct dispatcher *disp);
void upcall_pagefault(struct dispatcher *disp, uint64_t address, uint64_t error_code);
void upcall_trap(struct dispatcher *disp, uint64_t vector, uint64_t error_code);

void disp_set_poll_limit(uint32_t polls)
{
    disp_self()->poll_limit = polls;
}

/// Others can run on this core, as it was when this dispatcher came onto it.
static bool contended(const struct dispatcher *disp)
{
    const struct domain_info *info = disp->info;
    return info != NULL && *(const volatile uint64_t *)&info->kernel.runnable > 1;
}

/// Decides whether `polls` times, in so many rounds, were enough. The clock is looked at seldom,
/// and not in the first rounds, where most messages come: under QEMU all cores read it under one
/// spinlock, and if the host takes the processor away from who has it, all that poll spin for
/// nothing.
static bool polled_enough(struct dispatcher *disp, size_t polls, size_t rounds)
{
    if (disp->poll_limit != DISP_POLL_ADAPTIVE)
        return polls >= disp->poll_limit;
    if (rounds == 0 || rounds % CLOCK_ROUNDS != 0)
        return false;
    systime_t now = systime_now();
    if (disp->wait_start == 0) {
        disp->wait_start = now;
        disp->wait_budget = poll_policy_budget(&disp->poll_policy, contended(disp));
    }
    disp->wait_polled = now - disp->wait_start;
    return disp->wait_polled >= disp->wait_budget;
}

/// Polls for a while. True: a thread has become runnable.
static bool poll_for_event(struct dispatcher *disp)
{
    for (size_t polls = 0, rounds = 0; disp->polled_count > 0; polls += disp->polled_count) {
        if (polled_enough(disp, polls, rounds++))
            break;
        __builtin_ia32_pause();
        dispatch_poll(disp);
        if (disp->run_queue != NULL) {
            if (!poll_policy_full(&disp->poll_policy))
                poll_policy_over(&disp->poll_policy, disp->wait_polled, disp->wait_polled, 0);
            return true;
        }
    }
    return false;
}

/// Polls, then sleeps. Returns if a thread has become runnable; else it continues in upcall_run().
/// Out of line, because a thread that is ready needs none of its registers.
static __attribute__((noinline)) void wait_for_event(struct dispatcher *disp)
{
    disp->wait_start = disp->wait_polled = disp->wake_announced = 0;
    if (poll_for_event(disp))
        return;
    systime_t deadline = deferred_first_disabled(disp);
    if (disp->arm_channels(disp, &deadline)) {
        // A domain cannot go on if its CPU driver refuses this; trying again costs only itself.
        (void)sys_suspend(deadline);
    }
    disp->disarm_channels(disp);
}

/// The claim stays until the next upcall, so that many wake-ups in one slice ask once.
void dispatch_want_tick(struct dispatcher *disp)
{
    if (disp->shared.tick == 0) {
        disp->shared.tick = 1;
        sys_tick();
    }
}

void dispatch_wake_announced(systime_t at)
{
    disp_self()->wake_announced = at;
}

/// After a sleep: what it was good for. A time stamp is the peer's claim; the policy bounds what
/// comes of it.
static void waited(struct dispatcher *disp)
{
    systime_t now = systime_now();
    disp->disarm_channels(disp);
    dispatch_poll(disp);
    systime_t announced = disp->wake_announced;
    bool known = announced > disp->wait_start && announced < now;
    if (disp->wait_polled == 0)
        return; // there was nothing to poll
    poll_policy_over(&disp->poll_policy, disp->wait_polled,
                     (known ? announced : now) - disp->wait_start, known ? now - announced : 0);
}

void dispatch_schedule(struct dispatcher *disp)
{
    disp->current = NULL;
    for (;;) {
        dispatch_poll(disp);
        struct thread *thread = thread_ring_take(&disp->run_queue);
        if (thread == NULL) {
            wait_for_event(disp);
            continue;
        }
        assert(!thread->paused); // DI3
        disp->current = thread;
        if (disp->run_queue != NULL || disp->looked_for != 0)
            dispatch_want_tick(disp);
        if (!thread->full_context)
            context_continue(thread);
        thread->full_context = false;
        context_resume(&thread->regs, thread->fpu, disp->shared.xsave_mask);
    }
}

void upcall_run(struct dispatcher *disp)
{
    struct thread *thread = disp->current;
    disp->shared.tick = 0;
    if (thread != NULL) {
        thread->regs = disp->shared.enabled_save;
        context_fpu_save(thread->fpu, disp->shared.xsave_mask);
        thread->full_context = true;
        disp->current = NULL;
        thread_ring_add(&disp->run_queue, thread);
    } else {
        waited(disp);
    }
    dispatch_schedule(disp);
}

void upcall_pagefault(struct dispatcher *disp, uint64_t address, uint64_t error_code)
{
    disp->fault(disp, EXCEPT_PAGEFAULT, 14, address, error_code);
}

void upcall_trap(struct dispatcher *disp, uint64_t vector, uint64_t error_code)
{
    enum exception_type type = EXCEPT_OTHER;
    if (vector == 1)
        type = EXCEPT_SINGLESTEP;
    else if (vector == 3)
        type = EXCEPT_BREAKPOINT;
    disp->fault(disp, type, vector, disp->shared.trap_save.rip, error_code);
}
