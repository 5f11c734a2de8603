// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Threads in the test's hand, beneath the library's own waitsets: one runs at a time, until it waits;
// then those that can run do, in turn. Time is a number that grows by one each time that somebody
// looks at it, by some when a thread yields, and to the next deadline when all wait for what does not
// come. When there is no deadline either the test fails: somebody would wait for ever.
#pragma once

#include "barrelfish/threads.h"
#include "barrelfish/waitset.h"

#define FIBERS_MAX 200u
#define FIBERS_US 10u ///< ticks of a microsecond

/// Begins anew, with the caller as the only thread.
void fibers_start(void);
void fibers_end(void);

/// Makes a thread, which runs when others wait.
struct thread *fiber_make(void (*run)(void *arg), void *arg);
bool fiber_ended(const struct thread *thread);

/// Runs the others until all but the caller have ended.
void fibers_join(void);

/// Dispatches events of `ws` until none is left, with all that others do meanwhile. Returns how many;
/// fails when it is more than `most`.
unsigned fibers_dispatch(struct waitset *ws, unsigned most);

/// Lets time pass, in microseconds.
void fibers_sleep(delayus_t us);

/// The thread that is current from now on, in place of the caller, without a switch.
struct thread *fibers_pretend(struct thread *thread);
