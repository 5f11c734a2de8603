// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// See fake_domain.h. In the place of threads.c, upcall.c, the context switch and what is above them.
#include "fake_domain.h"

#include "barrelfish/domain.h"
#include "barrelfish/info.h"
#include "barrelfish/monitor_client.h"
#include "barrelfish/terminal.h"
#include "barrelfish/vspace_common.h"
#include "cspace/mm.h"

#include <asm/prctl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

struct fake fake;
char *fake_page, *fake_hole, *fake_readonly;
char context_entry_signal[1], context_entry_syscall[1];
static _Alignas(4096) uint8_t frame[DISPATCHER_FRAME_BYTES];

void fake_start(void)
{
    memset(&fake, 0, sizeof(fake));
    memset(frame, 0, sizeof(frame));
    fake.disp = (struct dispatcher *)frame;
    fake.disp->shared.udisp = (uint64_t)frame;
    fake.disp->shared.core_id = FAKE_CORE;
    fake.disp->shared.domain_id = FAKE_DOMAIN;
    fake.disp->shared.tsc_per_ms = FAKE_TSC_PER_MS;
    fake.disp->shared.xsave_mask = 7;
    for (unsigned i = FAKE_THREADS; i-- > 0;) {
        fake.threads[i].id = i + 1;
        fake.threads[i].syscall_frame = &fake.frames[i];
        thread_list_add(fake.disp, &fake.threads[i]);
    }
    fake.disp->current = &fake.threads[0];
    fake.write_most = SIZE_MAX;
    CU_ASSERT_EQUAL_FATAL(syscall(SYS_arch_prctl, ARCH_SET_GS, frame), 0);
    fake_page =
        mmap(NULL, 6 * BASE_PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CU_ASSERT_FATAL(fake_page != MAP_FAILED);
    fake_hole = fake_page + 3 * BASE_PAGE_SIZE;
    fake_readonly = fake_hole + BASE_PAGE_SIZE;
    CU_ASSERT_EQUAL_FATAL(mprotect(fake_hole, BASE_PAGE_SIZE, PROT_NONE), 0);
    CU_ASSERT_EQUAL_FATAL(mprotect(fake_readonly, BASE_PAGE_SIZE, PROT_READ), 0);
}

void fake_end(void)
{
    CU_ASSERT_EQUAL(fake.disp->shared.disabled, 0);
    CU_ASSERT_EQUAL(fake.mm_depth, 0);
}

static bool in_page(const void *address, const char *page)
{
    return (uintptr_t)address - (uintptr_t)page < BASE_PAGE_SIZE;
}

bool context_can_read(const void *address)
{
    uintptr_t at = (uintptr_t)address;
    return at >= BASE_PAGE_SIZE && at < 1ul << 47 && !in_page(address, fake_hole);
}

bool context_can_write(void *address)
{
    return context_can_read(address) && !in_page(address, fake_readonly);
}

__attribute__((noreturn)) static void leave(int how)
{
    fake.left = how;
    longjmp(fake.leave, 1);
}

void domain_exit(int status)
{
    fake.status = status;
    leave(FAKE_EXIT);
}

void dispatch_schedule(struct dispatcher *disp)
{
    CU_ASSERT_PTR_EQUAL(disp, fake.disp);
    leave(FAKE_SCHEDULE);
}

void context_resume(const struct registers *regs, const uint8_t *fpu, uint64_t xsave_mask)
{
    CU_ASSERT_TRUE(xsave_mask == 7 && fpu != NULL && fake.disp->shared.disabled != 0);
    fake.resumed = *regs;
    leave(FAKE_RESUME);
}

void context_leave(void (*func)(struct dispatcher *disp))
{
    CU_ASSERT_NOT_EQUAL(fake.disp->shared.disabled, 0);
    func(fake.disp);
    leave(0);
}

void context_move(uintptr_t stack_top, void (*func)(void *arg), void *arg)
{
    fake.moved_to = stack_top;
    func(arg);
    leave(0);
}

// Threads.

struct thread *thread_self(void)
{
    return fake.disp->current;
}

void thread_wake_disabled(struct thread *thread)
{
    CU_ASSERT_TRUE(thread->queue == NULL && fake.disp->shared.disabled != 0);
    thread->state = THREAD_RUNNABLE;
    fake.wakes++;
    fake.woken = thread;
}

struct thread *thread_wake_one_disabled(struct list **queue)
{
    struct thread *thread = thread_ring_take(queue);
    if (thread != NULL)
        thread_wake_disabled(thread);
    return thread;
}

bool thread_block_until_disabled(struct list **queue, systime_t deadline)
{
    struct thread *self = fake.disp->current;
    CU_ASSERT_NOT_EQUAL(fake.disp->shared.disabled, 0);
    fake.blocks++;
    fake.deadline = deadline;
    thread_ring_add(queue, self);
    fake.disp->current = &fake.threads[FAKE_THREADS - 1];
    if (fake.on_block != NULL)
        fake.on_block(deadline);
    fake.disp->current = self;
    bool woken = self->queue == NULL;
    if (!woken)
        thread_ring_remove(self);
    CU_ASSERT_TRUE(woken || deadline != 0); // else it would wait for ever
    return woken;
}

void thread_block_disabled(struct list **queue)
{
    (void)thread_block_until_disabled(queue, 0);
}

struct thread *thread_take(void)
{
    static struct thread taken;
    memset(&taken, 0, sizeof(taken));
    return fake.no_thread ? NULL : &taken;
}

void thread_prepare(struct thread *thread)
{
    thread->id = 50 + fake.prepared++;
}

void thread_list_remove(struct dispatcher *disp, struct thread *thread)
{
    struct thread **link = &disp->all;
    while (*link != thread)
        link = &(*link)->all_next;
    *link = thread->all_next;
}

void thread_yield(void)
{
    fake.yields++;
}

void *thread_get_tls(void)
{
    return fake.tls;
}

void thread_set_tls(void *ptr)
{
    fake.tls = ptr;
}

struct thread *thread_create_varstack(thread_func_t start_func, void *arg, size_t stacksize)
{
    CU_ASSERT_TRUE(arg == NULL && stacksize >= 16384);
    fake.reader = start_func;
    if (!fake.no_reader)
        fake.readers++;
    return fake.no_reader ? NULL : &fake.threads[1];
}

void thread_be_service(struct waitset *ws)
{
    CU_ASSERT_PTR_NULL(ws);
    fake.threads[1].service = true;
}

void thread_sem_post(struct thread_sem *sem)
{
    sem->value++;
    fake.posts++;
}

void thread_sem_wait(struct thread_sem *sem)
{
    if (sem->value == 0)
        leave(FAKE_NO_WORK);
    sem->value--;
}

void fault_end_disabled(struct thread *thread, void (*end)(void *arg), void *arg)
{
    fake.ended_thread = thread;
    fake.ended_run = end;
    fake.ended_arg = arg;
}

void dispatch_want_tick(struct dispatcher *disp)
{
    CU_ASSERT_PTR_EQUAL(disp, fake.disp);
    fake.ticks++;
}

void deferred_insert_disabled(struct dispatcher *disp, struct deferred_event *event)
{
    CU_ASSERT_TRUE(disp->shared.disabled != 0 && !list_is_in(&event->place));
    ring_add(&disp->timers, &event->place);
    fake.inserts++;
}

void deferred_remove_disabled(struct dispatcher *disp, struct deferred_event *event)
{
    CU_ASSERT_TRUE(disp->shared.disabled != 0 && list_is_in(&event->place));
    ring_remove(&disp->timers, &event->place);
    fake.removes++;
}

// What is above.

errval_t info_read_kernel(struct info_kernel *ret)
{
    if (err_is_ok(fake.info_error))
        *ret = fake.kernel;
    return fake.info_error;
}

errval_t info_read_memory(struct info_memory *ret)
{
    if (err_is_ok(fake.info_error))
        *ret = fake.memory;
    return fake.info_error;
}

errval_t monitor_get_core_status(coreid_t core, struct monitor_core_status *status)
{
    CU_ASSERT_EQUAL(core, FAKE_CORE);
    if (err_is_ok(fake.monitor_error))
        status->node = 6;
    return fake.monitor_error;
}

size_t terminal_write(const char *data, size_t length)
{
    size_t most = length < fake.write_most ? length : fake.write_most;
    CU_ASSERT_FATAL(most <= sizeof(fake.written) - fake.written_bytes);
    memcpy(fake.written + fake.written_bytes, data, most);
    fake.written_bytes += most;
    return most;
}

void mm_enter(void)
{
    fake.mm_depth++;
}

void mm_leave(void)
{
    fake.mm_depth--;
}

struct vspace *get_current_vspace(void)
{
    return NULL;
}

struct vregion *vspace_get_region(struct vspace *vspace, const void *addr)
{
    (void)vspace;
    CU_ASSERT_EQUAL(fake.mm_depth, 1);
    struct vregion *region = fake.region;
    bool inside = region != NULL && (genvaddr_t)addr - region->node.base < region->node.bytes;
    return inside ? region : NULL;
}

errval_t vspace_map_anon_attr(void **retaddr, struct memobj **ret_memobj,
                              struct vregion **ret_vregion, size_t size, size_t *retsize,
                              vregion_flags_t flags)
{
    static _Alignas(4096) char area[65536];
    CU_ASSERT_TRUE(ret_memobj == NULL && ret_vregion == NULL && retsize == NULL);
    CU_ASSERT_TRUE(size <= sizeof(area) && flags == VREGION_FLAGS_READ_WRITE);
    if (err_is_ok(fake.map_error))
        *retaddr = area;
    return fake.map_error;
}

errval_t vspace_unmap(const void *buf)
{
    CU_ASSERT_EQUAL((genvaddr_t)buf, fake.region->node.base);
    fake.unmaps++;
    return SYS_ERR_OK;
}

// Memory: tests/unit/libos_machine has it.

#define NO_MEMORY(name)                                                                            \
    long name(const long args[6])                                                                  \
    {                                                                                              \
        (void)args;                                                                                \
        return FAKE_MEMORY;                                                                        \
    }

NO_MEMORY(linux_mmap)
NO_MEMORY(linux_mprotect)
NO_MEMORY(linux_munmap)
NO_MEMORY(linux_brk)
NO_MEMORY(linux_mremap)
NO_MEMORY(linux_mapped)
NO_MEMORY(linux_mincore)
NO_MEMORY(linux_madvise)
