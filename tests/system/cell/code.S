// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What runs in a cell: small programs that enter the CPU driver in every way, and the entry points
// for upcalls, which count and then yield for ever. It is copied to CELL_CODE, so it is position
// independent, and uses no stack unless it says so: rsp may hold anything.

#include "cell/layout.h"

#define SYSCALL_YIELD 0x53540002
#define ERRNO_NOSYS -38

    .macro program name
    .globl cell_code_\name
cell_code_\name:
    .endm

    .macro upcall name, counter
    program \name
    movq $CELL_DATA, %rax
    incq \counter(%rax)
    movq %rdi, CELL_ARG1(%rax)
    movq %rsi, CELL_ARG2(%rax)
    movq %rdx, CELL_ARG3(%rax)
    jmp cell_code_yield
    .endm

    .section .rodata
    .balign 4096
    .globl cell_code_start
cell_code_start:
    upcall on_run, CELL_RUNS
    upcall on_pagefault, CELL_PAGEFAULTS
    upcall on_trap, CELL_TRAPS

    // A foreign system call: rcx is where it goes on.
    program on_syscall
    incq CELL_DATA + CELL_SYSCALLS
    movq $ERRNO_NOSYS, %rax
    jmp *%rcx

    // Yields for ever.
    program yield
    movl $SYSCALL_YIELD, %eax
    xorl %edi, %edi
    syscall
    incq CELL_DATA + CELL_PROGRESS
    jmp cell_code_yield

    // Spins for ever; without PAUSE, which is dear where one host thread runs all cores.
    program spin
1:  jmp 1b

    // One exception, with the registers as they are; rax is the address of the page fault.
    program trap
    ud2
    program load
    movq (%rax), %rax
    program jump
    jmp *%rax

    // One system call, with the registers as they are.
    program syscall
    syscall
    movq %rax, CELL_DATA + CELL_RESULT
    jmp cell_code_yield

    // Loads the flags in rbx, needs a stack; then yields.
    program flags
    pushq %rbx
    popfq
    movl $SYSCALL_YIELD, %eax
    xorl %edi, %edi
    syscall
    incq CELL_DATA + CELL_PROGRESS
    jmp cell_code_flags

    // As flags, but spins.
    program flags_spin
    pushq %rbx
    popfq
    jmp cell_code_spin

    // Fills the FPU's registers with rbx and yields; counts those that differ afterwards.
    program fpu_keep
    movq %rbx, %xmm0
    punpcklqdq %xmm0, %xmm0
    .irp n, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    movdqa %xmm0, %xmm\n
    .endr
    movl $SYSCALL_YIELD, %eax
    xorl %edi, %edi
    syscall
    incq CELL_DATA + CELL_PROGRESS
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    movq %xmm\n, %rax
    cmpq %rax, %rbx
    je 1f
    incq CELL_DATA + CELL_BAD
1:  movhlps %xmm\n, %xmm\n
    movq %xmm\n, %rax
    cmpq %rax, %rbx
    je 1f
    incq CELL_DATA + CELL_BAD
1:
    .endr
    jmp cell_code_fpu_keep

    // Shows what a new dispatcher finds in the FPU's registers.
    program fpu_look
    movq $CELL_DATA + CELL_XMM, %rax
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    movdqu %xmm\n, 16 * \n(%rax)
    .endr
    incq CELL_DATA + CELL_PROGRESS
    jmp cell_code_yield

    // The system calls of the table, one after the other; also the entry point for every upcall.
    program batch
    movq $CELL_DATA, %rbx
    movq CELL_NEXT(%rbx), %rax
    cmpq CELL_CALLS(%rbx), %rax
    jae 2f
    incq CELL_NEXT(%rbx)
    movq %rax, CELL_CURRENT(%rbx)
    shlq $7, %rax
    leaq CELL_TABLE(%rbx, %rax), %rcx
    movl 96(%rcx), %eax
    movl %eax, CELL_DISP // enabled or disabled
    movq 0(%rcx), %rax
    movq 8(%rcx), %rdi
    movq 16(%rcx), %rsi
    movq 24(%rcx), %rdx
    movq 32(%rcx), %r10
    movq 40(%rcx), %r8
    movq 48(%rcx), %r9
    movq 56(%rcx), %r12
    movq 64(%rcx), %r13
    movq 72(%rcx), %r14
    movq 80(%rcx), %r15
    movq 88(%rcx), %rbx
    syscall
    movq CELL_DATA + CELL_CURRENT, %rcx
    shlq $7, %rcx
    movq %rax, CELL_DATA + CELL_TABLE + 104(%rcx)
    movq $1, CELL_DATA + CELL_TABLE + 112(%rcx)
    jmp cell_code_batch
2:  movl $1, CELL_DISP
    movq $1, CELL_DONE(%rbx)
    movl $SYSCALL_YIELD, %eax
    xorl %edi, %edi
    syscall
    jmp cell_code_batch

    .globl cell_code_end
cell_code_end:

    .section .note.GNU-stack, "", @progbits
