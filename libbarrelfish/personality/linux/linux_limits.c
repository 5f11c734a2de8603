// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Limits of a process: those that a domain has, and else none. They are not changed from within.
// Source: man page getrlimit(2).
#include "linux.h"

#include "barrelfish/domain.h"
#include "barrelfish/info.h"
#include "kpi/spawn.h"

#include <errno.h>
#include <sys/resource.h>

static struct rlimit limit_of(long resource)
{
    struct info_memory memory;
    rlim_t limit = RLIM_INFINITY;
    switch (resource) {
    case RLIMIT_NOFILE:
        limit = LINUX_FDS;
        break;
    case RLIMIT_STACK:
        limit = STACK_BYTES;
        break;
    case RLIMIT_CORE:
    case RLIMIT_FSIZE:
    case RLIMIT_MSGQUEUE:
    case RLIMIT_NICE:
    case RLIMIT_RTPRIO:
        limit = 0;
        break;
    case RLIMIT_AS:
    case RLIMIT_DATA:
        if (err_is_ok(info_read_memory(&memory)) && memory.limit != 0)
            limit = memory.limit;
        break;
    default:
        break;
    }
    return (struct rlimit){limit, limit};
}

static long exchange(long resource, const struct rlimit *wanted, struct rlimit *old)
{
    if (resource < 0 || resource >= RLIM_NLIMITS)
        return -EINVAL;
    if ((wanted != NULL && !linux_can_read(wanted, sizeof(*wanted))) ||
        (old != NULL && !linux_can_write(old, sizeof(*old))))
        return -EFAULT;
    struct rlimit now = limit_of(resource);
    if (wanted != NULL && wanted->rlim_cur > wanted->rlim_max)
        return -EINVAL;
    if (wanted != NULL && (wanted->rlim_cur != now.rlim_cur || wanted->rlim_max != now.rlim_max))
        return -EPERM;
    if (old != NULL)
        *old = now;
    return 0;
}

long linux_prlimit64(const long args[6])
{
    int pid = (int)args[0];
    if (pid != 0 && pid != (int)disp_get_domain_id())
        return -ESRCH;
    return exchange((int)args[1], (const struct rlimit *)args[2], (struct rlimit *)args[3]);
}

long linux_getrlimit(const long args[6])
{
    return args[1] != 0 ? exchange((int)args[0], NULL, (struct rlimit *)args[1]) : -EFAULT;
}

long linux_setrlimit(const long args[6])
{
    return args[1] != 0 ? exchange((int)args[0], (const struct rlimit *)args[1], NULL) : -EFAULT;
}
