// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The entry point of foreign (Linux) system calls, which the CPU driver reflects (kpi/syscalls.h).
// The answers are the personality's: long linux_syscall(long nr, long a1, ..., long a6).

#include "fpu_push.S"

#define PUT(NAME, name) movq %name, REGS_##NAME(%rsp);
#define BACK(NAME, name) movq REGS_##NAME(%rcx), %name;

    .text

// As if SYSCALL had jumped here: on the caller's stack, rcx = return address, rax = number,
// arguments in rdi, rsi, rdx, r10, r8, r9. All registers but rax, rcx and r11 are
// kept, the FPU's included, because compilers rely on that. Their values at the call are left in a
// struct registers below the red zone, where linux_clone() finds them.
    .globl context_entry_syscall
    .type context_entry_syscall, @function
context_entry_syscall:
    leaq -(RED_ZONE_BYTES + REGS_BYTES)(%rsp), %rsp
    REGS_EACH(PUT)
    PUT(RDI, rdi) PUT(RCX, rcx) PUT(R11, r11)
    movq %rcx, REGS_RIP(%rsp)
    movq $EFLAGS_DEFAULT, REGS_EFLAGS(%rsp)
    leaq (RED_ZONE_BYTES + REGS_BYTES)(%rsp), %rcx
    movq %rcx, REGS_RSP(%rsp)
    movq %rsp, %rbx
    cld

    fpu_push %r12

    movq %gs:DISP_CURRENT, %rax
    movq %rbx, THREAD_SYSCALL_FRAME(%rax)
    subq $8, %rsp
    pushq REGS_R9(%rbx)
    movq REGS_RAX(%rbx), %rdi
    movq REGS_RDI(%rbx), %rsi
    movq REGS_RSI(%rbx), %rdx
    movq REGS_RDX(%rbx), %rcx
    movq REGS_R10(%rbx), %r8
    movq REGS_R8(%rbx), %r9
    call linux_syscall
    movq %rax, REGS_RAX(%rbx)

    movl %gs:DISP_XSAVE_MASK, %eax
    movl %gs:DISP_XSAVE_MASK + 4, %edx
    xrstor64 (%r12)
    movq %rbx, %rcx
    BACK(RAX, rax) BACK(RBX, rbx) BACK(RDX, rdx) BACK(RSI, rsi) BACK(RDI, rdi) BACK(R8, r8)
    BACK(R9, r9) BACK(R10, r10) BACK(R12, r12) BACK(RSP, rsp)
    movq REGS_RIP(%rcx), %rcx
    jmp *%rcx
    .size context_entry_syscall, . - context_entry_syscall

    .section .note.GNU-stack, "", @progbits
