// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Reading exposed information: E3 of kpi/info.h. The writers run on the reader's own core, never
// beside it, so that a reader meets a change only when it was itself taken off the core in between.
#include "barrelfish/info.h"

#include "barrelfish/domain.h"
#include "barrelfish/syscalls.h"

const struct domain_info *disp_info(void)
{
    return (domain_spawn_args()->flags & SPAWN_FLAG_INFO) != 0
               ? (const struct domain_info *)INFO_VADDR
               : NULL;
}

/// Copies a group, which begins with its sequence, until it is of one time.
static void read_group(uint64_t *to, const volatile uint64_t *from, size_t bytes)
{
    do {
        while ((from[0] & 1) != 0)
            (void)sys_yield(0);
        for (size_t i = 0; i < bytes / sizeof(*to); i++)
            to[i] = from[i];
    } while (to[0] != from[0] || (to[0] & 1) != 0);
}

errval_t info_read_kernel(struct info_kernel *ret)
{
    const struct domain_info *info = disp_info();
    if (info == NULL)
        return LIB_ERR_NOT_IMPLEMENTED;
    read_group((uint64_t *)ret, (const volatile uint64_t *)&info->kernel, sizeof(*ret));
    return SYS_ERR_OK;
}

errval_t info_read_memory(struct info_memory *ret)
{
    const struct domain_info *info = disp_info();
    if (info == NULL || *(const volatile uint64_t *)&info->memory.sequence == 0)
        return LIB_ERR_NOT_IMPLEMENTED;
    read_group((uint64_t *)ret, (const volatile uint64_t *)&info->memory, sizeof(*ret));
    return SYS_ERR_OK;
}
