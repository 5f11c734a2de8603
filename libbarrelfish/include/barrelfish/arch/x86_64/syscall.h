// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The SYSCALL instruction with the registers that kpi/syscalls.h names. It clobbers rcx and r11
// only. LMP_SEND needs nearly all registers and is a routine of its own, arch/x86_64/lmp_send.S.

#pragma once

#include "barrelfish/types.h"
#include "kpi/syscalls.h"

/// What an invocation gives back.
struct sysret {
    errval_t error;
    uint64_t value;  ///< only for commands that say so
    uint64_t value2; ///< likewise
};

/// A system call with two arguments that returns an error only.
static inline errval_t syscall2(uint64_t number, uint64_t arg1, uint64_t arg2)
{
    uint64_t result = number;
    __asm__ volatile("syscall" : "+a"(result) : "D"(arg1), "S"(arg2) : "rcx", "r11", "memory");
    return result;
}

/// Invokes the capability at `caddr`.
static inline struct sysret syscall_invoke(uint64_t caddr, uint64_t cmd, uint64_t arg1,
                                           uint64_t arg2, uint64_t arg3, uint64_t arg4,
                                           uint64_t arg5, uint64_t arg6)
{
    uint64_t result = SYSCALL_INVOKE;
    uint64_t rdx = arg1;
    register uint64_t r10 __asm__("r10") = arg2;
    register uint64_t r8 __asm__("r8") = arg3;
    register uint64_t r9 __asm__("r9") = arg4;
    register uint64_t r12 __asm__("r12") = arg5;
    register uint64_t r13 __asm__("r13") = arg6;
    __asm__ volatile("syscall"
                     : "+a"(result), "+d"(rdx), "+r"(r10)
                     : "D"(caddr), "S"(cmd), "r"(r8), "r"(r9), "r"(r12), "r"(r13)
                     : "rcx", "r11", "memory");
    return (struct sysret){result, rdx, r10};
}
