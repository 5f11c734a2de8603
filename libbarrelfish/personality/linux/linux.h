// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The Linux personality: the system calls of another system, answered in the domain itself. The CPU
// driver reflects a system call that is not its own to the domain's entry_syscall, which calls
// linux_syscall(). Another personality is another folder beside this one with a function of the
// same kind for that entry; nothing outside of this folder knows Linux's numbers (threads excepted:
// barrelfish/linux_threads.h). Here: what musl's static libc.a calls; anything else is -ENOSYS.
// Sources: the man pages, section 2.
#pragma once

#include "barrelfish/types.h"

/// Answers one call. Results from -4095 to -1 are errors, -errno.
long linux_syscall(long nr, long a1, long a2, long a3, long a4, long a5, long a6);

/// One system call: its arguments to its result.
typedef long (*linux_call)(const long args[6]);

// linux_file.c
long linux_read(const long args[6]);
long linux_write(const long args[6]);
long linux_readv(const long args[6]);
long linux_writev(const long args[6]);
long linux_ioctl(const long args[6]);
long linux_fcntl(const long args[6]);
long linux_fstat(const long args[6]);
long linux_newfstatat(const long args[6]);
long linux_lseek(const long args[6]);
long linux_close(const long args[6]);
long linux_no_file(const long args[6]);

// linux_memory.c
long linux_mmap(const long args[6]);
long linux_munmap(const long args[6]);
long linux_mprotect(const long args[6]);
long linux_mremap(const long args[6]);
long linux_madvise(const long args[6]);
long linux_brk(const long args[6]);

// linux_time.c
long linux_clock_gettime(const long args[6]);
long linux_clock_getres(const long args[6]);
long linux_gettimeofday(const long args[6]);
long linux_nanosleep(const long args[6]);
long linux_clock_nanosleep(const long args[6]);

// linux_process.c
long linux_getpid(const long args[6]);
long linux_zero(const long args[6]);
long linux_exit_group(const long args[6]);
long linux_kill(const long args[6]);
long linux_tgkill(const long args[6]);
long linux_uname(const long args[6]);
long linux_getrandom(const long args[6]);
