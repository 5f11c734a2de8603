// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Faults of a thread: its exception handler, or a report and the end of the domain. The handler's
// frame, with all registers of the interruption, is put on the thread's exception stack, and the
// thread is made to run exception_run() there, so that handlers run enabled, may block and may be
// preempted. Without a handler the same is done with a stack of its own and domain_exit(), which
// may need to send messages. Runs with the FPU's registers live: see dispatch.c.

#pragma GCC target("general-regs-only")

#include "dispatcher.h"

#include <string.h>

#include "barrelfish/domain.h"
#include "barrelfish/invocations.h"
#include "fault_report.h"

#define FATAL_STACK_BYTES 16384u
#define PAGEFAULT_ERROR_WRITE 0x2u
#define PAGEFAULT_ERROR_FETCH 0x10u

struct exception_frame {
    struct registers regs;
    enum exception_type type;
    int subtype;
    uint64_t address;
    uint8_t *fpu;
};

static uint8_t fatal_stack[FATAL_STACK_BYTES] __attribute__((aligned(64)));
static bool fatal;

// Runs the handler as the thread, then continues where the thread was interrupted.
static void exception_run(struct exception_frame *frame)
{
    struct thread *thread = thread_self();
    thread->handler(frame->type, frame->subtype, (void *)frame->address, &frame->regs);
    struct dispatcher *disp = (struct dispatcher *)disp_disable();
    thread->in_exception = false;
    context_resume(&frame->regs, frame->fpu, disp->shared.xsave_mask);
}

static void fatal_run(void)
{
    disp_fatal();
}

// Makes the current thread call `entry` on another stack, with fresh FPU registers.
static void __attribute__((noreturn))
divert(struct dispatcher *disp, void (*entry)(void), void *arg, uintptr_t stack_top)
{
    struct thread *thread = disp->current;
    thread->regs = (struct registers){
        .rip = (uint64_t)entry,
        .rdi = (uint64_t)arg,
        .rsp = (stack_top & ~15ul) - 8, // as if a call had pushed its return address
        .eflags = EFLAGS_DEFAULT,
        .fs_base = disp->shared.trap_save.fs_base,
        .gs_base = (uint64_t)disp,
    };
    fpu_area_init(thread->fpu, disp->shared.xsave_bytes);
    context_resume(&thread->regs, thread->fpu, disp->shared.xsave_mask);
}

static void __attribute__((noreturn))
divert_to_handler(struct dispatcher *disp, enum exception_type type, int subtype, uint64_t address)
{
    struct thread *thread = disp->current;
    uintptr_t top = (uintptr_t)thread->handler_stack_high & ~63ul;
    uint8_t *fpu = (uint8_t *)((top - disp->shared.xsave_bytes) & ~63ul);
    struct exception_frame *frame =
        (struct exception_frame *)(((uintptr_t)fpu - sizeof(*frame)) & ~63ul);
    memset(fpu, 0, disp->shared.xsave_bytes);
    context_fpu_save(fpu, disp->shared.xsave_mask);
    *frame = (struct exception_frame){disp->shared.trap_save, type, subtype, address, fpu};
    thread->in_exception = true;
    divert(disp, (void (*)(void))exception_run, frame, (uintptr_t)frame);
}

void fault_upcall(struct dispatcher *disp, enum exception_type type, uint64_t vector,
                  uint64_t address, uint64_t error_code)
{
    struct thread *thread = disp->current;
    int subtype = (int)vector;
    if (type == EXCEPT_PAGEFAULT) {
        subtype = error_code & PAGEFAULT_ERROR_FETCH   ? PAGEFLT_EXEC
                  : error_code & PAGEFAULT_ERROR_WRITE ? PAGEFLT_WRITE
                                                       : PAGEFLT_READ;
    }
    if (!fatal && thread != NULL && thread->handler != NULL && !thread->in_exception) {
        divert_to_handler(disp, type, subtype, address);
    }
    bool again = fatal || thread == NULL;
    fatal = true;
    fault_report(disp, vector, address, error_code);
    while (again) {
        // The report or the exit itself faulted: nothing of this domain can be relied upon.
        (void)invoke_dispatcher_stop(cap_dispatcher);
    }
    divert(disp, fatal_run, NULL, (uintptr_t)fatal_stack + sizeof(fatal_stack));
}

void disp_fatal(void)
{
    domain_exit(DOMAIN_STATUS_FATAL);
}
