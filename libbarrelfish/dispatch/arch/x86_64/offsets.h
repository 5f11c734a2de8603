// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Offsets that assembly uses. dispatcher.h of this library asserts each against its struct.

#pragma once

#include "kpi/registers.h"

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

// struct lmp_recv_msg
#define RECV_MSG_LENGTH 8
#define RECV_MSG_BADGE 16
#define RECV_MSG_WORDS 24

// SYSCALL_LMP_SEND, whose header is C only
#define SYSCALL_LMP_SEND_ASM 0x53540001
#define LMP_RECV_WORDS_ASM 8
