// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Dispatchers (kcb/dcb.h): how one leaves the core and comes back, and how it ends.

#pragma once

#include "kcb/dcb.h"

/// Set a new dispatcher up; the capabilities have been checked and are copied into its slots by the
/// caller.
void dispatcher_init(struct dcb *dcb, struct dispatcher_shared *shared, gensize_t frame_bytes,
                     lvaddr_t udisp, domainid_t domain_id, lpaddr_t pml4);

/// Save the current dispatcher's registers (kcb.regs) so that it can leave the core. It stays
/// runnable.
void dispatcher_save(struct dcb *dcb);

/// Watch the current dispatcher (SYSCALL_WATCH).
void dispatcher_watch(struct dcb *dcb);

/// The current dispatcher gives up the core until a message or the time `wakeup` (TSC; 0: for
/// ever). Its registers are forgotten.
void dispatcher_block(struct dcb *dcb, uint64_t wakeup);

/// The current dispatcher gives up the core until a message comes, and then continues after its
/// system call, which has succeeded, with rsp and none of its other registers.
void dispatcher_wait(struct dcb *dcb);

/// Enter the current dispatcher at one of its entry points, disabled, with up to two arguments
/// after rdi. Kills it if the entry point is no user address.
void dispatcher_upcall(struct dcb *dcb, lvaddr_t entry, uint64_t arg1, uint64_t arg2);

/// The slice of the current dispatcher is over, but no other waits: enter it at entry_run, if it
/// has asked for that (kpi/dispatcher.h, `tick`) and is enabled.
void dispatcher_tick(struct dcb *dcb);

/// Take a dispatcher off the core for good and tell its death endpoint why.
void dispatcher_kill(struct dcb *dcb, enum dispatcher_death cause, uint64_t address,
                     uint64_t error);

/// Try again to tell a dispatcher the oldest death and the oldest notification that it could not be
/// told for want of room, if dcb->untold: whenever it is in the CPU driver, and before it waits.
void dispatcher_tell_untold(struct dcb *dcb);

/// The dispatcher's memory goes: its death is told no more, and it is told nothing.
void dispatcher_forget_untold(struct dcb *dcb);

/// Tell a dispatcher what it and the core have (kpi/info.h), if it has a page for that. Constant
/// time.
void info_update(struct dcb *dcb);

/// Make `dcb` the current one: its address space, FPU access and registers (in kcb.regs).
/// kcb.current has been saved.
void dispatcher_switch(struct dcb *dcb);
