// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The end of a thread. It has two halves: the second runs on the dispatcher stack, because whoever
// sees *clear_tid become zero unmaps the thread's stack. A thread that nobody joins unmaps its own
// stack; it does so on one that is there for this, so that the memory is back at once and not with
// the next thread. Sources: man pages exit(2), pthread_exit(3).
// LX1 Who is on the stack for leaving owns it.

#include <assert.h>
#include <errno.h>
#include <sys/mman.h>

#include "barrelfish/linux_threads.h"
#include "barrelfish/vspace_common.h"
#include "cspace/mm.h"
#include "linux_thread.h"

#define LEAVE_AREA_BYTES 20480u // thread-local storage that nobody uses, and the stack above it

static struct {
    struct thread *owner; ///< who is on the stack, or about to be
    struct list *waiting; ///< ring of those who want it
    uint8_t *area;
    uintptr_t old_stack;
} leave;

/// The main thread's memory is the library's own and is not used again.
static bool used_again(const struct thread *thread)
{
    return (!thread->created || thread->detached) && thread->fpu_owned;
}

void thread_end(struct dispatcher *disp)
{
    struct thread *thread = disp->current;
    disp->current = NULL;
    thread->state = THREAD_ENDED;
    thread_list_remove(disp, thread);
    if (linux_of(thread)->clear_tid != NULL) {
        *linux_of(thread)->clear_tid = 0;
        linux_futex_wake_disabled((volatile uint32_t *)linux_of(thread)->clear_tid, 1);
    }
    if (used_again(thread))
        thread_ring_add(&disp->dead, thread);
    if (leave.owner == thread) {
        leave.owner = NULL;
        thread_wake_one_disabled(&leave.waiting);
    }
    dispatch_schedule(disp);
}

void linux_exit_thread(int status)
{
    (void)status;
    (void)disp_disable();
    context_leave(thread_end);
}

/// On the stack for this.
static void unmap_and_end(void *arg)
{
    (void)arg;
    assert(leave.owner == thread_self()); // LX1
    // The thread-local storage was beside the stack; nothing here uses any.
    *(void **)leave.area = leave.area;
    thread_set_tls(leave.area);
    (void)vspace_unmap((const void *)leave.old_stack);
    linux_exit_thread(0);
}

/// True when the stack for leaving is there and the caller's.
static bool take_stack(void)
{
    dispatcher_handle_t handle = disp_disable();
    while (leave.owner != NULL)
        thread_block_disabled(&leave.waiting);
    leave.owner = thread_self();
    disp_enable(handle);
    if (leave.area == NULL) {
        void *area;
        if (err_is_fail(vspace_map_anon_attr(&area, NULL, NULL, LEAVE_AREA_BYTES, NULL,
                                             VREGION_FLAGS_READ_WRITE)))
            return false; // the stack is lost, but the thread ends
        leave.area = area;
    }
    return true;
}

long linux_unmap_own_stack(uintptr_t base, size_t bytes)
{
    uintptr_t sp = thread_self()->syscall_frame->rsp;
    if (sp < base || sp - base > bytes)
        return 0;
    mm_enter();
    const struct vregion *region = vspace_get_region(get_current_vspace(), (const void *)base);
    bool whole = region != NULL && vregion_get_base_addr(region) == base &&
                 vregion_get_size(region) == bytes;
    mm_leave();
    if (!whole)
        return -EINVAL;
    if (take_stack()) {
        leave.old_stack = base;
        context_move((uintptr_t)leave.area + LEAVE_AREA_BYTES, unmap_and_end, NULL);
    }
    linux_exit_thread(0);
}
