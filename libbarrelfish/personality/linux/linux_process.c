// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The domain as Linux would call it, a process: its number, its end, its users, of whom there is
// one, 0, and what the C library asks of the system as a whole.
#include "linux.h"

#include "barrelfish/domain.h"
#include "barrelfish/info.h"
#include "barrelfish/systime.h"
#include "dispatch/dispatcher.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>

#define NS_PER_S 1000000000ull
#define LOAD_ONE (1ul << SI_LOAD_SHIFT)
#define SI_LOAD_SHIFT 16
#define KERNEL_SYSINFO_BYTES 112u // the C library's structure is longer
#define RANDOM_BYTES_MAX 33554431u

long linux_getpid(const long args[6])
{
    (void)args;
    return (long)disp_get_domain_id();
}

long linux_zero(const long args[6])
{
    (void)args;
    return 0;
}

long linux_not_permitted(const long args[6])
{
    (void)args;
    return -EPERM;
}

long linux_no_child(const long args[6])
{
    (void)args;
    return -ECHILD;
}

long linux_exit_group(const long args[6])
{
    domain_exit((int)args[0]);
}

long linux_uname(const long args[6])
{
    struct utsname *name = (struct utsname *)args[0];
    if (!linux_can_write(name, sizeof(*name)))
        return -EFAULT;
    memset(name, 0, sizeof(*name));
    strcpy(name->sysname, "Stave");
    strcpy(name->nodename, "stave");
    strcpy(name->release, "0");
    strcpy(name->version, "0");
    strcpy(name->machine, "x86_64");
    return 0;
}

/// Numbers that differ from call to call but not between two deterministic runs: splitmix64 over
/// the time-stamp counter. Not fit for secrets; nothing in a domain keeps any yet.
long linux_getrandom(const long args[6])
{
    char *out = (char *)args[0];
    size_t bytes = (size_t)args[1] < RANDOM_BYTES_MAX ? (size_t)args[1] : RANDOM_BYTES_MAX;
    if ((args[2] & ~(long)(GRND_NONBLOCK | GRND_RANDOM | GRND_INSECURE)) != 0)
        return -EINVAL;
    if (!linux_can_write(out, bytes))
        return -EFAULT;
    uint64_t state = systime_now();
    for (size_t i = 0; i < bytes; i++) {
        state += 0x9e3779b97f4a7c15u;
        uint64_t z = (state ^ (state >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        out[i] = (char)(z >> 56);
    }
    return (long)bytes;
}

/// The domain's core: its memory, and for the load what could run just now, as no mean is kept.
long linux_sysinfo(const long args[6])
{
    struct info_kernel kernel;
    struct info_memory memory;
    struct sysinfo info = {.mem_unit = 1, .procs = 1};
    if (!linux_can_write((void *)args[0], KERNEL_SYSINFO_BYTES))
        return -EFAULT;
    info.uptime = systime_to_ns(systime_now()) / NS_PER_S;
    if (err_is_ok(info_read_memory(&memory))) {
        info.totalram = memory.total_bytes;
        info.freeram = memory.free_bytes;
    }
    if (err_is_ok(info_read_kernel(&kernel)))
        info.loads[0] = info.loads[1] = info.loads[2] = kernel.runnable * LOAD_ONE;
    memcpy((void *)args[0], &info, KERNEL_SYSINFO_BYTES);
    return 0;
}

/// setuid() and the like, with up to three numbers: there is nobody but 0 to be.
static long set_ids(const long args[6], unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if ((int)args[i] != 0 && (int)args[i] != -1)
            return -EPERM;
    return 0;
}

long linux_set_one_id(const long args[6])
{
    return set_ids(args, 1);
}

long linux_set_two_ids(const long args[6])
{
    return set_ids(args, 2);
}

long linux_set_three_ids(const long args[6])
{
    return set_ids(args, 3);
}

long linux_get_three_ids(const long args[6])
{
    for (unsigned i = 0; i < 3; i++)
        if (!linux_can_write((void *)args[i], sizeof(int)))
            return -EFAULT;
    for (unsigned i = 0; i < 3; i++)
        *(int *)args[i] = 0;
    return 0;
}

/// The process group and the session, which are the domain's own.
long linux_get_group(const long args[6])
{
    int self = (int)disp_get_domain_id();
    return (int)args[0] == 0 || (int)args[0] == self ? self : -ESRCH;
}
