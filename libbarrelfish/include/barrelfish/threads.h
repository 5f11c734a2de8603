// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// User-level threads of one dispatcher, preemptive, round robin, and what they synchronise with.
// Threads are also the C library's (see threads.c), so that errno, __thread, stdio and pthread_
// calls work in each. Unless it is said otherwise: callable from any thread, enabled, never from a
// poll function.

#pragma once

#include "barrelfish/types.h"
#include "kpi/list.h"

struct thread;

typedef int (*thread_func_t)(void *arg);

#define THREADS_DEFAULT_STACK_BYTES (64 * 1024)

/// Starts a thread at start_func(data). NULL: no memory. Its status is what start_func returns.
struct thread *thread_create(thread_func_t start_func, void *data);

/// As thread_create(), with a stack of at least `stacksize` bytes and a guard page below it.
struct thread *thread_create_varstack(thread_func_t start_func, void *arg, size_t stacksize);

struct thread *thread_self(void);

/// Lets other runnable threads run; if there is none, another dispatcher.
void thread_yield(void);

/// Lets other runnable threads run, or the dispatcher of the endpoint at `target` (caddr).
void thread_yield_dispatcher(uint64_t target);

void thread_exit(int status) __attribute__((noreturn));

/// Waits for the end of a thread made by thread_create(), once; it must not be detached. *retval
/// (may be NULL) is its status. LIB_ERR_THREAD_JOIN.
errval_t thread_join(struct thread *thread, int *retval);

/// Lets the thread's memory be reclaimed when it ends. LIB_ERR_THREAD_JOIN: joined or detached.
errval_t thread_detach(struct thread *thread);

/// Unique among the threads of the domain; the main thread's is 1.
uintptr_t thread_get_id(struct thread *t);

/// The FS base, which the C library uses for thread-local storage.
void *thread_get_tls(void);
void thread_set_tls(void *ptr);

/// Keeps a thread, not the caller, from running until thread_resume(); it may be blocked.
void thread_pause(struct thread *thread);
void thread_resume(struct thread *thread);

/// Private to thread_sync.c; visible for allocation.
struct thread_mutex {
    struct thread *owner;
    struct list *queue; ///< ring of those that wait
    uint32_t depth;
};

struct thread_cond {
    struct list *queue;
};

struct thread_sem {
    struct list *queue;
    unsigned int value;
};

typedef struct thread_once_state {
    struct thread_mutex mutex;
    bool done;
} thread_once_t;

#define THREAD_MUTEX_INITIALIZER                                                                   \
    {                                                                                              \
        NULL, NULL, 0                                                                              \
    }
#define THREAD_COND_INITIALIZER                                                                    \
    {                                                                                              \
        NULL                                                                                       \
    }
#define THREAD_SEM_INITIALIZER                                                                     \
    {                                                                                              \
        NULL, 0                                                                                    \
    }
#define THREAD_ONCE_INIT                                                                           \
    {                                                                                              \
        THREAD_MUTEX_INITIALIZER, false                                                            \
    }

void thread_mutex_init(struct thread_mutex *mutex);

/// Waiters get the mutex in the order in which they came. Locking one's own mutex again is a
/// deadlock; thread_mutex_lock_nested() allows it.
void thread_mutex_lock(struct thread_mutex *mutex);
void thread_mutex_lock_nested(struct thread_mutex *mutex);
bool thread_mutex_trylock(struct thread_mutex *mutex);

/// By the owner only.
void thread_mutex_unlock(struct thread_mutex *mutex);

void thread_cond_init(struct thread_cond *cond);
void thread_cond_signal(struct thread_cond *cond);
void thread_cond_broadcast(struct thread_cond *cond);

/// Unlocks `mutex`, waits for a signal, locks it again. No wake-up is spurious.
void thread_cond_wait(struct thread_cond *cond, struct thread_mutex *mutex);

void thread_sem_init(struct thread_sem *sem, unsigned int value);
void thread_sem_wait(struct thread_sem *sem);

/// As thread_sem_wait(), until a time at the latest (0: for ever); false if it came.
bool thread_sem_wait_until(struct thread_sem *sem, systime_t deadline);
bool thread_sem_trywait(struct thread_sem *sem);
void thread_sem_post(struct thread_sem *sem);

/// Runs `func` once for `control`; all callers return after it has run.
void thread_once(thread_once_t *control, void (*func)(void));
