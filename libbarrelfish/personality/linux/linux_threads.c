// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// clone and futex as Linux has them, as far as the C library's threads need them
// (barrelfish/linux_threads.h). How a thread ends is in linux_thread_end.c. Sources: man pages
// clone(2), futex(2), set_tid_address(2), membarrier(2).

#include "barrelfish/linux_threads.h"

#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <time.h>

#include "barrelfish/vspace.h"
#include "cspace/mm.h"
#include "linux_thread.h"

// <linux/futex.h> and <asm/prctl.h> belong to the Linux kernel's headers, which a domain does not
// see.
#define FUTEX_WAIT 0
#define FUTEX_WAKE 1
#define FUTEX_REQUEUE 3
#define FUTEX_WAIT_BITSET 9
#define FUTEX_WAKE_BITSET 10
#define FUTEX_PRIVATE_FLAG 0x80
#define FUTEX_CLOCK_REALTIME 0x100
#define FUTEX_BITSET_ALL 0xffffffffu
#define ARCH_SET_FS 0x1002
#define ARCH_GET_FS 0x1003

#define WAIT_MAX_S 1000000000l ///< a longer wait ends early, which no caller will see

#define CLONE_FLAGS_NEEDED (CLONE_VM | CLONE_THREAD | CLONE_SETTLS)

struct list *linux_waits;

/// Where the region begins in which a stack lies; its guard page is a part of it.
static uintptr_t stack_base(uintptr_t stack)
{
    mm_enter();
    const struct vregion *region =
        vspace_get_region(get_current_vspace(), (const void *)(stack - 1));
    uintptr_t base = region != NULL ? vregion_get_base_addr(region) : stack;
    mm_leave();
    return base;
}

/// A thread to be used: the one that thread_create() has prepared, an ended one or a new one.
static struct thread *clone_thread(struct thread *self, unsigned long stack)
{
    struct thread *thread = self->clone_child;
    uintptr_t low = stack_base(stack);
    self->clone_child = NULL;
    if (thread == NULL)
        thread = thread_take();
    if (thread != NULL) {
        thread->stack_low = low;
        thread->stack_high = stack;
        linux_of(thread)->signal_mask = linux_of(self)->signal_mask;
    }
    return thread;
}

long linux_clone(unsigned long flags, unsigned long stack, int *parent_tid, int *child_tid,
                 unsigned long tls)
{
    struct thread *self = thread_self();
    if ((flags & CLONE_FLAGS_NEEDED) != CLONE_FLAGS_NEEDED || stack == 0)
        return -ENOSYS;
    if (((flags & CLONE_PARENT_SETTID) != 0 && !context_can_write(parent_tid)) ||
        ((flags & (CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID)) != 0 &&
         !context_can_write(child_tid)))
        return -EFAULT;
    struct registers regs = *self->syscall_frame;
    struct thread *thread = clone_thread(self, stack);
    if (thread == NULL)
        return -EAGAIN;
    regs.rax = 0;
    regs.rsp = stack;
    regs.fs_base = tls;
    thread->regs = regs;
    thread->full_context = true;
    thread_prepare(thread);
    long id = (long)thread->id;
    if (flags & CLONE_PARENT_SETTID)
        *parent_tid = (int)id;
    if (flags & CLONE_CHILD_SETTID)
        *child_tid = (int)id;
    if (flags & CLONE_CHILD_CLEARTID)
        linux_of(thread)->clear_tid = child_tid;
    dispatcher_handle_t handle = disp_disable();
    thread_wake_disabled(thread);
    disp_enable(handle);
    return id;
}

/// Wakes up to `count` waiters on `addr`.
long linux_futex_wake_disabled(volatile uint32_t *addr, uint32_t count)
{
    long woken = 0;
    struct list *next, *place = linux_waits, *last = place != NULL ? place->prev : NULL;
    for (; place != NULL && woken < (long)count; place = next) {
        struct thread *thread = thread_at(place);
        next = place == last ? NULL : place->next;
        if (linux_of(thread)->futex == addr) {
            thread_ring_remove(thread);
            thread_wake_disabled(thread);
            woken++;
        }
    }
    return woken;
}

/// Makes up to `count` waiters on `from` wait on `to`.
static long futex_move_disabled(volatile uint32_t *from, volatile uint32_t *to, uint32_t count)
{
    long moved = 0;
    for (struct list *place = linux_waits; place != NULL && moved < (long)count;) {
        struct linux_thread *waiter = linux_of(thread_at(place));
        if (waiter->futex == from) {
            waiter->futex = to;
            moved++;
        }
        place = place->next == linux_waits ? NULL : place->next;
    }
    return moved;
}

long linux_wait_disabled(volatile uint32_t *addr, systime_t deadline)
{
    struct dispatcher *disp = disp_self();
    struct thread *self = disp->current;
    if ((linux_of(self)->signal_pending & ~linux_of(self)->signal_mask) != 0)
        return -EINTR;
    linux_of(self)->futex = addr;
    linux_of(self)->interrupted = false;
    bool woken = thread_block_until_disabled(&linux_waits, deadline);
    return linux_of(self)->interrupted ? -EINTR : woken ? 0 : -ETIMEDOUT;
}

static long futex_wait(volatile uint32_t *addr, uint32_t value, systime_t deadline)
{
    dispatcher_handle_t handle = disp_disable();
    long result = *addr == value ? linux_wait_disabled(addr, deadline) : -EAGAIN;
    disp_enable(handle);
    return result;
}

systime_t linux_deadline(const struct timespec *time, bool absolute)
{
    uint64_t seconds = (uint64_t)(time->tv_sec < WAIT_MAX_S ? time->tv_sec : WAIT_MAX_S);
    systime_t ticks = us_to_systime(seconds * 1000000 + ((uint64_t)time->tv_nsec + 999) / 1000);
    systime_t now = systime_now();
    if (absolute)
        return ticks != 0 ? ticks : 1;
    return ticks > UINT64_MAX - now ? UINT64_MAX : now + ticks;
}

static long futex_wait_call(uint32_t *addr, int cmd, uint32_t value, const struct timespec *timeout)
{
    if (timeout == NULL)
        return futex_wait(addr, value, 0);
    struct timespec time = *timeout;
    if (time.tv_sec < 0 || time.tv_nsec < 0 || time.tv_nsec >= 1000000000l)
        return -EINVAL;
    return futex_wait(addr, value, linux_deadline(&time, cmd == FUTEX_WAIT_BITSET));
}

static long futex_wake_call(uint32_t *addr, int cmd, uint32_t value, uint32_t move, uint32_t *to)
{
    struct dispatcher *disp = (struct dispatcher *)disp_disable();
    long count = linux_futex_wake_disabled(addr, value);
    if (cmd == FUTEX_REQUEUE)
        count += futex_move_disabled(addr, to, move);
    disp_enable((dispatcher_handle_t)disp);
    return count;
}

long linux_futex(uint32_t *addr, int op, uint32_t value, const void *timeout, uint32_t *addr2,
                 uint32_t value3)
{
    int cmd = op & ~(FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME);
    bool waits = cmd == FUTEX_WAIT || cmd == FUTEX_WAIT_BITSET;
    bool bits = cmd == FUTEX_WAIT_BITSET || cmd == FUTEX_WAKE_BITSET;
    if (!waits && cmd != FUTEX_WAKE && cmd != FUTEX_WAKE_BITSET && cmd != FUTEX_REQUEUE)
        return -ENOSYS;
    if ((uintptr_t)addr % sizeof(*addr) != 0 || (bits && value3 == 0))
        return -EINVAL;
    if (bits && value3 != FUTEX_BITSET_ALL)
        return -ENOSYS;
    // Where nothing is mapped nobody waits; a fault while disabled would end the domain.
    if (waits && (!context_can_read(addr) || (timeout != NULL && !context_can_read(timeout))))
        return -EFAULT;
    return waits ? futex_wait_call(addr, cmd, value, timeout)
                 : futex_wake_call(addr, cmd, value, (uint32_t)(uintptr_t)timeout, addr2);
}

long linux_set_tid_address(int *child_tid)
{
    linux_of(thread_self())->clear_tid = child_tid;
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
        if (!context_can_write((void *)address))
            return -EFAULT;
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
