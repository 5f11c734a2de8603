// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// LMP_SEND as routines: it needs nearly all registers, more than inline assembly can name safely.
// Source: kpi/syscalls.h.

#include "kpi/registers.h"
#include "lmp_offsets.h"

// The eight words of a message, as f(offset, name of the register).
#define WORDS_EACH(f) \
    f(0, r10) f(8, r8) f(16, r9) f(24, r12) f(32, r13) f(40, r14) f(48, r15) f(56, rbx)

#define PUSH(name) pushq %name;
#define POP(name) popq %name;

    .text

// errval_t sys_lmp_send(uint64_t ep, uint32_t flags, uint64_t cap, size_t length,
//                       const uint64_t words[8])
    .globl sys_lmp_send
    .type sys_lmp_send, @function
sys_lmp_send:
    REGS_EACH_KEPT(PUSH)
    movl %esi, %esi
    shlq $8, %rcx
    orq %rcx, %rsi
    movq %r8, %rax
#define TAKE(at, name) movq at(%rax), %name;
    WORDS_EACH(TAKE)
    movl $SYSCALL_LMP_SEND_ASM, %eax
    syscall
    REGS_EACH_KEPT_BACK(POP)
    ret
    .size sys_lmp_send, . - sys_lmp_send

// errval_t sys_lmp_call(uint64_t ep, uint64_t flags, uint64_t cap, struct lmp_recv_msg *msg,
//                       uint64_t *recv_flags)
// After waiting only rsp and the FPU's registers are what they were.
    .globl sys_lmp_call
    .type sys_lmp_call, @function
sys_lmp_call:
    pushq %rbp
    REGS_EACH_KEPT(PUSH)
    pushq %r8
    pushq %rcx
    movq RECV_MSG_LENGTH(%rcx), %rax
    shlq $8, %rax
    orq %rax, %rsi
#define TAKE_OF_MSG(at, name) movq RECV_MSG_WORDS + at(%rcx), %name;
    WORDS_EACH(TAKE_OF_MSG)
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
#define PUT_TO_MSG(at, name) movq %name, RECV_MSG_WORDS + at(%rcx);
    WORDS_EACH(PUT_TO_MSG)
1:  REGS_EACH_KEPT_BACK(POP)
    popq %rbp
    ret
    .size sys_lmp_call, . - sys_lmp_call

    .section .note.GNU-stack, "", @progbits
