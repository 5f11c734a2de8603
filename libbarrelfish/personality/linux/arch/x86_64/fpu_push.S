// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Puts the FPU's registers on the stack, at \area. Changes rax, rcx and rdx. To be included.

#include "dispatch/arch/x86_64/offsets.h"

    .macro fpu_push area
    movl %gs:DISP_XSAVE_BYTES, %ecx
    subq %rcx, %rsp
    andq $-64, %rsp
    movq %rsp, \area
    xorl %ecx, %ecx
    .set header, XSAVE_HEADER
    .rept XSAVE_HEADER_BYTES / 8
    movq %rcx, header(\area)
    .set header, header + 8
    .endr
    movl %gs:DISP_XSAVE_MASK, %eax
    movl %gs:DISP_XSAVE_MASK + 4, %edx
    xsave64 (\area)
    .endm
