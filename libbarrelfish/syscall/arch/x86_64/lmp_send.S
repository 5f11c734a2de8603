// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// LMP_SEND as routines: it needs nearly all registers, more than inline assembly can name safely.
// Source: kpi/syscalls.h.

#include "lmp_offsets.h"

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

// errval_t sys_lmp_call(uint64_t ep, uint64_t flags, uint64_t cap, struct lmp_recv_msg *msg,
//                       uint64_t *recv_flags)
// After waiting only rsp and the FPU's registers are what they were.
    .globl sys_lmp_call
    .type sys_lmp_call, @function
sys_lmp_call:
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    pushq %r8
    pushq %rcx
    movq RECV_MSG_LENGTH(%rcx), %rax
    shlq $8, %rax
    orq %rax, %rsi
    movq RECV_MSG_WORDS + 0(%rcx), %r10
    movq RECV_MSG_WORDS + 8(%rcx), %r8
    movq RECV_MSG_WORDS + 16(%rcx), %r9
    movq RECV_MSG_WORDS + 24(%rcx), %r12
    movq RECV_MSG_WORDS + 32(%rcx), %r13
    movq RECV_MSG_WORDS + 40(%rcx), %r14
    movq RECV_MSG_WORDS + 48(%rcx), %r15
    movq RECV_MSG_WORDS + 56(%rcx), %rbx
    movl $SYSCALL_LMP_SEND_ASM, %eax
    syscall
    popq %rcx
    popq %rdi
    testq %rax, %rax
    jnz 1f
    movzbl %sil, %r11d
    movq %r11, (%rdi)
    testl $LMP_RECV_WORDS_ASM, %esi
    jz 1f
    shrq $8, %rsi
    movq %rsi, RECV_MSG_LENGTH(%rcx)
    movq %rdx, RECV_MSG_BADGE(%rcx)
    movq %r10, RECV_MSG_WORDS + 0(%rcx)
    movq %r8, RECV_MSG_WORDS + 8(%rcx)
    movq %r9, RECV_MSG_WORDS + 16(%rcx)
    movq %r12, RECV_MSG_WORDS + 24(%rcx)
    movq %r13, RECV_MSG_WORDS + 32(%rcx)
    movq %r14, RECV_MSG_WORDS + 40(%rcx)
    movq %r15, RECV_MSG_WORDS + 48(%rcx)
    movq %rbx, RECV_MSG_WORDS + 56(%rcx)
1:  popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    ret
    .size sys_lmp_call, . - sys_lmp_call

    .section .note.GNU-stack, "", @progbits
