// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// In the place of the system calls: the invocations that the memory server makes by itself,
// answered by the real capability code in this process (kernel.c).
#pragma once

#include "barrelfish/caddr.h"
#include "kpi/syscalls.h"

errval_t invoke_kernel_create_cap(struct capref kernel, const struct capability *raw,
                                  struct capref dest);
errval_t invoke_cap_delete(struct capref cap);
errval_t invoke_kernel_set_returns(struct capref kernel, enum kernel_returns kind,
                                   struct capref cnode, struct capref endpoint);
errval_t invoke_kernel_reclaim(struct capref kernel, genpaddr_t base, gensize_t bytes,
                               struct capref slot, uint64_t *from);
