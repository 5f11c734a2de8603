// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Offsets that assembly uses; trap.c asserts each against the C structures.

#pragma once

#include "kpi/registers.h"

#define KCB_STACK_TOP 16384
#define KCB_REGS 16384

#define SELECTOR_KERNEL_CODE 0x08
#define SELECTOR_KERNEL_DATA 0x10
#define SELECTOR_USER_DATA 0x1b // as SYSRET makes it: STAR[63:48] + 8, privilege 3
#define SELECTOR_USER_CODE 0x23 // STAR[63:48] + 16, privilege 3
#define SELECTOR_TSS 0x28

#define EXCEPTION_DEBUG 1
#define RFLAGS_KERNEL 0x2 // interrupts off, no other flag
#define RFLAGS_STEP 0x100 // TF
