// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The last words of a domain: what happened, whether a stack was too small for it, registers,
// backtrace. Formats with vsnprintf(), which for integers and strings keeps no state.

#include "fault_report.h"

#include <stdarg.h>
#include <stdio.h>

#include "barrelfish/err.h"
#include "barrelfish/except.h"
#include "debug/backtrace.h"

#define GUARD_BYTES_MAX 16384ul   ///< the C library keeps less free at the low end of a stack
#define FRAME_BYTES_MAX 1048576ul ///< one function's variables that reach beyond the stack
#define REPORT_BYTES 4096u        ///< with names it is about half of that

static char report[REPORT_BYTES];
static size_t report_bytes;

static void __attribute__((format(printf, 1, 2))) print(const char *fmt, ...)
{
    size_t room = sizeof(report) - report_bytes;
    va_list args;
    va_start(args, fmt);
    int length = vsnprintf(report + report_bytes, room, fmt, args);
    va_end(args);
    if (length > 0)
        report_bytes += (size_t)length < room ? (size_t)length : room - 1;
}

static void print_registers(const struct registers *regs)
{
    print("  rax 0x%016lx rbx 0x%016lx rcx 0x%016lx rdx 0x%016lx\n", regs->rax, regs->rbx,
          regs->rcx, regs->rdx);
    print("  rsi 0x%016lx rdi 0x%016lx rbp 0x%016lx rsp 0x%016lx\n", regs->rsi, regs->rdi,
          regs->rbp, regs->rsp);
    print("  r8  0x%016lx r9  0x%016lx r10 0x%016lx r11 0x%016lx\n", regs->r8, regs->r9, regs->r10,
          regs->r11);
    print("  r12 0x%016lx r13 0x%016lx r14 0x%016lx r15 0x%016lx\n", regs->r12, regs->r13,
          regs->r14, regs->r15);
    print("  flags %#lx fs %#lx\n", regs->eflags, regs->fs_base);
}

/// Whether a function at NULL was called: then where it was called is the last word pushed.
static bool called_nothing(const struct thread *thread, const struct registers *regs)
{
    return regs->rip == 0 && regs->rsp % 8 == 0 && regs->rsp >= thread->stack_low &&
           regs->rsp < thread->stack_high;
}

static void print_backtrace(const struct thread *thread, const struct registers *regs)
{
    struct backtrace trace = {regs->rip, true, regs->rbp, thread->stack_low, thread->stack_high, 0};
    if (called_nothing(thread, regs)) {
        trace.address = *(const uint64_t *)regs->rsp;
        trace.exact = false;
    }
    char line[BACKTRACE_LINE_BYTES];
    while (backtrace_line(&trace, line))
        print("  %s\n", line);
}

/// The stack pointer has left the stack, or is about to, and the access is near it or above it:
/// below the stack a thread has memory that cannot be written, or none.
static bool is_overflow(const struct thread *thread, uint64_t rsp, uint64_t address)
{
    uintptr_t low = thread->stack_low, guarded = low + GUARD_BYTES_MAX;
    return low > FRAME_BYTES_MAX && rsp >= low - FRAME_BYTES_MAX &&
           address >= rsp - BASE_PAGE_SIZE && address < guarded;
}

static void print_overflow(const struct thread *thread)
{
    print("  stack overflow: thread %lu has %lu KiB, from %#lx to %#lx\n", thread->id,
          (thread->stack_high - thread->stack_low) / 1024, thread->stack_low, thread->stack_high);
}

void fault_report(struct dispatcher *disp, uint64_t vector, uint64_t address, uint64_t error_code,
                  errval_t answer)
{
    const struct registers *regs = &disp->shared.trap_save;
    report_bytes = 0;
    print("domain %s.%u (%#x): ", disp_name(), disp->shared.core_id, disp->shared.domain_id);
    if (vector == 14) {
        print("page fault at %#lx, error %#lx, rip %#lx\n", address, error_code, regs->rip);
    } else {
        print("trap %lu (%s), error %#lx, rip %#lx\n", vector, except_name(vector), error_code,
              regs->rip);
    }
    if (err_is_fail(answer) && err_no(answer) != LIB_ERR_VREGION_NOT_FOUND)
        print("  %s\n", err_getstring(answer));
    if (vector == 14 && disp->current != NULL && is_overflow(disp->current, regs->rsp, address))
        print_overflow(disp->current);
    print_registers(regs);
    if (disp->current != NULL) {
        print("  thread %lu\n", disp->current->id);
        print_backtrace(disp->current, regs);
    }
}

const char *fault_report_text(size_t *bytes)
{
    *bytes = report_bytes;
    return report;
}
