// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// A domain around the Linux personality: a dispatcher with three threads, of which one runs, memory
// with holes, and a console. Who blocks lets the test act as the others. Each test runs in a process
// of its own.
#pragma once

#include "barrelfish/info.h"
#include "personality/linux/linux.h"
#include "personality/linux/linux_signal_state.h"

#include <errno.h>
#include <setjmp.h>
#include <testlib/testlib.h>

#define FAKE_THREADS 3u
#define FAKE_DOMAIN (2u << 16 | 77)
#define FAKE_CORE 17u
#define FAKE_TSC_PER_MS 2000000ul
#define FAKE_MEMORY 123456 ///< what calls for memory return

struct fake {
    struct dispatcher *disp;
    struct thread threads[FAKE_THREADS];
    struct registers frames[FAKE_THREADS];
    void (*on_block)(systime_t deadline); ///< what the others do while a thread blocks
    unsigned blocks, wakes, yields, ticks, prepared, posts;
    systime_t deadline;
    struct thread *woken;
    bool no_thread;              ///< thread_take() finds none
    struct thread *ended_thread; ///< fault_end_disabled()
    void (*ended_run)(void *arg);
    void *ended_arg;
    void *tls;
    jmp_buf leave; ///< where what does not return goes
    enum { FAKE_EXIT = 1, FAKE_SCHEDULE, FAKE_RESUME, FAKE_NO_WORK } left;
    int status;
    struct registers resumed;
    uintptr_t moved_to;
    char written[8192];
    size_t written_bytes, write_most;
    struct info_kernel kernel;
    struct info_memory memory;
    errval_t info_error;
    errval_t monitor_error;
    thread_func_t reader; ///< the thread that reads ahead
    unsigned readers;
    bool no_reader;
    unsigned inserts, removes;
    struct vregion *region;
    unsigned unmaps;
    errval_t map_error;
    int mm_depth;
};
extern struct fake fake;

/// A page that cannot be touched, behind one that can, and one that can only be read.
extern char *fake_page, *fake_hole, *fake_readonly;

#define LINUX_TEST(name) TEST_ISOLATED_BETWEEN(name, fake_start, fake_end)

void fake_start(void);
/// The dispatcher is enabled, and memory management free.
void fake_end(void);

/// A system call, with any arguments.
#define CALL(function, ...) function((const long[6]){__VA_ARGS__})
#define P(...) ((long)(uintptr_t)(__VA_ARGS__))

/// Whether what is run leaves in a certain way instead of returning.
#define LEAVES(how, run)                                                                           \
    do {                                                                                           \
        fake.left = 0;                                                                             \
        if (setjmp(fake.leave) == 0)                                                               \
            run;                                                                                   \
        CU_ASSERT_EQUAL(fake.left, how);                                                           \
        fake.disp->shared.disabled = 0;                                                            \
    } while (0)
