// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The table of system calls, by number. Those of threads are answered by the thread library and
// only have their arguments taken apart here.
#include "linux.h"

#include "barrelfish/linux_threads.h"

#include <errno.h>
#include <sys/syscall.h>

static long call_arch_prctl(const long args[6])
{
    return linux_arch_prctl((int)args[0], (unsigned long)args[1]);
}

static long call_set_tid_address(const long args[6])
{
    return linux_set_tid_address((int *)args[0]);
}

static long call_gettid(const long args[6])
{
    (void)args;
    return linux_gettid();
}

static long call_sched_yield(const long args[6])
{
    (void)args;
    return linux_sched_yield();
}

static long call_clone(const long args[6])
{
    return linux_clone((unsigned long)args[0], (unsigned long)args[1], (int *)args[2],
                       (int *)args[3], (unsigned long)args[4]);
}

static long call_futex(const long args[6])
{
    return linux_futex((uint32_t *)args[0], (int)args[1], (uint32_t)args[2], (const void *)args[3],
                       (uint32_t *)args[4]);
}

static long call_exit(const long args[6])
{
    linux_exit_thread((int)args[0]);
}

static const linux_call table[] = {
    [SYS_read] = linux_read,
    [SYS_write] = linux_write,
    [SYS_readv] = linux_readv,
    [SYS_writev] = linux_writev,
    [SYS_ioctl] = linux_ioctl,
    [SYS_fcntl] = linux_fcntl,
    [SYS_fstat] = linux_fstat,
    [SYS_newfstatat] = linux_newfstatat,
    [SYS_lseek] = linux_lseek,
    [SYS_close] = linux_close,
    [SYS_open] = linux_no_file,
    [SYS_openat] = linux_no_file,
    [SYS_access] = linux_no_file,
    [SYS_readlink] = linux_no_file,
    [SYS_stat] = linux_no_file,
    [SYS_mmap] = linux_mmap,
    [SYS_munmap] = linux_munmap,
    [SYS_mprotect] = linux_mprotect,
    [SYS_mremap] = linux_mremap,
    [SYS_madvise] = linux_madvise,
    [SYS_brk] = linux_brk,
    [SYS_clock_gettime] = linux_clock_gettime,
    [SYS_clock_getres] = linux_clock_getres,
    [SYS_gettimeofday] = linux_gettimeofday,
    [SYS_nanosleep] = linux_nanosleep,
    [SYS_clock_nanosleep] = linux_clock_nanosleep,
    [SYS_getpid] = linux_getpid,
    [SYS_getppid] = linux_zero,
    [SYS_getuid] = linux_zero,
    [SYS_geteuid] = linux_zero,
    [SYS_getgid] = linux_zero,
    [SYS_getegid] = linux_zero,
    [SYS_rt_sigaction] = linux_zero,
    [SYS_rt_sigprocmask] = linux_zero,
    [SYS_set_robust_list] = linux_zero,
    [SYS_exit_group] = linux_exit_group,
    [SYS_kill] = linux_kill,
    [SYS_tkill] = linux_kill,
    [SYS_tgkill] = linux_tgkill,
    [SYS_uname] = linux_uname,
    [SYS_getrandom] = linux_getrandom,
    [SYS_arch_prctl] = call_arch_prctl,
    [SYS_set_tid_address] = call_set_tid_address,
    [SYS_gettid] = call_gettid,
    [SYS_sched_yield] = call_sched_yield,
    [SYS_clone] = call_clone,
    [SYS_futex] = call_futex,
    [SYS_exit] = call_exit,
};

long linux_syscall(long nr, long a1, long a2, long a3, long a4, long a5, long a6)
{
    const long args[6] = {a1, a2, a3, a4, a5, a6};
    size_t count = sizeof(table) / sizeof(table[0]);
    return (unsigned long)nr < count && table[nr] != NULL ? table[nr](args) : -ENOSYS;
}
