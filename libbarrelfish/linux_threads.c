// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// clone, futex and the end of a thread as Linux has them, as far as the C library's threads need
// them (barrelfish/linux_threads.h). A thread's end has two halves: the second runs on the
// dispatcher stack, because whoever sees *clear_tid become zero unmaps the thread's stack. Sources:
// man pages clone(2), futex(2), set_tid_address(2).

#include "barrelfish/linux_threads.h"

#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <sys/mman.h>
#include <time.h>

#include "dispatcher.h"

// <linux/futex.h> and <asm/prctl.h> belong to the Linux kernel's headers, which a domain does not
// see.
#define FUTEX_WAIT 0
#define FUTEX_WAKE 1
#define FUTEX_REQUEUE 3
#define FUTEX_WAIT_BITSET 9
#define FUTEX_WAKE_BITSET 10
#define FUTEX_PRIVATE_FLAG 0x80
#define FUTEX_CLOCK_REALTIME 0x100
#define ARCH_SET_FS 0x1002
#define ARCH_GET_FS 0x1003

#define WAIT_MAX_S 1000000000l ///< a longer wait ends early, which no caller will see

#define CLONE_FLAGS_NEEDED (CLONE_VM | CLONE_THREAD | CLONE_SETTLS)

// A thread to be used: the one that thread_create() has prepared, an ended one or a new one.
static struct thread *clone_thread(struct thread *self, unsigned long stack)
{
    struct thread *thread = self->clone_child;
    if (thread != NULL) {
        self->clone_child = NULL;
        thread->stack_low = stack - thread->stack_low;
        thread->stack_high = stack;
        return thread;
    }
    dispatcher_handle_t handle = disp_disable();
    thread = thread_ring_take(&disp_self()->dead_raw);
    disp_enable(handle);
    if (thread == NULL) {
        return thread_alloc();
    }
    if (thread->unmap_base != 0) {
        (void)munmap((void *)thread->unmap_base, thread->unmap_bytes);
        thread->unmap_base = 0;
    }
    thread->handler = NULL;
    thread->in_exception = false;
    thread->paused = false;
    thread->clear_tid = NULL;
    return thread;
}

long linux_clone(unsigned long flags, unsigned long stack, int *parent_tid, int *child_tid,
                 unsigned long tls)
{
    struct thread *self = thread_self();
    if ((flags & CLONE_FLAGS_NEEDED) != CLONE_FLAGS_NEEDED || stack == 0) {
        return -ENOSYS;
    }
    struct registers regs = *self->syscall_frame;
    struct thread *thread = clone_thread(self, stack);
    if (thread == NULL) {
        return -EAGAIN;
    }
    regs.rax = 0;
    regs.rsp = stack;
    regs.fs_base = tls;
    thread->regs = regs;
    thread->full_context = true;
    thread_prepare(thread);
    long id = (long)thread->id;
    if (flags & CLONE_PARENT_SETTID) {
        *parent_tid = (int)id;
    }
    if (flags & CLONE_CHILD_SETTID) {
        *child_tid = (int)id;
    }
    if (flags & CLONE_CHILD_CLEARTID) {
        thread->clear_tid = child_tid;
    }
    dispatcher_handle_t handle = disp_disable();
    thread_wake_disabled(thread);
    disp_enable(handle);
    return id;
}

// Wakes up to `count` waiters on `addr`.
static long futex_wake_disabled(struct dispatcher *disp, volatile uint32_t *addr, uint32_t count)
{
    long woken = 0;
    struct thread *thread = disp->futexes;
    struct thread *last = thread != NULL ? thread->prev : NULL;
    while (thread != NULL && woken < (long)count) {
        struct thread *next = thread == last ? NULL : thread->next;
        if (thread->futex == addr) {
            thread_ring_remove(thread);
            thread_wake_disabled(thread);
            woken++;
        }
        thread = next;
    }
    return woken;
}

// Makes up to `count` waiters on `from` wait on `to`.
static long futex_move_disabled(struct dispatcher *disp, volatile uint32_t *from,
                                volatile uint32_t *to, uint32_t count)
{
    long moved = 0;
    struct thread *thread = disp->futexes;
    for (struct thread *t = thread; t != NULL && moved < (long)count;) {
        if (t->futex == from) {
            t->futex = to;
            moved++;
        }
        t = t->next == thread ? NULL : t->next;
    }
    return moved;
}

static long futex_wait(volatile uint32_t *addr, uint32_t value, systime_t deadline)
{
    (void)*addr; // a fault here is the thread's; while disabled it would be the dispatcher's
    struct dispatcher *disp = (struct dispatcher *)disp_disable();
    long result = -EAGAIN;
    if (*addr == value) {
        disp->current->futex = addr;
        bool woken = thread_block_until_disabled(&disp->futexes, deadline);
        result = woken ? 0 : -ETIMEDOUT;
    }
    disp_enable((dispatcher_handle_t)disp);
    return result;
}

static systime_t deadline_of(const struct timespec *time, bool absolute)
{
    uint64_t seconds = (uint64_t)(time->tv_sec < WAIT_MAX_S ? time->tv_sec : WAIT_MAX_S);
    systime_t ticks = us_to_systime(seconds * 1000000 + (uint64_t)time->tv_nsec / 1000);
    systime_t now = systime_now();
    if (absolute) {
        return ticks;
    }
    return ticks > UINT64_MAX - now ? UINT64_MAX : now + ticks;
}

long linux_futex(uint32_t *addr, int op, uint32_t value, const void *timeout, uint32_t *addr2)
{
    int cmd = op & ~(FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME);
    if (cmd == FUTEX_WAIT || cmd == FUTEX_WAIT_BITSET) {
        systime_t deadline = timeout == NULL ? 0 : deadline_of(timeout, cmd == FUTEX_WAIT_BITSET);
        return futex_wait(addr, value, deadline);
    }
    if (cmd != FUTEX_WAKE && cmd != FUTEX_WAKE_BITSET && cmd != FUTEX_REQUEUE) {
        return -ENOSYS;
    }
    struct dispatcher *disp = (struct dispatcher *)disp_disable();
    long count = futex_wake_disabled(disp, addr, value);
    if (cmd == FUTEX_REQUEUE) {
        count += futex_move_disabled(disp, addr, addr2, (uint32_t)(uintptr_t)timeout);
    }
    disp_enable((dispatcher_handle_t)disp);
    return count;
}

void thread_end(struct dispatcher *disp)
{
    struct thread *thread = disp->current;
    disp->current = NULL;
    thread->state = THREAD_ENDED;
    if (thread->clear_tid != NULL) {
        *thread->clear_tid = 0;
        futex_wake_disabled(disp, (volatile uint32_t *)thread->clear_tid, 1);
    }
    if (!thread->created) {
        thread_ring_add(&disp->dead_raw, thread);
    } else if (thread->detached) {
        thread_ring_add(&disp->dead, thread);
    }
    dispatch_schedule(disp);
}

void linux_exit_thread(int status)
{
    (void)status;
    (void)disp_disable();
    context_leave(thread_end);
}

long linux_set_tid_address(int *child_tid)
{
    thread_self()->clear_tid = child_tid;
    return linux_gettid();
}

long linux_gettid(void)
{
    return (long)thread_self()->id;
}

long linux_arch_prctl(int code, unsigned long address)
{
    if (code == ARCH_SET_FS) {
        thread_set_tls((void *)address);
        return 0;
    }
    if (code == ARCH_GET_FS) {
        *(unsigned long *)address = (unsigned long)thread_get_tls();
        return 0;
    }
    return -EINVAL;
}

long linux_sched_yield(void)
{
    thread_yield();
    return 0;
}

bool linux_unmap_own_stack(uintptr_t base, size_t bytes)
{
    struct thread *self = thread_self();
    uintptr_t sp = self->syscall_frame->rsp;
    if (sp < base || sp - base > bytes) {
        return false;
    }
    self->unmap_base = base;
    self->unmap_bytes = bytes;
    return true;
}
