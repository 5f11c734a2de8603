// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// A Linux program's first instruction: rsp points to argc, argv follows. System V ABI, 3.4.1.
    .text
    .globl _start
    .type _start, @function
_start:
    xorl %ebp, %ebp
    leaq main(%rip), %rdi
    movq (%rsp), %rsi
    leaq 8(%rsp), %rdx
    xorl %ecx, %ecx
    xorl %r8d, %r8d
    xorl %r9d, %r9d
    andq $-16, %rsp
    call __libc_start_main
    hlt
    .size _start, . - _start

    .section .note.GNU-stack, "", @progbits
