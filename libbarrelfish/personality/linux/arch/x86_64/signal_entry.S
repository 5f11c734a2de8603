// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Where a thread that was preempted goes on when a signal has come for it (linux_signal.c). Its
// general registers are kept elsewhere; those of the FPU are put on its stack, below the red zone.
// void linux_signal_interrupted(uint8_t *fpu) handles the signal and goes on with all of them.

#include "fpu_push.S"

    .text

    .globl context_entry_signal
    .type context_entry_signal, @function
context_entry_signal:
    leaq -RED_ZONE_BYTES(%rsp), %rsp
    cld
    fpu_push %rdi
    xorl %ebp, %ebp
    call linux_signal_interrupted
    ud2
    .size context_entry_signal, . - context_entry_signal

    .section .note.GNU-stack, "", @progbits
