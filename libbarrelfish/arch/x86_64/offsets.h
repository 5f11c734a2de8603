// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Offsets that assembly uses. dispatcher.h of this library asserts each against its struct.

#pragma once

// struct registers
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
#define REGS_BYTES 160

// struct dispatcher, addressed through GS
#define DISP_DISABLED 0
#define DISP_XSAVE_BYTES 76
#define DISP_XSAVE_MASK 80
#define DISP_UDISP 96
#define DISP_STACK_TOP 608
#define DISP_CURRENT 616
#define DISP_RESUME_RIP 624

// struct thread
#define THREAD_SYSCALL_FRAME 168

// An XSAVE area (Intel SDM vol. 1, 13.4): header, and MXCSR in the legacy region.
#define XSAVE_MXCSR 24
#define XSAVE_HEADER 512
#define XSAVE_HEADER_BYTES 64

#define MXCSR_DEFAULT 0x1f80
#define EFLAGS_DEFAULT 0x202

#define RED_ZONE_BYTES 128

// More than the C library's own structure of a thread needs
#define EARLY_TLS_BYTES 1024

// SYSCALL_LMP_SEND, whose header is C only
#define SYSCALL_LMP_SEND_ASM 0x53540001
