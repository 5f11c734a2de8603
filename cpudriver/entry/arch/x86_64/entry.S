// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Ways into the CPU driver and out of it. There is one kernel stack and no nesting: each entry
// starts at its top and each exit forgets it. The registers of the interrupted domain go straight
// to kcb.regs, at an address that is the same on every core.

#include "offsets.h"

#define REG(name) kcb + KCB_REGS + REGS_##name

// Into a struct registers on the stack.
#define PUT(NAME, name) movq %name, REGS_##NAME(%rsp);
#define SAVE(NAME, name) movq %name, REG(NAME);
#define RESTORE(NAME, name) movq REG(NAME), %name;
// All registers but rcx, r11, rsp, rip and eflags.
#define SAVE_COMMON REGS_EACH(SAVE) SAVE(RDI, rdi)
#define RESTORE_COMMON REGS_EACH(RESTORE) RESTORE(RDI, rdi)

    .text
    .globl syscall_entry
syscall_entry:
    movq %rsp, REG(RSP)
    movq %rcx, REG(RIP)
    movq %r11, REG(EFLAGS)
    SAVE_COMMON
    movq $kcb + KCB_STACK_TOP, %rsp
    xorl %ebp, %ebp
    call syscall_handle
    testb %al, %al
    jz exit_iret
    // Back to the caller itself: rcx and r11 are what SYSCALL promises.
    RESTORE_COMMON
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
    RESTORE_COMMON
    movq REG(RCX), %rcx
    movq REG(R11), %r11
    iretq

// Stack: vector, error code, rip, cs, rflags, rsp, ss.
trap_common:
    testb $3, 24(%rsp)
    jz trap_from_kernel
    movq %rcx, REG(RCX)
    movq %r11, REG(R11)
    SAVE_COMMON
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
    REGS_EACH(PUT)
    PUT(RDI, rdi) PUT(RCX, rcx) PUT(R11, r11)
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
