// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The user-level scheduler: upcalls, the choice of the next thread, and sleep. A thread that is
// preempted has its FPU state in the registers, so all that runs before context_fpu_save() is
// compiled to touch general registers only, which the pragma sees to for this file. With nothing to
// run, polled channels are polled about POLLS_BEFORE_SLEEP times altogether, then armed, and the
// dispatcher is suspended until a message or the next timer. A message between the last look and
// the sleep is not missed: the CPU driver compares lmp_delivered with lmp_seen (kpi/dispatcher.h),
// and arm() says if one is in a ring. Not here: faults (fault.c).

#pragma GCC target("general-regs-only")

#include "dispatcher.h"

#include "barrelfish/domain.h"
#include "barrelfish/syscalls.h"

#define DISPATCHER_STACK_BYTES 32768u
#define FPU_AREA_BYTES_MAX 4096u
#define POLLS_BEFORE_SLEEP 200u
#define POLL_ROUNDS_MIN 2u

static uint8_t dispatcher_stack[DISPATCHER_STACK_BYTES] __attribute__((aligned(64)));
static uint8_t main_fpu_area[FPU_AREA_BYTES_MAX] __attribute__((aligned(64)));
static struct thread main_thread;

// The upcalls, called by context.S only.
void upcall_run(struct dispatcher *disp);
void upcall_pagefault(struct dispatcher *disp, uint64_t address, uint64_t error_code);
void upcall_trap(struct dispatcher *disp, uint64_t vector, uint64_t error_code);

struct dispatcher_shared *disp_shared(void)
{
    return &disp_self()->shared;
}

dispatcher_handle_t disp_disable(void)
{
    struct dispatcher *disp = disp_self();
    disp->shared.disabled = 1;
    __asm__ volatile("" ::: "memory");
    return (dispatcher_handle_t)disp;
}

void disp_enable(dispatcher_handle_t handle)
{
    __asm__ volatile("" ::: "memory");
    ((struct dispatcher *)handle)->shared.disabled = 0;
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

void dispatch_poll(struct dispatcher *disp)
{
    if (disp->shared.lmp_delivered != disp->shared.lmp_seen) {
        lmp_endpoints_poll_disabled(disp);
    }
    if (disp->timers != NULL) {
        deferred_poll_disabled(disp);
    }
    if (disp->polled != NULL) {
        waitset_poll_disabled(disp);
    }
}

// Polls, then sleeps. Returns if a thread has become runnable; else it continues in upcall_run().
static void wait_for_event(struct dispatcher *disp)
{
    size_t rounds = 0;
    if (disp->polled_count > 0) {
        rounds = POLLS_BEFORE_SLEEP / disp->polled_count;
        rounds = rounds < POLL_ROUNDS_MIN ? POLL_ROUNDS_MIN : rounds;
    }
    for (; rounds > 0; rounds--) {
        __builtin_ia32_pause();
        dispatch_poll(disp);
        if (disp->run_queue != NULL) {
            return;
        }
    }
    systime_t deadline = disp->timers != NULL ? disp->timers->time : 0;
    if (waitset_arm_disabled(disp, &deadline)) {
        // A domain cannot go on if its CPU driver refuses this; trying again costs only itself.
        (void)sys_suspend(deadline);
    }
    waitset_disarm_disabled(disp);
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
        if (!thread->full_context) {
            context_continue(thread);
        }
        thread->full_context = false;
        context_resume(&thread->regs, thread->fpu, disp->shared.xsave_mask);
    }
}

void upcall_run(struct dispatcher *disp)
{
    struct thread *thread = disp->current;
    if (thread != NULL) {
        thread->regs = disp->shared.enabled_save;
        context_fpu_save(thread->fpu, disp->shared.xsave_mask);
        thread->full_context = true;
        disp->current = NULL;
        thread_ring_add(&disp->run_queue, thread);
    } else {
        waitset_disarm_disabled(disp); // it has slept
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
    if (vector == 1) {
        type = EXCEPT_SINGLESTEP;
    } else if (vector == 3) {
        type = EXCEPT_BREAKPOINT;
    }
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
    main_thread.stack_low = STACK_VADDR;
    main_thread.stack_high = STACK_VADDR + STACK_BYTES;
    disp->current = &main_thread;
    waitset_init(&disp->default_waitset);
    lmp_endpoints_init(disp);
    shared->entry_run = (uint64_t)context_entry_run;
    shared->entry_pagefault = (uint64_t)context_entry_pagefault;
    shared->entry_trap = (uint64_t)context_entry_trap;
    shared->entry_syscall = (uint64_t)context_entry_syscall;
    shared->crit_pc_low = (uint64_t)context_crit_low;
    shared->crit_pc_high = (uint64_t)context_crit_high;
}
