// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Threads. thread_create() is built upon the C library's pthread_create(), and that, through
// clone() and futex() of linux_threads.c, upon the rings below. The other way, to lay out the C
// library's thread-local storage here with its hidden __copy_tls(), would rest on the layout of its
// private struct pthread (number, locale, list of threads) and of its lock flags, which differ from
// release to release; this one uses published interfaces only, and programs that use pthread_ work
// as they are. All threads run on one dispatcher; what is atomic among them is done disabled.

#include "dispatcher.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "barrelfish/syscalls.h"

#define FPU_AREA_ALIGN 64u

void thread_wake_disabled(struct thread *thread)
{
    struct dispatcher *disp = disp_self();
    thread->state = THREAD_RUNNABLE;
    if (thread->looked_for) {
        assert(disp->looked_for > 0); // DI5
        thread->looked_for = false;
        disp->looked_for--;
    }
    if (thread->paused)
        return;
    thread_ring_add(&disp->run_queue, thread);
    if (disp->current != NULL)
        dispatch_want_tick(disp);
}

struct thread *thread_wake_one_disabled(struct list **queue)
{
    struct thread *thread = thread_ring_take(queue);
    if (thread != NULL)
        thread_wake_disabled(thread);
    return thread;
}

void thread_look_disabled(struct thread *thread)
{
    if (!thread->looked_for) {
        thread->looked_for = true;
        disp_self()->looked_for++;
    }
}

void thread_block_disabled(struct list **queue)
{
    struct thread *thread = disp_self()->current;
    thread->state = THREAD_BLOCKED;
    thread_ring_add(queue, thread);
    context_block(thread);
}

/// A deadline of a thread that waits on a ring.
struct thread_timer {
    struct deferred_event event;
    struct thread *thread;
};

static void timed_out_disabled(struct deferred_event *event)
{
    struct thread *thread = ((struct thread_timer *)event)->thread;
    if (thread->state == THREAD_BLOCKED) {
        thread->timed_out = true;
        thread_ring_remove(thread);
        thread_wake_disabled(thread);
    }
}

/// Out of line, because most waits have no limit and need no room for a timer.
static __attribute__((noinline)) bool block_with_timer(struct list **queue, systime_t deadline)
{
    struct dispatcher *disp = disp_self();
    struct thread *thread = disp->current;
    struct thread_timer timer = {{.expired = timed_out_disabled, .time = deadline}, thread};
    thread->timed_out = false;
    deferred_insert_disabled(disp, &timer.event);
    thread_look_disabled(thread);
    thread_block_disabled(queue);
    deferred_remove_disabled(disp, &timer.event);
    return !thread->timed_out;
}

bool thread_block_until_disabled(struct list **queue, systime_t deadline)
{
    if (deadline != 0)
        return block_with_timer(queue, deadline);
    thread_block_disabled(queue);
    return true;
}

struct thread *thread_self(void)
{
    struct thread *thread;
    __asm__ volatile("movq %%gs:%c1, %0" : "=r"(thread) : "i"(DISP_CURRENT));
    return thread;
}

void thread_yield(void)
{
    thread_yield_dispatcher(0);
}

void thread_yield_dispatcher(uint64_t target)
{
    bool was_enabled;
    struct dispatcher *disp = (struct dispatcher *)disp_try_disable(&was_enabled);
    dispatch_poll(disp);
    if (disp->run_queue == NULL || target != 0) {
        // Only a hint: if it is refused the caller goes on.
        (void)sys_yield(target);
        dispatch_poll(disp);
    }
    if (was_enabled) {
        if (disp->run_queue != NULL) {
            thread_ring_add(&disp->run_queue, disp->current);
            context_block(disp->current);
        }
        disp_enable((dispatcher_handle_t)disp);
    }
}

void thread_pause(struct thread *thread)
{
    dispatcher_handle_t handle = disp_disable();
    if (!thread->paused && thread->state == THREAD_RUNNABLE && thread->queue != NULL)
        thread_ring_remove(thread);
    thread->paused = true;
    disp_enable(handle);
}

void thread_resume(struct thread *thread)
{
    struct dispatcher *disp = (struct dispatcher *)disp_disable();
    bool was_paused = thread->paused;
    thread->paused = false;
    if (was_paused && thread->state == THREAD_RUNNABLE && thread != disp->current) {
        thread_ring_add(&disp->run_queue, thread);
        dispatch_want_tick(disp);
    }
    disp_enable((dispatcher_handle_t)disp);
}

uintptr_t thread_get_id(struct thread *t)
{
    return t->id;
}

void *thread_get_tls(void)
{
    void *base;
    __asm__ volatile("rdfsbase %0" : "=r"(base));
    return base;
}

void thread_set_tls(void *ptr)
{
    __asm__ volatile("wrfsbase %0" : : "r"(ptr) : "memory");
}

/// The FPU's initial state: all components are marked initial; MXCSR alone is read from the area.
void fpu_area_init(uint8_t *area, uint32_t bytes)
{
    memset(area, 0, bytes);
    *(uint32_t *)(area + XSAVE_MXCSR) = MXCSR_DEFAULT;
}

struct thread *thread_alloc(void)
{
    uint32_t bytes = disp_shared()->xsave_bytes;
    bytes = (bytes + FPU_AREA_ALIGN - 1) / FPU_AREA_ALIGN * FPU_AREA_ALIGN;
    struct thread *thread = calloc(1, sizeof(*thread));
    if (thread == NULL)
        return NULL;
    thread->fpu = aligned_alloc(FPU_AREA_ALIGN, bytes);
    if (thread->fpu == NULL) {
        free(thread);
        return NULL;
    }
    thread->fpu_owned = true;
    return thread;
}

struct thread *thread_take(void)
{
    dispatcher_handle_t handle = disp_disable();
    struct thread *thread = thread_ring_take(&disp_self()->dead);
    disp_enable(handle);
    if (thread == NULL)
        return thread_alloc();
    uint8_t *fpu = thread->fpu;
    free(thread->handler_stack_owned);
    memset(thread, 0, sizeof(*thread));
    thread->fpu = fpu;
    thread->fpu_owned = true;
    return thread;
}

void thread_prepare(struct thread *thread)
{
    struct dispatcher *disp = disp_self();
    fpu_area_init(thread->fpu, disp->shared.xsave_bytes);
    bool was_enabled;
    dispatcher_handle_t handle = disp_try_disable(&was_enabled);
    thread->id = ++disp->last_thread_id;
    thread_list_add(disp, thread);
    if (was_enabled)
        disp_enable(handle);
}

static void thread_free(struct thread *thread)
{
    free(thread->handler_stack_owned);
    free(thread->fpu);
    free(thread);
}

static void *thread_main(void *arg)
{
    struct thread *thread = arg;
    thread->status = thread->start(thread->start_arg);
    return NULL;
}

struct thread *thread_create(thread_func_t start_func, void *data)
{
    return thread_create_varstack(start_func, data, THREADS_DEFAULT_STACK_BYTES);
}

struct thread *thread_create_varstack(thread_func_t start_func, void *arg, size_t stacksize)
{
    struct thread *thread = thread_take();
    if (thread == NULL)
        return NULL;
    thread->created = true;
    thread->start = start_func;
    thread->start_arg = arg;
    pthread_attr_t attr;
    pthread_attr_init(&attr);
    size_t least = PTHREAD_STACK_MIN;
    size_t bytes = page_round_up(stacksize > least ? stacksize : least);
    thread_self()->clone_child = thread;
    bool failed = pthread_attr_setstacksize(&attr, bytes) != 0 ||
                  pthread_create(&thread->pthread, &attr, thread_main, thread) != 0;
    thread_self()->clone_child = NULL;
    pthread_attr_destroy(&attr);
    if (failed) {
        thread_free(thread);
        return NULL;
    }
    return thread;
}

void thread_exit(int status)
{
    thread_self()->status = status;
    pthread_exit(NULL);
}

errval_t thread_join(struct thread *thread, int *retval)
{
    dispatcher_handle_t handle = disp_disable();
    bool joinable = thread->created && !thread->detached && !thread->joining;
    joinable = joinable && thread != thread_self();
    thread->joining = thread->joining || joinable;
    disp_enable(handle);
    if (!joinable)
        return LIB_ERR_THREAD_JOIN;
    if (pthread_join(thread->pthread, NULL) != 0)
        return LIB_ERR_THREAD_JOIN;
    if (retval != NULL)
        *retval = thread->status;
    thread_free(thread);
    return SYS_ERR_OK;
}

errval_t thread_detach(struct thread *thread)
{
    dispatcher_handle_t handle = disp_disable();
    bool detachable = thread->created && !thread->detached && !thread->joining;
    // From now on it may end and be used again at any time, but for its C library's part.
    pthread_t pthread = thread->pthread;
    thread->detached = thread->detached || detachable;
    if (detachable && thread->state == THREAD_ENDED)
        thread_ring_add(&disp_self()->dead, thread);
    disp_enable(handle);
    if (!detachable)
        return LIB_ERR_THREAD_JOIN;
    return pthread_detach(pthread) == 0 ? (errval_t)SYS_ERR_OK : LIB_ERR_THREAD_JOIN;
}
