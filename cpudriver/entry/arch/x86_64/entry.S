// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Ways into the CPU driver and out of it. There is one kernel stack and no nesting: each entry
// starts at its top and each exit forgets it. The registers of the interrupted domain go straight
// to kcb.regs, at an address that is the same on every core.

#include "offsets.h"

#define REG(name) kcb + KCB_REGS + REGS_##name

// All registers but rcx, r11, rsp, rip and eflags.
.macro save_common
    movq %rax, REG(RAX)
    movq %rbx, REG(RBX)
    movq %rdx, REG(RDX)
    movq %rsi, REG(RSI)
    movq %rdi, REG(RDI)
    movq %rbp, REG(RBP)
    movq %r8, REG(R8)
    movq %r9, REG(R9)
    movq %r10, REG(R10)
    movq %r12, REG(R12)
    movq %r13, REG(R13)
    movq %r14, REG(R14)
    movq %r15, REG(R15)
.endm

.macro restore_common
    movq REG(RAX), %rax
    movq REG(RBX), %rbx
    movq REG(RDX), %rdx
    movq REG(RSI), %rsi
    movq REG(RDI), %rdi
    movq REG(RBP), %rbp
    movq REG(R8), %r8
    movq REG(R9), %r9
    movq REG(R10), %r10
    movq REG(R12), %r12
    movq REG(R13), %r13
    movq REG(R14), %r14
    movq REG(R15), %r15
.endm

    .text
    .globl syscall_entry
syscall_entry:
    movq %rsp, REG(RSP)
    movq %rcx, REG(RIP)
    movq %r11, REG(EFLAGS)
    save_common
    movq $kcb + KCB_STACK_TOP, %rsp
    xorl %ebp, %ebp
    call syscall_handle
    testb %al, %al
    jz exit_iret
    // Back to the caller itself: rcx and r11 are what SYSCALL promises.
    restore_common
    movq REG(RIP), %rcx
    movq REG(EFLAGS), %r11
    movq REG(RSP), %rsp
    sysretq

// To the registers in kcb.regs, whoever's they are.
    .globl exit_iret
exit_iret:
    movq $kcb + KCB_STACK_TOP, %rsp
    pushq $SELECTOR_USER_DATA
    pushq REG(RSP)
    pushq REG(EFLAGS)
    pushq $SELECTOR_USER_CODE
    pushq REG(RIP)
    restore_common
    movq REG(RCX), %rcx
    movq REG(R11), %r11
    iretq

// Stack: vector, error code, rip, cs, rflags, rsp, ss.
trap_common:
    testb $3, 24(%rsp)
    jz trap_from_kernel
    movq %rcx, REG(RCX)
    movq %r11, REG(R11)
    save_common
    movq 16(%rsp), %rax
    movq %rax, REG(RIP)
    movq 32(%rsp), %rax
    movq %rax, REG(EFLAGS)
    movq 40(%rsp), %rax
    movq %rax, REG(RSP)
    movq (%rsp), %rdi
    movq 8(%rsp), %rsi
    movq $kcb + KCB_STACK_TOP, %rsp
    xorl %ebp, %ebp
    pushq $RFLAGS_KERNEL // a gate leaves DF and AC as the domain had them
    popfq
    call trap_handle
    jmp exit_iret

// An interrupt ends the idle loop. A debug exception is a domain's doing: with TF set it executes
// SYSCALL, and some processors raise the exception of that step only now, at syscall_entry and still
// on the domain's stack pointer; the gate's own stack makes that harmless. The event goes on as if
// nothing had been, and the domain is trapped in its next step. Anything else is a fault of the CPU
// driver.
trap_from_kernel:
    cmpq $EXCEPTION_DEBUG, (%rsp)
    je step_over
    cmpq $32, (%rsp)
    jb 1f
    movq (%rsp), %rdi
    movq 8(%rsp), %rsi
    movq $kcb + KCB_STACK_TOP, %rsp
    xorl %ebp, %ebp
    call trap_handle
    jmp exit_iret
1:  // A struct registers below the frame, for the dump.
    subq $REGS_BYTES, %rsp
    movq %rax, REGS_RAX(%rsp)
    movq %rbx, REGS_RBX(%rsp)
    movq %rcx, REGS_RCX(%rsp)
    movq %rdx, REGS_RDX(%rsp)
    movq %rsi, REGS_RSI(%rsp)
    movq %rdi, REGS_RDI(%rsp)
    movq %rbp, REGS_RBP(%rsp)
    movq %r8, REGS_R8(%rsp)
    movq %r9, REGS_R9(%rsp)
    movq %r10, REGS_R10(%rsp)
    movq %r11, REGS_R11(%rsp)
    movq %r12, REGS_R12(%rsp)
    movq %r13, REGS_R13(%rsp)
    movq %r14, REGS_R14(%rsp)
    movq %r15, REGS_R15(%rsp)
    movq REGS_BYTES + 16(%rsp), %rax
    movq %rax, REGS_RIP(%rsp)
    movq REGS_BYTES + 32(%rsp), %rax
    movq %rax, REGS_EFLAGS(%rsp)
    movq REGS_BYTES + 40(%rsp), %rax
    movq %rax, REGS_RSP(%rsp)
    movq REGS_BYTES(%rsp), %rdi
    movq REGS_BYTES + 8(%rsp), %rsi
    movq %rsp, %rdx
    andq $-16, %rsp
    call panic_exception

step_over:
    andl $~RFLAGS_STEP, 32(%rsp)
    addq $16, %rsp
    iretq

// Waits for an interrupt, which comes in through trap_from_kernel; never returns.
    .globl cpu_idle
cpu_idle:
    movq $kcb + KCB_STACK_TOP, %rsp
1:  sti
    hlt
    jmp 1b

// One stub for each vector, 16 bytes apart. Those exceptions that push no error code get a 0.
#define HAS_ERROR_CODE(v) \
    ((v) == 8 || ((v) >= 10 && (v) <= 14) || (v) == 17 || (v) == 21 || (v) == 29 || (v) == 30)

    .align 16
    .globl trap_stubs
trap_stubs:
    vector = 0
    .rept 256
    .align 16
    .if !HAS_ERROR_CODE(vector)
    pushq $0
    .endif
    pushq $vector
    jmp trap_common
    vector = vector + 1
    .endr

    .section .note.GNU-stack, "", @progbits
