// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What linux_signal.c and the calls upon it share. A set of signals has bit s - 1 for signal s.
// LX3 A signal has a number from 1 on, less than LINUX_SIGNALS.
#pragma once

#include "linux_thread.h"

#include <signal.h>

#define LINUX_SIGNALS 65   ///< their numbers are less
#define LINUX_SIGCANCEL 33 ///< of musl, for pthread_cancel()
#define LINUX_SIGNALS_KNOWN 31

/// As the system call has it, not the C library.
struct linux_action {
    uintptr_t handler; ///< SIG_DFL, SIG_IGN or a function
    unsigned long flags;
    void (*restorer)(void);
    uint64_t mask;
};
_Static_assert(sizeof(struct linux_action) == 32, "rt_sigaction(2)");

#define LINUX_DEFAULT ((uintptr_t)SIG_DFL)
#define LINUX_IGNORED ((uintptr_t)SIG_IGN)

enum linux_disposition { LINUX_IGNORE, LINUX_HANDLE, LINUX_FATAL, LINUX_STOP };

extern struct linux_action linux_actions[LINUX_SIGNALS];
extern uint64_t linux_signals_pending; ///< for the domain, as all threads mask them

static inline uint64_t linux_signal_bit(int signal)
{
    return 1ul << (signal - 1);
}

enum linux_disposition linux_disposition(int signal);

/// Sends a signal to a thread, or to the domain. Disabled. 0 or -ENOSYS.
long linux_signal_thread_disabled(struct dispatcher *disp, struct thread *thread, int signal);
long linux_signal_domain_disabled(struct dispatcher *disp, int signal);

/// Takes the first pending signal out of a set; 0: there is none.
int linux_signal_take(uint64_t set);

/// See struct personality.
bool linux_signal_fault_wanted(const struct thread *thread, uint64_t vector);
void linux_signal_fault(struct registers *regs, uint64_t vector, uint64_t address);
