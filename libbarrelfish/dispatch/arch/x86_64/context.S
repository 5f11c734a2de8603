// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Switches of register contexts, and the entry points of upcalls. A thread that gave up the core by
// itself has kept what a function call preserves (System V ABI: rbx, rbp, r12 to r15, the control
// bits of MXCSR, the x87 control word) on its stack; one that was preempted has everything in
// struct thread. GS always points to the dispatcher (struct dispatcher), also in threads. Nothing
// here is called enabled. Sources: kpi/dispatcher.h; Intel SDM vol. 1, chapter 13 (XSAVE).

#include "offsets.h"

#define PUSH(name) pushq %name;
#define POP(name) popq %name;
#define TAKE(NAME, name) movq REGS_##NAME(%rdi), %name;

    .text

// Upcalls: rdi = dispatcher frame, and arguments in rsi and rdx. The FPU's registers are the
// interrupted thread's. fs_base stays the thread's until the next one is resumed.
    .macro upcall entry, handler
    .globl \entry
    .type \entry, @function
\entry:
    cld
    wrgsbase %rdi
    movq DISP_STACK_TOP(%rdi), %rsp
    xorl %ebp, %ebp
    call \handler
    ud2
    .size \entry, . - \entry
    .endm

    upcall context_entry_run, upcall_run
    upcall context_entry_pagefault, upcall_pagefault
    upcall context_entry_trap, upcall_trap

// void context_block(struct thread *thread)
    .globl context_block
    .type context_block, @function
context_block:
    pushq %rbp
    REGS_EACH_KEPT(PUSH)
    subq $8, %rsp
    stmxcsr (%rsp)
    fnstcw 4(%rsp)
    movq %rsp, REGS_RSP(%rdi)
    rdfsbase %rax
    movq %rax, REGS_FS_BASE(%rdi)
    movq %gs:DISP_UDISP, %rdi
    movq %gs:DISP_STACK_TOP, %rsp
    xorl %ebp, %ebp
    call dispatch_schedule
    ud2
    .size context_block, . - context_block

// void context_continue(struct thread *thread)
    .globl context_continue
    .type context_continue, @function
context_continue:
    movq REGS_FS_BASE(%rdi), %rax
    wrfsbase %rax
    movq REGS_RSP(%rdi), %rsp
    ldmxcsr (%rsp)
    fldcw 4(%rsp)
    addq $8, %rsp
    REGS_EACH_KEPT_BACK(POP)
    popq %rbp
    ret
    .size context_continue, . - context_continue

// void context_resume(const struct registers *regs, const uint8_t *fpu, uint64_t xsave_mask)
// Nothing is written to the thread's stack: the flags are popped from the dispatcher stack, and the
// jump goes through the dispatcher. Between enabling and the jump the thread's registers are loaded
// already: that is the critical section, in which the CPU driver takes the dispatcher for disabled.
// IRET would do all this at once, but QEMU 7.2 lets a user-mode IRET read its stack as the kernel
// would, which SMAP forbids.
    .globl context_resume
    .type context_resume, @function
context_resume:
    movq %gs:DISP_STACK_TOP, %rsp
    pushq REGS_EFLAGS(%rdi)
    movq REGS_RIP(%rdi), %rax
    movq %rax, %gs:DISP_RESUME_RIP
    movq %rdx, %rax
    shrq $32, %rdx
    xrstor64 (%rsi)
    movq REGS_FS_BASE(%rdi), %rax
    wrfsbase %rax
    REGS_EACH(TAKE)
    TAKE(RCX, rcx) TAKE(R11, r11)
    popfq
    movq REGS_RSP(%rdi), %rsp
    movq REGS_RDI(%rdi), %rdi
    .globl context_crit_low
context_crit_low:
    movl $0, %gs:DISP_DISABLED
    jmp *%gs:DISP_RESUME_RIP
    .globl context_crit_high
context_crit_high:
    ud2
    .size context_resume, . - context_resume

// void context_leave(void (*func)(struct dispatcher *disp))
    .globl context_leave
    .type context_leave, @function
context_leave:
    movq %rdi, %rax
    movq %gs:DISP_UDISP, %rdi
    movq %gs:DISP_STACK_TOP, %rsp
    xorl %ebp, %ebp
    call *%rax
    ud2
    .size context_leave, . - context_leave

// void context_move(uintptr_t stack_top, void (*func)(void *arg), void *arg)
    .globl context_move
    .type context_move, @function
context_move:
    movq %rdi, %rsp
    movq %rdx, %rdi
    xorl %ebp, %ebp
    call *%rsi
    ud2
    .size context_move, . - context_move

// bool context_can_read(const void *address), bool context_can_write(void *address)
// A fault between low and high continues at fail.
    .globl context_guard_low, context_guard_high, context_guard_fail
    .globl context_can_read, context_can_write
    .type context_can_read, @function
    .type context_can_write, @function
context_guard_low:
context_can_read:
    movb (%rdi), %al
    movl $1, %eax
    ret
    .size context_can_read, . - context_can_read
context_can_write:
    lock orb $0, (%rdi)
    movl $1, %eax
    ret
    .size context_can_write, . - context_can_write
context_guard_high:
context_guard_fail:
    xorl %eax, %eax
    ret

// void context_fpu_save(uint8_t *fpu, uint64_t xsave_mask)
// FNINIT empties the x87 stack, which a thread that was switched by a call expects.
    .globl context_fpu_save
    .type context_fpu_save, @function
context_fpu_save:
    movl %esi, %eax
    movq %rsi, %rdx
    shrq $32, %rdx
    xsave64 (%rdi)
    fninit
    ldmxcsr mxcsr_default(%rip)
    ret
    .size context_fpu_save, . - context_fpu_save

    .section .rodata
    .balign 4
mxcsr_default:
    .long MXCSR_DEFAULT

    .section .note.GNU-stack, "", @progbits
