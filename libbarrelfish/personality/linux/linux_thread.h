// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What the personality knows of each thread: it lies in the struct thread, zero at first. And the
// waits that signals end.
// LX2 A thread runs linux_signal_interrupted() only if it is `diverted`.
#pragma once

#include "dispatch/dispatcher.h"

struct linux_thread {
    int *clear_tid;           ///< zeroed, and a futex woken there, at the end
    volatile uint32_t *futex; ///< what it waits on, while on the ring `linux_waits`
    void *robust_list;        ///< as set_robust_list() was told
    uint64_t signal_mask, signal_pending;
    uint64_t signal_wanted; ///< what it waits for although it may be masked
    bool in_call;           ///< in linux_syscall(): signals wait for its end
    bool interrupted;       ///< by a signal: its wait on the ring `linux_waits`
    bool diverted;          ///< to context_entry_signal; diverted_from is where it goes on
    struct registers diverted_from;
};
_Static_assert(sizeof(struct linux_thread) <= PERSONALITY_WORDS * sizeof(uint64_t),
               "it lies there");

static inline struct linux_thread *linux_of(const struct thread *thread)
{
    return (struct linux_thread *)thread->personality;
}

/// Ring of threads in waits that signals end: linux_futex(), sleeps.
extern struct list *linux_waits;

extern const struct personality linux_personality;

/// The second half of a thread's end, on the dispatcher stack.
void thread_end(struct dispatcher *disp) __attribute__((noreturn));

/// Wakes up to `count` threads that wait on `addr`, and tells how many.
long linux_futex_wake_disabled(volatile uint32_t *addr, uint32_t count);

/// Blocks the caller until a time (0: none). Negative errno values: -ETIMEDOUT, or -EINTR: a signal
/// came. 0 if somebody woke it.
long linux_wait_disabled(volatile uint32_t *addr, systime_t deadline);
