// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Stands in the place of the library's header of this name: system calls go to fake_kernel.c.

#pragma once

#include "barrelfish/types.h"
#include "kpi/syscalls.h"

struct sysret {
    errval_t error;
    uint64_t value;
    uint64_t value2;
};

errval_t syscall2(uint64_t number, uint64_t arg1, uint64_t arg2);

struct sysret syscall_invoke(uint64_t caddr, uint64_t cmd, uint64_t arg1, uint64_t arg2,
                             uint64_t arg3, uint64_t arg4, uint64_t arg5, uint64_t arg6);
