// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Signals within one domain: to its own threads, by kill() and the like, by timers and by faults.
// What they do is Linux's, but for four things:
//   - no other domain can be sent one: there are no other processes to be seen (ESRCH);
//   - nothing can be stopped: SIGSTOP, SIGTSTP, SIGTTIN and SIGTTOU without a handler are ENOSYS;
//   - of the real-time signals there are those that the C library itself uses for cancelling;
//     they are not queued, and sigqueue(), timer_create() and sigaltstack() are ENOSYS;
//   - a thread that waits in a call of Stave's own (event_dispatch(), ...) handles its signals when
//     it next makes a call of the C library's that enters the system, or is preempted.
#pragma once

#include "linux_thread.h"

/// Ends the domain as a signal that nobody handles does.
void linux_signal_fatal(int signal) __attribute__((noreturn));

/// Handles what is pending for the calling thread. `regs`: where it goes on; handlers may change
/// them. True if one ran that does not want an interrupted call to be made again.
bool linux_signals_handle(struct registers *regs);

/// Sends a signal to the domain, from a timer's function: on the dispatcher stack, disabled.
void linux_signal_raise_disabled(int signal);

/// Called by signal_entry.S only, and where that is.
void linux_signal_interrupted(uint8_t *fpu) __attribute__((noreturn));
extern char context_entry_signal[];
