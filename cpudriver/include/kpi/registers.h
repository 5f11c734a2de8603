// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Offsets in struct registers, for assembly on both sides; kpi/dispatcher.h asserts them.

#pragma once

#define REGS_RAX 0
#define REGS_RBX 8
#define REGS_RCX 16
#define REGS_RDX 24
#define REGS_RSI 32
#define REGS_RDI 40
#define REGS_RBP 48
#define REGS_RSP 56
#define REGS_R8 64
#define REGS_R9 72
#define REGS_R10 80
#define REGS_R11 88
#define REGS_R12 96
#define REGS_R13 104
#define REGS_R14 112
#define REGS_R15 120
#define REGS_RIP 128
#define REGS_EFLAGS 136
#define REGS_FS_BASE 144
#define REGS_GS_BASE 152
#define REGS_BYTES 160

// Each of the general registers but rcx, rsp, rdi and r11, as f(NAME, name).
#define REGS_EACH(f)                                                                               \
    f(RAX, rax) f(RBX, rbx) f(RDX, rdx) f(RSI, rsi) f(RBP, rbp) f(R8, r8) f(R9, r9) f(R10, r10)    \
        f(R12, r12) f(R13, r13) f(R14, r14) f(R15, r15)
// What a function call preserves (System V ABI), but for rbp and rsp, and the same from the end.
#define REGS_EACH_KEPT(f) f(rbx) f(r12) f(r13) f(r14) f(r15)
#define REGS_EACH_KEPT_BACK(f) f(r15) f(r14) f(r13) f(r12) f(rbx)
