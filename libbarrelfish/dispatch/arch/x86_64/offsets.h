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
