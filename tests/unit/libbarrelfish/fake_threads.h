// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The C library's threads, made of the dispatcher's own as linux_threads.c would have them, and a CPU
// driver that takes the core away from one.
#pragma once

#include "fake_kernel.h"

#define FAKE_THREADS 16u

struct fake_threads {
    bool run;             ///< those that are made; else they are kept, and their own to free
    int error;            ///< with which the next call is refused, or 0
    size_t stack;         ///< the bytes that were last asked for
    unsigned allocations; ///< the one of calloc() or aligned_alloc() that fails, or 0
    unsigned detached;    ///< calls of pthread_detach()
};

extern struct fake_threads fake_threads;

/// Forgets all threads; those made from now on run.
void fake_threads_start(void);

/// The core is taken away from the caller and given back, when nothing is left of any register but
/// those of the FPU, by an upcall.
void fake_preempt(void);
