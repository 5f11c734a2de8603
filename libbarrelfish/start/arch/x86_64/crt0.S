// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// A domain's first instruction: rdi = dispatcher frame, rsp = end of the main thread's stack,
// disabled (kpi/spawn.h). From here on GS points to the dispatcher. FS belongs to the C library,
// whose functions look for their stack guard at fs:0x28 and for the thread's own structure at fs:0;
// until its start has made that structure, FS points to zeroes with a pointer to themselves in
// front, so that vsnprintf() and the like work for early panics. What follows is in init.c. The note
// is here because whatever starts with this code is a program for Stave.

#include "kpi/elf_note.h"
#include "dispatch/arch/x86_64/offsets.h"

    .text
    .globl _start
    .type _start, @function
_start:
    cld
    wrgsbase %rdi
    leaq early_tls(%rip), %rax
    movq %rax, (%rax)
    wrfsbase %rax
    fninit
    ldmxcsr start_mxcsr(%rip)
    xorl %ebp, %ebp
    andq $-16, %rsp
    leaq names_place(%rip), %rsi
    call domain_start
    ud2
    .size _start, . - _start

    .section .rodata
    .balign 4
start_mxcsr:
    .long MXCSR_DEFAULT

    // Lengths of its name (with the zero byte) and description, its type, its name; then where the
    // names of functions are (kpi/elf_names.h), which tools/names fills in.
    .section .note.stave, "a", @note
    .balign 4
    .long 2f - 1f, 16, ELF_NOTE_DOMAIN
1:  .asciz ELF_NOTE_NAME
2:  .balign 4
names_place:
    .quad 0, 0

    .bss
    .balign 64
early_tls:
    .skip EARLY_TLS_BYTES

    .section .note.GNU-stack, "", @progbits
