// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The processor's exceptions by name (Intel SDM vol. 3, table 6-1).
#include "barrelfish/except.h"
#include "kpi/syscalls.h"

static const char *const names[KERNEL_VECTOR_INTERRUPTS] = {
    [0] = "divide error",
    [1] = "debug",
    [2] = "NMI",
    [3] = "breakpoint",
    [4] = "overflow",
    [5] = "bound range",
    [6] = "invalid opcode",
    [7] = "device not available",
    [8] = "double fault",
    [10] = "invalid TSS",
    [11] = "segment not present",
    [12] = "stack fault",
    [13] = "general protection",
    [14] = "page fault",
    [16] = "x87 error",
    [17] = "alignment check",
    [18] = "machine check",
    [19] = "SIMD error",
};

const char *except_name(uint64_t vector)
{
    return vector < KERNEL_VECTOR_INTERRUPTS && names[vector] != NULL ? names[vector] : "reserved";
}
