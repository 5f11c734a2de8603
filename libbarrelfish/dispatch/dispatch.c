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

#pragma GCC target("general-regs-only")

#include "dispatcher.h"

#include "barrelfish/domain.h"
#include "barrelfish/info.h"
#include "barrelfish/syscalls.h"

#define DISPATCHER_STACK_BYTES 32768u
#define FPU_AREA_BYTES_MAX 4096u
#define CLOCK_ROUNDS 8u // of polls between two looks at the clock

static uint8_t dispatcher_stack[DISPATCHER_STACK_BYTES] __attribute__((aligned(64)));
static uint8_t main_fpu_area[FPU_AREA_BYTES_MAX] __attribute__((aligned(64)));
static struct thread main_thread;

/// The upcalls, called by context.S only.
void upcall_run(struct dispatcher *disp);
void upcall_pagefault(struct dispatcher *disp, uint64_t address, uint64_t error_code);
void upcall_trap(struct dispatcher *disp, uint64_t vector, uint64_t error_code);

struct dispatcher_shared *disp_shared(void)
{
    return &disp_self()->shared;
}

dispatcher_handle_t disp_disable(void)
{
    return (dispatcher_handle_t)dispatch_disable();
}

void disp_enable(dispatcher_handle_t handle)
{
    dispatch_enable((struct dispatcher *)handle);
}

dispatcher_handle_t disp_try_disable(bool *was_enabled)
{
    *was_enabled = !disp_is_disabled();
    return disp_disable();
}

bool disp_is_disabled(void)
{
    return disp_self()->shared.disabled != 0;
}

coreid_t disp_get_core_id(void)
{
    return disp_self()->shared.core_id;
}

coreid_t disp_get_current_core_id(void)
{
    return disp_get_core_id();
}

domainid_t disp_get_domain_id(void)
{
    return disp_self()->shared.domain_id;
}

void disp_set_poll_limit(uint32_t polls)
{
    disp_self()->poll_limit = polls;
}

/// Others can run on this core, as it was when this dispatcher came onto it.
static bool contended(void)
{
    const struct domain_info *info = disp_info();
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
        disp->wait_budget = poll_policy_budget(&disp->poll_policy, contended());
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
    if (disp->polled_count > 0 && poll_for_event(disp))
        return;
    systime_t deadline = disp->timers != NULL ? disp->timers->time : 0;
    if (waitset_arm_disabled(disp, &deadline)) {
        // A domain cannot go on if its CPU driver refuses this; trying again costs only itself.
        (void)sys_suspend(deadline);
    }
    waitset_disarm_disabled(disp);
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
    waitset_disarm_disabled(disp);
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
    fault_upcall(disp, EXCEPT_PAGEFAULT, 14, address, error_code);
}

void upcall_trap(struct dispatcher *disp, uint64_t vector, uint64_t error_code)
{
    enum exception_type type = EXCEPT_OTHER;
    if (vector == 1)
        type = EXCEPT_SINGLESTEP;
    else if (vector == 3)
        type = EXCEPT_BREAKPOINT;
    fault_upcall(disp, type, vector, disp->shared.trap_save.rip, error_code);
}

void dispatch_init(struct dispatcher *disp)
{
    struct dispatcher_shared *shared = &disp->shared;
    if (shared->xsave_bytes > sizeof(main_fpu_area)) {
        static const char text[] = "libbarrelfish: the processor's XSAVE area is too large\n";
        (void)sys_print(text, sizeof(text) - 1);
        __builtin_trap();
    }
    disp->stack_top = (uint64_t)(dispatcher_stack + sizeof(dispatcher_stack));
    main_thread.fpu = main_fpu_area;
    fpu_area_init(main_fpu_area, sizeof(main_fpu_area));
    main_thread.id = ++disp->last_thread_id;
    main_thread.all_next = NULL;
    disp->all = &main_thread;
    disp->programs = 1;
    main_thread.stack_low = STACK_VADDR;
    main_thread.stack_high = STACK_VADDR + STACK_BYTES;
    disp->current = &main_thread;
    waitset_init(&disp->default_waitset);
    lmp_endpoints_init(disp);
    poll_policy_init(&disp->poll_policy, shared->tsc_per_ms);
    disp->poll_limit = DISP_POLL_ADAPTIVE;
    shared->entry_run = (uint64_t)context_entry_run;
    shared->entry_pagefault = (uint64_t)context_entry_pagefault;
    shared->entry_trap = (uint64_t)context_entry_trap;
    shared->entry_syscall = (uint64_t)context_entry_syscall;
    shared->crit_pc_low = (uint64_t)context_crit_low;
    shared->crit_pc_high = (uint64_t)context_crit_high;
}
