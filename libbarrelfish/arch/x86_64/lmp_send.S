// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// LMP_SEND as a routine: it needs nearly all registers, more than inline assembly can name safely.
// Source: kpi/syscalls.h.

#include "offsets.h"

    .text

// errval_t sys_lmp_send(uint64_t ep, uint32_t flags, uint64_t cap, size_t length,
//                       const uint64_t words[8])
    .globl sys_lmp_send
    .type sys_lmp_send, @function
sys_lmp_send:
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movl %esi, %esi
    shlq $8, %rcx
    orq %rcx, %rsi
    movq %r8, %rax
    movq 0(%rax), %r10
    movq 8(%rax), %r8
    movq 16(%rax), %r9
    movq 24(%rax), %r12
    movq 32(%rax), %r13
    movq 40(%rax), %r14
    movq 48(%rax), %r15
    movq 56(%rax), %rbx
    movl $SYSCALL_LMP_SEND_ASM, %eax
    syscall
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    ret
    .size sys_lmp_send, . - sys_lmp_send

    .section .note.GNU-stack, "", @progbits
