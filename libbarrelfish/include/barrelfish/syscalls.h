// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The system calls of the CPU driver, as functions; what they mean stands in kpi/syscalls.h. They
// work from a domain's first instruction on, with and without a C library, enabled or disabled.
// The instruction sequences are in barrelfish/arch/x86_64/syscall.h.

#pragma once

#include "barrelfish/arch/x86_64/syscall.h"
#include "barrelfish/caddr.h"
#include "kpi/dispatcher.h"

/// Sends `length` words (of the eight at `words`, which are all read) and the capability at
/// `send_caddr` (0: none) to the endpoint at `ep_caddr`. `flags`: LMP_FLAG_. Does not block.
/// SYS_ERR_LMP_BUF_OVERFLOW and SYS_ERR_LMP_CAPTRANSFER_DST: try later.
LIB_MUST_CHECK errval_t sys_lmp_send(uint64_t ep_caddr, uint32_t flags, uint64_t send_caddr,
                                     size_t length, const uint64_t words[LMP_MSG_LENGTH]);

struct lmp_recv_msg;

/// The same of the message in *msg, with LMP_FLAG_CALL among the flags: waits until the next one
/// is in *msg (*recv_flags: LMP_RECV_WORDS and perhaps LMP_RECV_HAS_CAP) or elsewhere
/// (*recv_flags 0). Only while disabled. barrelfish/lrpc.h is to be preferred.
LIB_MUST_CHECK errval_t sys_lmp_call(uint64_t ep_caddr, uint64_t flags, uint64_t send_caddr,
                                     struct lmp_recv_msg *msg, uint64_t *recv_flags);

/// Gives the core to the dispatcher that `target` (a caddr of a Dispatcher or endpoint) names, or
/// to the next one if it is 0.
static inline errval_t sys_yield(uint64_t target)
{
    return syscall2(SYSCALL_YIELD, target, 0);
}

/// Puts the dispatcher to sleep until a message or `deadline` (0: none) comes. Only while disabled;
/// does not return but with SYS_ERR_ARGS if it is enabled.
static inline errval_t sys_suspend(systime_t deadline)
{
    return syscall2(SYSCALL_SUSPEND, deadline, 0);
}

/// Says something without the console's channel: early and last words. The trusted base's go to the
/// CPU driver; any other domain's to its spawnd, a bounded number of bytes in all (if/spawnd.h,
/// SPAWND_PRINT), the rest is left out. However long the text is, it is printed as a whole if it is
/// a report's length. Enabled or disabled. Errors: of the transport.
errval_t sys_print(const char *string, size_t length);

/// Has the CPU driver look at disp_shared()->tick now.
static inline void sys_tick(void)
{
    (void)syscall2(SYSCALL_TICK, 0, 0);
}

/// Has the CPU driver end the calls that hand the core over, each after a second at the latest
/// (SYSCALL_WATCH).
static inline void sys_watch(void)
{
    (void)syscall2(SYSCALL_WATCH, 0, 0);
}

/// Enters and leaves the CPU driver: the least that a system call can cost.
static inline errval_t sys_nop(void)
{
    return syscall2(SYSCALL_NOP, 0, 0);
}
