// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Processors and priorities: a domain's threads are all on the core of its dispatcher, and take
// turns there. Sources: man pages sched_setaffinity(2), sched(7), membarrier(2), getcpu(2).
#include "linux.h"

#include "barrelfish/domain.h"
#include "barrelfish/monitor_client.h"
#include "linux_thread.h"

#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#define CPU_BYTES 32u // for 256 cores
#define SLICE_NS 10000000l
#define NICE_ZERO 20 // as the system call tells it
#define ROBUST_HEAD_BYTES 24

// <linux/membarrier.h>
#define MEMBARRIER_GLOBAL 1l
#define MEMBARRIER_PRIVATE 8l
#define MEMBARRIER_REGISTER_PRIVATE 16l

/// 0 or -ESRCH: the domain, or a thread of it.
static long check_thread(long id)
{
    long result = id == 0 || id == (long)disp_get_domain_id() ? 0 : -ESRCH;
    dispatcher_handle_t handle = disp_disable();
    for (const struct thread *t = disp_self()->all; t != NULL && result != 0; t = t->all_next)
        result = (long)t->id == id ? 0 : result;
    disp_enable(handle);
    return result;
}

long linux_sched_getaffinity(const long args[6])
{
    size_t bytes = (size_t)(unsigned)args[1] < CPU_BYTES ? (size_t)(unsigned)args[1] : CPU_BYTES;
    uint8_t *mask = (uint8_t *)args[2];
    coreid_t core = disp_get_core_id();
    if (check_thread((int)args[0]) != 0)
        return -ESRCH;
    if (bytes % sizeof(long) != 0 || core / 8 >= bytes)
        return -EINVAL;
    if (!linux_can_write(mask, bytes))
        return -EFAULT;
    memset(mask, 0, bytes);
    mask[core / 8] = (uint8_t)(1u << core % 8);
    return (long)bytes;
}

/// Threads stay where they are: that is right if this core is among those that are allowed.
long linux_sched_setaffinity(const long args[6])
{
    size_t bytes = (size_t)(unsigned)args[1];
    const uint8_t *mask = (const uint8_t *)args[2];
    coreid_t core = disp_get_core_id();
    if (check_thread((int)args[0]) != 0)
        return -ESRCH;
    if (core / 8 >= bytes)
        return -EINVAL;
    if (!linux_can_read(mask + core / 8, 1))
        return -EFAULT;
    return (mask[core / 8] >> core % 8 & 1) != 0 ? 0 : -EINVAL;
}

long linux_sched_getparam(const long args[6])
{
    if (check_thread((int)args[0]) != 0)
        return -ESRCH;
    if (!linux_can_write((void *)args[1], sizeof(int)))
        return -EFAULT;
    *(int *)args[1] = 0;
    return 0;
}

/// The one policy, at its one priority.
static long set_policy(long id, long policy, const int *priority)
{
    if (check_thread(id) != 0)
        return -ESRCH;
    if (!linux_can_read(priority, sizeof(*priority)))
        return -EFAULT;
    if (policy != SCHED_OTHER)
        return -EPERM;
    return *priority == 0 ? 0 : -EINVAL;
}

long linux_sched_setparam(const long args[6])
{
    return set_policy((int)args[0], SCHED_OTHER, (const int *)args[1]);
}

long linux_sched_setscheduler(const long args[6])
{
    return set_policy((int)args[0], (int)args[1], (const int *)args[2]);
}

/// The least and the most, which are the same.
long linux_sched_priority(const long args[6])
{
    return args[0] == SCHED_OTHER ? 0 : -EINVAL;
}

long linux_sched_rr_get_interval(const long args[6])
{
    struct timespec *time = (struct timespec *)args[1];
    if (check_thread((int)args[0]) != 0)
        return -ESRCH;
    if (!linux_can_write(time, sizeof(*time)))
        return -EFAULT;
    *time = (struct timespec){.tv_sec = 0, .tv_nsec = SLICE_NS};
    return 0;
}

long linux_getpriority(const long args[6])
{
    return args[0] == PRIO_PROCESS && check_thread((int)args[1]) == 0 ? NICE_ZERO : -ESRCH;
}

long linux_setpriority(const long args[6])
{
    if (args[0] != PRIO_PROCESS || check_thread((int)args[1]) != 0)
        return -ESRCH;
    return (int)args[2] == 0 ? 0 : -EPERM;
}

long linux_getcpu(const long args[6])
{
    unsigned *cpu = (unsigned *)args[0], *node = (unsigned *)args[1];
    struct monitor_core_status status = {.node = 0};
    if ((cpu != NULL && !linux_can_write(cpu, sizeof(*cpu))) ||
        (node != NULL && !linux_can_write(node, sizeof(*node))))
        return -EFAULT;
    if (cpu != NULL)
        *cpu = disp_get_core_id();
    if (node != NULL) {
        (void)!monitor_get_core_status(disp_get_core_id(), &status); // else it is the first
        *node = status.node;
    }
    return 0;
}

/// Threads of one dispatcher see one another's stores in order.
long linux_membarrier(const long args[6])
{
    const long known = MEMBARRIER_GLOBAL | MEMBARRIER_PRIVATE | MEMBARRIER_REGISTER_PRIVATE;
    long command = (int)args[0];
    if (args[1] != 0 || (command & ~known) != 0 || (command & (command - 1)) != 0)
        return -EINVAL;
    return command == 0 ? known : 0;
}

/// The C library goes through the list itself when a thread ends.
long linux_set_robust_list(const long args[6])
{
    if (args[1] != ROBUST_HEAD_BYTES)
        return -EINVAL;
    linux_of(thread_self())->robust_list = (void *)args[0];
    return 0;
}

long linux_get_robust_list(const long args[6])
{
    void **head = (void **)args[1];
    size_t *bytes = (size_t *)args[2];
    if ((int)args[0] != 0 && (int)args[0] != (int)thread_self()->id)
        return -ESRCH;
    if (!linux_can_write(head, sizeof(*head)) || !linux_can_write(bytes, sizeof(*bytes)))
        return -EFAULT;
    *head = linux_of(thread_self())->robust_list;
    *bytes = ROBUST_HEAD_BYTES;
    return 0;
}
