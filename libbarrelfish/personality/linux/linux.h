// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The Linux personality: the system calls of another system, answered in the domain itself. The CPU
// driver reflects a system call that is not its own to the domain's entry_syscall, which calls
// linux_syscall(). Another personality is another folder beside this one with a function of the
// same kind for that entry; nothing outside of this folder knows Linux's numbers (threads excepted:
// barrelfish/linux_threads.h). Here: all that musl's static libc.a calls; anything else is -ENOSYS.
// The table in linux.c says for each what the answer is; what has no effect here is an error.
// Sources: the man pages, section 2.
#pragma once

#include "barrelfish/personality.h"

struct timespec;

/// Answers one call. Results from -4095 to -1 are errors, -errno.
long linux_syscall(long nr, long a1, long a2, long a3, long a4, long a5, long a6);

/// One system call: its arguments to its result.
typedef long (*linux_call)(const long args[6]);

// linux_user.c

/// Bytes from `from` on that can be read, at most `bytes`.
size_t linux_readable(const void *from, size_t bytes);

bool linux_can_read(const void *from, size_t bytes);
bool linux_can_write(void *to, size_t bytes);

/// The answer to a path, which names nothing: -ENOENT, or -EFAULT if there is none.
long linux_path(const void *path);

/// linux_file.c
long linux_read(const long args[6]);
long linux_write(const long args[6]);
long linux_readv(const long args[6]);
long linux_writev(const long args[6]);
long linux_ioctl(const long args[6]);
long linux_fstat(const long args[6]);
long linux_stream(const long args[6]);
long linux_no_seek(const long args[6]);
long linux_no_directory(const long args[6]);
long linux_no_change(const long args[6]);
long linux_path_first(const long args[6]);
long linux_path_second(const long args[6]);
long linux_path_third(const long args[6]);
long linux_newfstatat(const long args[6]);
long linux_getcwd(const long args[6]);
long linux_umask(const long args[6]);

// linux_fd.c

/// What a file descriptor names.
enum linux_stream { LINUX_CLOSED, LINUX_INPUT, LINUX_OUTPUT };

#define LINUX_FDS 64

enum linux_stream linux_stream_of(long fd);
long linux_close(const long args[6]);
long linux_dup(const long args[6]);
long linux_dup2(const long args[6]);
long linux_dup3(const long args[6]);
long linux_fcntl(const long args[6]);

// linux_input.c

/// As personality_set_read().
personality_read_fn linux_set_read(personality_read_fn read);

/// Reads at most `bytes` of the input; blocks until there is some. 0: it has ended.
long linux_input_read(void *to, size_t bytes);

/// Bytes that can be read at once; *ready also tells whether reading would not block.
size_t linux_input_count(bool *ready);

/// Sees to it that input is read ahead, and blocks until there is some or the time has come. As
/// linux_wait_disabled(); -ENOMEM: it cannot be read ahead.
long linux_input_await(systime_t deadline);

/// linux_poll.c
long linux_poll(const long args[6]);
long linux_ppoll(const long args[6]);
long linux_select(const long args[6]);
long linux_pselect6(const long args[6]);

/// linux_memory.c
long linux_mmap(const long args[6]);
long linux_munmap(const long args[6]);
long linux_mprotect(const long args[6]);
long linux_mremap(const long args[6]);
long linux_madvise(const long args[6]);
long linux_mincore(const long args[6]);
long linux_mapped(const long args[6]);
long linux_brk(const long args[6]);

/// linux_time.c
bool linux_time_valid(const struct timespec *time);
long linux_clock_gettime(const long args[6]);
long linux_clock_getres(const long args[6]);
long linux_clock_settime(const long args[6]);
long linux_gettimeofday(const long args[6]);
long linux_nanosleep(const long args[6]);
long linux_clock_nanosleep(const long args[6]);
long linux_times(const long args[6]);
long linux_getrusage(const long args[6]);

/// linux_process.c
long linux_getpid(const long args[6]);
long linux_zero(const long args[6]);
long linux_not_permitted(const long args[6]);
long linux_no_child(const long args[6]);
long linux_exit_group(const long args[6]);
long linux_uname(const long args[6]);
long linux_getrandom(const long args[6]);
long linux_sysinfo(const long args[6]);
long linux_set_one_id(const long args[6]);
long linux_set_two_ids(const long args[6]);
long linux_set_three_ids(const long args[6]);
long linux_get_three_ids(const long args[6]);
long linux_get_group(const long args[6]);

/// linux_limits.c
long linux_prlimit64(const long args[6]);
long linux_getrlimit(const long args[6]);
long linux_setrlimit(const long args[6]);

/// linux_sched.c
long linux_sched_getaffinity(const long args[6]);
long linux_sched_setaffinity(const long args[6]);
long linux_sched_getparam(const long args[6]);
long linux_sched_setparam(const long args[6]);
long linux_sched_setscheduler(const long args[6]);
long linux_sched_priority(const long args[6]);
long linux_sched_rr_get_interval(const long args[6]);
long linux_getpriority(const long args[6]);
long linux_setpriority(const long args[6]);
long linux_getcpu(const long args[6]);
long linux_membarrier(const long args[6]);
long linux_set_robust_list(const long args[6]);
long linux_get_robust_list(const long args[6]);

/// linux_signal_calls.c
long linux_rt_sigaction(const long args[6]);
long linux_rt_sigprocmask(const long args[6]);
long linux_rt_sigpending(const long args[6]);
long linux_rt_sigsuspend(const long args[6]);
long linux_rt_sigtimedwait(const long args[6]);
long linux_pause(const long args[6]);
long linux_kill(const long args[6]);
long linux_tkill(const long args[6]);
long linux_tgkill(const long args[6]);
long linux_setitimer(const long args[6]);
long linux_getitimer(const long args[6]);
