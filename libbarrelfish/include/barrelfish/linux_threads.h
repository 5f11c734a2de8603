// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The Linux system calls that a C library's threads need, upon this library's threads. For the
// personality (libbarrelfish/personality/linux/): it passes the arguments on and returns the
// result, a negative errno value included. Sources: man pages clone(2), futex(2), exit(2),
// set_tid_address(2), arch_prctl(2).

#pragma once

#include "barrelfish/types.h"

struct timespec;

/// clone with the flags of pthread_create; any other use is -ENOSYS. The child continues after the
/// caller's `syscall` with its registers, rax = 0 and rsp = `stack`.
long linux_clone(unsigned long flags, unsigned long stack, int *parent_tid, int *child_tid,
                 unsigned long tls);

/// FUTEX_WAIT, FUTEX_WAKE, FUTEX_REQUEUE and the BITSET forms with all bits, private or not.
/// `timeout`: struct timespec or NULL; for REQUEUE a number stands in its place. `value3`: the bits.
long linux_futex(uint32_t *addr, int op, uint32_t value, const void *timeout, uint32_t *addr2,
                 uint32_t value3);

/// When a time that is absolute, or counts from now, has come, rounded up.
systime_t linux_deadline(const struct timespec *time, bool absolute);

/// Ends the calling thread, and with the last thread of the program, exit(0); exit_group is
/// domain_exit().
void linux_exit_thread(int status) __attribute__((noreturn));

long linux_set_tid_address(int *child_tid);
long linux_gettid(void);

/// ARCH_SET_FS and ARCH_GET_FS; else -EINVAL.
long linux_arch_prctl(int code, unsigned long address);

/// sched_yield.
long linux_sched_yield(void);

/// For munmap: if [base, base + bytes) holds the caller's own stack, unmaps it and ends the thread,
/// which could do nothing else: does not return. 0: it does not hold it. -EINVAL: it holds it
/// and something else, or a part of it.
long linux_unmap_own_stack(uintptr_t base, size_t bytes);
