// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Faults of a thread. A page fault is first put to the memory object at its address: the thread is
// made to ask it, enabled, on the one stack that the library has for this. Threads that fault while
// it is taken wait, and then try their access again, which may have become possible. Else, and if
// the object does not answer: the thread's exception handler, or a report and the end of the
// domain. The handler's frame, with all registers of the interruption, is put on the thread's
// exception stack, and the thread is made to run exception_run() there, so that handlers run
// enabled, may block and may be preempted. Without a handler the same is done with a stack of its
// own and domain_exit(), which may need to send messages. Runs with the FPU's registers live: see
// dispatch.c.
// FA1 Who answers, on the stack for it, is `answering`.
// FA2 A thread that runs its handler is `in_exception`.

#pragma GCC target("general-regs-only")

#include <assert.h>
#include <string.h>

#include "barrelfish/domain.h"
#include "barrelfish/invocations.h"
#include "barrelfish/memobj.h"
#include "barrelfish/terminal.h"
#include "cspace/mm.h"
#include "fault_report.h"
#include "memory/region/pagefault.h"

#define FATAL_STACK_BYTES 16384u
#define SIGNAL_STACK_BYTES 24576u
#define PAGEFAULT_ERROR_WRITE 0x2u
#define PAGEFAULT_ERROR_FETCH 0x10u

struct fault {
    struct registers regs;
    enum exception_type type;
    int subtype;
    uint64_t vector, address, error_code;
    uint8_t *fpu;    ///< XSAVE area, or NULL: still in the registers
    errval_t answer; ///< why the memory object did not answer
};
_Static_assert(sizeof(struct fault) % 16 == 0, "a stack below it is aligned");

static uint8_t fatal_stack[FATAL_STACK_BYTES] __attribute__((aligned(64)));
static bool fatal;

static uint8_t answer_stack[FAULT_STACK_BYTES] __attribute__((aligned(64)));
static struct thread *answering;       // whose the stack is
static struct list *answering_waiting; // ring of those who wait for it

static void __attribute__((noreturn)) unanswered(struct dispatcher *disp, struct fault *fault);

/// Runs the handler as the thread, then continues where the thread was interrupted.
static void exception_run(struct fault *fault)
{
    struct thread *thread = thread_self();
    thread->handler(fault->type, fault->subtype, (void *)fault->address, &fault->regs);
    struct dispatcher *disp = (struct dispatcher *)disp_disable();
    assert(thread->in_exception && thread == disp->current); // FA2
    thread->in_exception = false;
    context_resume(&fault->regs, fault->fpu, disp->shared.xsave_mask);
}

/// Asks the memory object as the thread, then tries the access again. The stack is given up before
/// it is left, which is safe while disabled. All who wait are woken: the first of them may not need
/// the stack, and would wake nobody.
static void answer_run(struct fault *fault)
{
    fault->answer = vspace_pagefault(fault->address, (enum pagefault_exception_type)fault->subtype);
    struct dispatcher *disp = (struct dispatcher *)disp_disable();
    assert(answering == disp->current); // FA1
    answering = NULL;
    while (thread_wake_one_disabled(&answering_waiting) != NULL) {
    }
    if (err_is_fail(fault->answer))
        unanswered(disp, fault);
    context_resume(&fault->regs, fault->fpu, disp->shared.xsave_mask);
}

static void fatal_run(void)
{
    size_t bytes;
    const char *text = fault_report_text(&bytes);
    (void)terminal_write_last(text, bytes);
    disp_fatal();
}

/// The report or the exit itself faulted: nothing of this domain can be relied upon.
static void __attribute__((noreturn)) stop_at_once(void)
{
    size_t bytes;
    const char *text = fault_report_text(&bytes);
    (void)sys_print(text, bytes);
    for (;;)
        (void)invoke_dispatcher_stop(cap_dispatcher);
}

/// Makes the current thread call `entry` on another, aligned stack, with fresh FPU registers.
static void __attribute__((noreturn)) divert(struct dispatcher *disp, uint64_t fs_base,
                                             void (*entry)(void), void *arg, uintptr_t stack_top)
{
    struct thread *thread = disp->current;
    thread->regs = (struct registers){
        .rip = (uint64_t)entry,
        .rdi = (uint64_t)arg,
        .rsp = stack_top - 8, // as if a call had pushed its return address
        .eflags = EFLAGS_DEFAULT,
        .fs_base = fs_base,
        .gs_base = (uint64_t)disp,
    };
    fpu_area_init(thread->fpu, disp->shared.xsave_bytes);
    context_resume(&thread->regs, thread->fpu, disp->shared.xsave_mask);
}

/// Puts a copy of the fault, and the FPU's registers at that time, at the top of a stack and makes
/// the current thread call `entry` below it.
static void __attribute__((noreturn))
divert_with(struct dispatcher *disp, void (*entry)(struct fault *), const struct fault *fault,
            uintptr_t stack_top)
{
    uint8_t *fpu = (uint8_t *)((stack_top - disp->shared.xsave_bytes) & ~63ul);
    struct fault *copy = (struct fault *)fpu - 1;
    if (fault->fpu != NULL) {
        memcpy(fpu, fault->fpu, disp->shared.xsave_bytes);
    } else {
        memset(fpu, 0, disp->shared.xsave_bytes);
        context_fpu_save(fpu, disp->shared.xsave_mask);
    }
    *copy = *fault;
    copy->fpu = fpu;
    divert(disp, copy->regs.fs_base, (void (*)(void))entry, copy, (uintptr_t)copy);
}

/// The thread will execute the instruction again when the stack is free.
static void __attribute__((noreturn)) wait_for_stack(struct dispatcher *disp)
{
    struct thread *thread = disp->current;
    thread->regs = disp->shared.trap_save;
    context_fpu_save(thread->fpu, disp->shared.xsave_mask);
    thread->full_context = true;
    thread->state = THREAD_BLOCKED;
    thread_ring_add(&answering_waiting, thread);
    dispatch_schedule(disp);
}

/// Runs the handler of a signal as the thread, then continues as the handler wants.
static void signal_run(struct fault *fault)
{
    struct thread *thread = thread_self();
    thread->in_exception = false; // the handler may leave by longjmp(); a mask keeps it from itself
    disp_self()->personality->fault_handle(&fault->regs, fault->vector, fault->address);
    struct dispatcher *disp = (struct dispatcher *)disp_disable();
    context_resume(&fault->regs, fault->fpu, disp->shared.xsave_mask);
}

/// The handler of a signal runs on the thread's own stack, if that has room.
static bool signal_wanted(struct dispatcher *disp, const struct thread *thread,
                          const struct fault *fault)
{
    uintptr_t sp = fault->regs.rsp;
    return sp <= thread->stack_high && sp >= thread->stack_low + SIGNAL_STACK_BYTES &&
           disp->personality->fault_wanted(thread, fault->vector);
}

/// The access was a question (context_can_read()); this is the answer.
static void __attribute__((noreturn)) guarded(struct dispatcher *disp, struct fault *fault)
{
    struct thread *thread = disp->current;
    if (fault->fpu == NULL) {
        memset(thread->fpu, 0, disp->shared.xsave_bytes);
        context_fpu_save(thread->fpu, disp->shared.xsave_mask);
        fault->fpu = thread->fpu;
    }
    fault->regs.rip = (uint64_t)context_guard_fail;
    context_resume(&fault->regs, fault->fpu, disp->shared.xsave_mask);
}

/// The thread's handler, that of a signal, or the end.
static void unanswered(struct dispatcher *disp, struct fault *fault)
{
    struct thread *thread = disp->current;
    if (thread != NULL && fault->regs.rip >= (uint64_t)context_guard_low &&
        fault->regs.rip < (uint64_t)context_guard_high)
        guarded(disp, fault);
    if (!fatal && thread != NULL && thread->handler != NULL && !thread->in_exception) {
        thread->in_exception = true;
        divert_with(disp, exception_run, fault, (uintptr_t)thread->handler_stack_high);
    }
    if (!fatal && thread != NULL && !thread->in_exception && signal_wanted(disp, thread, fault)) {
        thread->in_exception = true;
        divert_with(disp, signal_run, fault, fault->regs.rsp - RED_ZONE_BYTES);
    }
    bool again = fatal || thread == NULL;
    fatal = true;
    disp->shared.trap_save = fault->regs; // other threads may have faulted since
    fault_report(disp, fault->vector, fault->address, fault->error_code, fault->answer);
    if (again)
        stop_at_once();
    divert(disp, fault->regs.fs_base, fatal_run, NULL,
           (uintptr_t)fatal_stack + sizeof(fatal_stack));
}

void fault_upcall(struct dispatcher *disp, enum exception_type type, uint64_t vector,
                  uint64_t address, uint64_t error_code)
{
    struct thread *thread = disp->current;
    struct fault fault = {
        disp->shared.trap_save, type, (int)vector, vector, address, error_code, NULL, SYS_ERR_OK};
    if (type == EXCEPT_PAGEFAULT) {
        fault.subtype = error_code & PAGEFAULT_ERROR_FETCH   ? PAGEFLT_EXEC
                        : error_code & PAGEFAULT_ERROR_WRITE ? PAGEFLT_WRITE
                                                             : PAGEFLT_READ;
        if (thread != NULL && answering != thread && !mm_is_inside()) {
            if (answering != NULL)
                wait_for_stack(disp);
            answering = thread;
            divert_with(disp, answer_run, &fault, (uintptr_t)answer_stack + sizeof(answer_stack));
        }
    }
    unanswered(disp, &fault);
}

void fault_end_disabled(struct thread *thread, void (*end)(void *arg), void *arg)
{
    fatal = true;
    thread->regs = (struct registers){
        .rip = (uint64_t)end,
        .rdi = (uint64_t)arg,
        .rsp = (uintptr_t)fatal_stack + sizeof(fatal_stack) - 8,
        .eflags = EFLAGS_DEFAULT,
        .fs_base = thread->regs.fs_base,
        .gs_base = (uint64_t)disp_self(),
    };
    fpu_area_init(thread->fpu, disp_self()->shared.xsave_bytes);
    thread->full_context = true;
    thread->paused = false;
}

void disp_fatal(void)
{
    domain_exit(DOMAIN_STATUS_FATAL);
}
