// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Offsets that assembly uses; trap.c asserts each against the C structures.

#pragma once

#define KCB_STACK_TOP 16384
#define KCB_REGS 16384

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
#define REGS_BYTES 160

#define SELECTOR_KERNEL_CODE 0x08
#define SELECTOR_KERNEL_DATA 0x10
#define SELECTOR_USER_DATA 0x1b // as SYSRET makes it: STAR[63:48] + 8, privilege 3
#define SELECTOR_USER_CODE 0x23 // STAR[63:48] + 16, privilege 3
#define SELECTOR_TSS 0x28
