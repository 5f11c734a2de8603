// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What a C library's threads ask: clone, futexes, their end, with and without their stack.
#include "fake_domain.h"
#include "testlib/testlib.h"

#include "barrelfish/linux_threads.h"
#include "barrelfish/systime.h"
#include "barrelfish/vspace.h"

#include <sched.h>
#include <string.h>
#include <time.h>

#define NEEDED (CLONE_VM | CLONE_THREAD | CLONE_SETTLS)

static struct vregion stack = {.node = {.base = 0x700000, .bytes = 0x10000}};
static uint32_t word, other;

static void clones(void)
{
    int parent = 0, child = 0;
    fake.frames[0] = (struct registers){.rax = 56, .rip = 0x1234, .rbx = 9, .rsp = 5, .fs_base = 4};
    linux_of(&fake.threads[0])->signal_mask = 6;
    fake.region = &stack;
    CU_ASSERT_EQUAL(
        linux_clone(NEEDED | CLONE_PARENT_SETTID | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID,
                    0x710000, &parent, &child, 0x777),
        50);
    struct thread *thread = fake.woken;
    CU_ASSERT_PTR_NOT_NULL_FATAL(thread);
    CU_ASSERT_TRUE(parent == 50 && child == 50 && thread->id == 50 && thread->full_context);
    CU_ASSERT_TRUE(thread->regs.rax == 0 && thread->regs.rip == 0x1234 && thread->regs.rbx == 9);
    CU_ASSERT_TRUE(thread->regs.rsp == 0x710000 && thread->regs.fs_base == 0x777);
    CU_ASSERT_TRUE(thread->stack_low == 0x700000 && thread->stack_high == 0x710000);
    CU_ASSERT_TRUE(linux_of(thread)->signal_mask == 6 && linux_of(thread)->clear_tid == &child);
    parent = child = 0;
    fake.region = NULL; // a stack that the library knows nothing of
    CU_ASSERT_EQUAL(linux_clone(NEEDED, 0x710000, &parent, &child, 0), 51);
    CU_ASSERT_TRUE(parent == 0 && child == 0 && linux_of(fake.woken)->clear_tid == NULL);
    CU_ASSERT_EQUAL(fake.woken->stack_low, 0x710000);
    fake.threads[0].clone_child = &fake.threads[1]; // one that was prepared
    CU_ASSERT_EQUAL(linux_clone(NEEDED, 0x710000, &parent, &child, 0), 52);
    CU_ASSERT_TRUE(fake.woken == &fake.threads[1] && fake.threads[0].clone_child == NULL);
    fake.no_thread = true;
    CU_ASSERT_EQUAL(linux_clone(NEEDED, 0x710000, &parent, &child, 0), -EAGAIN);
}

static void wrong_clones(void)
{
    int tid = 0;
    CU_ASSERT_EQUAL(linux_clone(NEEDED & ~(unsigned long)CLONE_VM, 0x1000, &tid, &tid, 0), -ENOSYS);
    CU_ASSERT_EQUAL(linux_clone(NEEDED & ~(unsigned long)CLONE_THREAD, 0x1000, &tid, &tid, 0),
                    -ENOSYS);
    CU_ASSERT_EQUAL(linux_clone(NEEDED & ~(unsigned long)CLONE_SETTLS, 0x1000, &tid, &tid, 0),
                    -ENOSYS);
    CU_ASSERT_EQUAL(linux_clone(NEEDED, 0, &tid, &tid, 0), -ENOSYS);
    int *hole = (int *)fake_hole;
    CU_ASSERT_EQUAL(linux_clone(NEEDED | CLONE_PARENT_SETTID, 0x1000, hole, &tid, 0), -EFAULT);
    CU_ASSERT_EQUAL(linux_clone(NEEDED | CLONE_CHILD_SETTID, 0x1000, &tid, hole, 0), -EFAULT);
    CU_ASSERT_EQUAL(linux_clone(NEEDED | CLONE_CHILD_CLEARTID, 0x1000, &tid, hole, 0), -EFAULT);
    CU_ASSERT_EQUAL(fake.wakes, 0);
    CU_ASSERT_EQUAL(linux_clone(NEEDED, 0x1000, hole, hole, 0), 50);
}

static long futex(int op, uint32_t value, const void *timeout, uint32_t *to, uint32_t bits)
{
    return linux_futex(&word, op, value, timeout, to, bits);
}

static long woken;

static void wakes(systime_t deadline)
{
    (void)deadline;
    fake.disp->shared.disabled = 0;
    woken = futex(1, 5, NULL, NULL, 0);
    fake.disp->shared.disabled = 1;
}

static void waits(void)
{
    struct timespec time = {2, 0};
    word = 7;
    CU_ASSERT_EQUAL(futex(0, 6, NULL, NULL, 0), -EAGAIN);
    CU_ASSERT_EQUAL(fake.blocks, 0);
    fake.on_block = wakes;
    CU_ASSERT_EQUAL(futex(0, 7, NULL, NULL, 0), 0);
    CU_ASSERT_TRUE(woken == 1 && fake.deadline == 0 && linux_waits == NULL);
    fake.on_block = NULL;
    systime_t now = systime_now();
    CU_ASSERT_EQUAL(futex(0x80, 7, &time, NULL, 0), -ETIMEDOUT);
    CU_ASSERT_TRUE(fake.deadline >= now + 2000 * FAKE_TSC_PER_MS &&
                   fake.deadline <= systime_now() + 2000 * FAKE_TSC_PER_MS);
    CU_ASSERT_EQUAL(futex(9 | 0x100, 7, &time, NULL, 0xffffffff), -ETIMEDOUT);
    CU_ASSERT_EQUAL(fake.deadline, 2000 * FAKE_TSC_PER_MS); // absolute
    CU_ASSERT_EQUAL(futex(9, 7, &time, NULL, 0), -EINVAL);
    CU_ASSERT_EQUAL(futex(9, 7, &time, NULL, 1), -ENOSYS);
    CU_ASSERT_EQUAL(futex(10, 7, NULL, NULL, 0), -EINVAL);
    CU_ASSERT_EQUAL(futex(10, 7, NULL, NULL, 0xffffffff), 0);
    CU_ASSERT_EQUAL(futex(2, 7, NULL, NULL, 0), -ENOSYS);
    static const struct timespec wrong[] = {{-1, 0}, {0, -1}, {0, 1000000000}};
    for (unsigned i = 0; i < 3; i++)
        CU_ASSERT_EQUAL(futex(0, 7, &wrong[i], NULL, 0), -EINVAL);
    CU_ASSERT_EQUAL(futex(0, 7, &(struct timespec){0, 999999999}, NULL, 0), -ETIMEDOUT);
    CU_ASSERT_EQUAL(futex(0, 7, fake_hole, NULL, 0), -EFAULT);
    CU_ASSERT_EQUAL(linux_futex((uint32_t *)fake_hole, 0, 7, NULL, NULL, 0), -EFAULT);
    CU_ASSERT_EQUAL(linux_futex((uint32_t *)fake_hole, 1, 7, NULL, NULL, 0), 0);
    CU_ASSERT_EQUAL(linux_futex((uint32_t *)((char *)&word + 2), 0, 7, NULL, NULL, 0), -EINVAL);
    linux_of(&fake.threads[0])->signal_pending = 4;
    CU_ASSERT_EQUAL(futex(0, 7, NULL, NULL, 0), -EINTR);
    linux_of(&fake.threads[0])->signal_mask = 4;
    CU_ASSERT_EQUAL(futex(0, 7, &time, NULL, 0), -ETIMEDOUT);
}

static void put(unsigned i, uint32_t *addr)
{
    linux_of(&fake.threads[i])->futex = addr;
    thread_ring_add(&linux_waits, &fake.threads[i]);
}

/// Which of those that wait are woken or moved, and how many.
static void wakes_some(void)
{
    fake.disp->shared.disabled = 0;
    put(0, &word);
    put(1, &other);
    put(2, &word);
    CU_ASSERT_EQUAL(futex(1, 0, NULL, NULL, 0), 0);
    CU_ASSERT_EQUAL(futex(1, 1, NULL, NULL, 0), 1);
    CU_ASSERT_PTR_EQUAL(fake.woken, &fake.threads[0]); // who came first
    CU_ASSERT_EQUAL(futex(1, 9, NULL, NULL, 0), 1);
    CU_ASSERT_PTR_EQUAL(fake.woken, &fake.threads[2]);
    CU_ASSERT_EQUAL(futex(1, 9, NULL, NULL, 0), 0);
    put(0, &word);
    put(2, &word);
    CU_ASSERT_EQUAL(futex(3, 0, (void *)1, &other, 0), 1); // moves one
    CU_ASSERT_TRUE(linux_of(&fake.threads[0])->futex == &other &&
                   linux_of(&fake.threads[2])->futex == &word);
    CU_ASSERT_EQUAL(linux_futex(&other, 1, 1, NULL, NULL, 0), 1);
    CU_ASSERT_PTR_EQUAL(fake.woken, &fake.threads[1]);
    put(1, &word);
    CU_ASSERT_EQUAL(futex(3, 1, (void *)5, &other, 0), 2); // wakes one, moves one
    CU_ASSERT_PTR_EQUAL(fake.woken, &fake.threads[2]);
    CU_ASSERT_EQUAL(linux_futex(&other, 1, 9, NULL, NULL, 0), 2);
    CU_ASSERT_PTR_NULL(linux_waits);
    CU_ASSERT_EQUAL(futex(3, 9, (void *)9, &other, 0), 0);
}

static void deadlines(void)
{
    systime_t now = systime_now();
    systime_t at = linux_deadline(&(struct timespec){1, 1}, false); // rounded up to microseconds
    CU_ASSERT_TRUE(at >= now + 1000 * FAKE_TSC_PER_MS + FAKE_TSC_PER_MS / 1000 &&
                   at <= systime_now() + 1001 * FAKE_TSC_PER_MS);
    CU_ASSERT_EQUAL(linux_deadline(&(struct timespec){1, 0}, true), 1000 * FAKE_TSC_PER_MS);
    CU_ASSERT_EQUAL(linux_deadline(&(struct timespec){1, 1000}, true),
                    1000 * FAKE_TSC_PER_MS + FAKE_TSC_PER_MS / 1000);
    CU_ASSERT_EQUAL(linux_deadline(&(struct timespec){0, 0}, true), 1); // 0 would be: none
    CU_ASSERT_EQUAL(linux_deadline(&(struct timespec){1000000001, 0}, true),
                    1000000000000ul * FAKE_TSC_PER_MS);
    CU_ASSERT_EQUAL(linux_deadline(&(struct timespec){999999999, 0}, true),
                    999999999000ul * FAKE_TSC_PER_MS);
    fake.disp->shared.tsc_per_ms = UINT64_MAX / 1000;
    CU_ASSERT_EQUAL(linux_deadline(&(struct timespec){1000, 0}, false), UINT64_MAX);
}

static void small_calls(void)
{
    int tid;
    unsigned long base = 0;
    CU_ASSERT_EQUAL(linux_set_tid_address(&tid), 1);
    CU_ASSERT_PTR_EQUAL(linux_of(&fake.threads[0])->clear_tid, &tid);
    CU_ASSERT_EQUAL(linux_gettid(), 1);
    CU_ASSERT_EQUAL(linux_arch_prctl(0x1002, 0x5678), 0);
    CU_ASSERT_EQUAL(linux_arch_prctl(0x1003, (unsigned long)&base), 0);
    CU_ASSERT_EQUAL(base, 0x5678);
    CU_ASSERT_EQUAL(linux_arch_prctl(0x1003, (unsigned long)fake_hole), -EFAULT);
    CU_ASSERT_EQUAL(linux_arch_prctl(0x1001, 0), -EINVAL);
    CU_ASSERT_EQUAL(linux_sched_yield(), 0);
    CU_ASSERT_EQUAL(fake.yields, 1);
}

static bool is_listed(const struct thread *thread)
{
    const struct thread *t = fake.disp->all;
    while (t != NULL && t != thread)
        t = t->all_next;
    return t != NULL;
}

static void ends(void)
{
    int tid = 9;
    struct thread *self = &fake.threads[0];
    linux_of(self)->clear_tid = &tid;
    put(1, (uint32_t *)&tid);
    put(2, (uint32_t *)&tid);
    LEAVES(FAKE_SCHEDULE, linux_exit_thread(3));
    CU_ASSERT_TRUE(tid == 0 && fake.wakes == 1 && fake.woken == &fake.threads[1]);
    CU_ASSERT_TRUE(self->state == THREAD_ENDED && fake.disp->current == NULL && !is_listed(self));
    CU_ASSERT_PTR_NULL(fake.disp->dead); // the main thread is not used again
    static const struct {
        bool created, detached, owned, again;
    } kinds[] = {{false, false, true, true},
                 {true, false, true, false},
                 {true, true, true, true},
                 {true, true, false, false}};
    for (volatile unsigned i = 0; i < 4; i++) {
        fake_start();
        self->created = kinds[i].created;
        self->detached = kinds[i].detached;
        self->fpu_owned = kinds[i].owned;
        LEAVES(FAKE_SCHEDULE, linux_exit_thread(0));
        CU_ASSERT_EQUAL(self->queue == &fake.disp->dead, kinds[i].again);
    }
}

/// A thread that unmaps its own stack ends on another one, of which there is one for all.
static void unmaps_its_stack(void)
{
    fake.region = &stack;
    fake.frames[0].rsp = 0x705000;
    CU_ASSERT_EQUAL(linux_unmap_own_stack(0x800000, 0x10000), 0);
    CU_ASSERT_EQUAL(linux_unmap_own_stack(0x700000, 0x4fff), 0);
    CU_ASSERT_EQUAL(linux_unmap_own_stack(0x700000, 0x5000), -EINVAL);
    CU_ASSERT_EQUAL(linux_unmap_own_stack(0x701000, 0xf000), -EINVAL);
    CU_ASSERT_EQUAL(linux_unmap_own_stack(0x700000, 0x11000), -EINVAL);
    fake.region = NULL;
    CU_ASSERT_EQUAL(linux_unmap_own_stack(0x700000, 0x10000), -EINVAL);
    fake.region = &stack;
    LEAVES(FAKE_SCHEDULE, (void)linux_unmap_own_stack(0x700000, 0x10000));
    CU_ASSERT_EQUAL(fake.unmaps, 1);
    uintptr_t area = (uintptr_t)fake.tls;
    CU_ASSERT_TRUE(fake.moved_to == area + 20480 && *(void **)area == (void *)area);
    CU_ASSERT_EQUAL(fake.threads[0].state, THREAD_ENDED);
    fake.disp->current = &fake.threads[1];
    fake.frames[1].rsp = 0x710000;
    fake.map_error = LIB_ERR_RAM_ALLOC; // it is there
    LEAVES(FAKE_SCHEDULE, (void)linux_unmap_own_stack(0x700000, 0x10000));
    CU_ASSERT_TRUE(fake.unmaps == 2 && fake.blocks == 0);
}

static void no_stack_to_end_on(void)
{
    fake.region = &stack;
    fake.frames[0].rsp = 0x705000;
    fake.map_error = LIB_ERR_RAM_ALLOC;
    LEAVES(FAKE_SCHEDULE, (void)linux_unmap_own_stack(0x700000, 0x10000));
    CU_ASSERT_TRUE(fake.unmaps == 0 && fake.threads[0].state == THREAD_ENDED);
    fake.disp->current = &fake.threads[1];
    fake.frames[1].rsp = 0x705000;
    fake.map_error = SYS_ERR_OK;
    LEAVES(FAKE_SCHEDULE, (void)linux_unmap_own_stack(0x700000, 0x10000));
    CU_ASSERT_EQUAL(fake.unmaps, 1); // the one before has let go
}

LINUX_TEST(clones)
LINUX_TEST(wrong_clones)
LINUX_TEST(waits)
LINUX_TEST(wakes_some)
LINUX_TEST(deadlines)
LINUX_TEST(small_calls)
LINUX_TEST(ends)
LINUX_TEST(unmaps_its_stack)
LINUX_TEST(no_stack_to_end_on)

TEST_SUITE("threads") = {
    {"clone", test_clones},
    {"clone, wrong", test_wrong_clones},
    {"waiting", test_waits},
    {"waking some", test_wakes_some},
    {"deadlines", test_deadlines},
    {"small calls", test_small_calls},
    {"ends", test_ends},
    {"the own stack", test_unmaps_its_stack},
    {"no stack to end on", test_no_stack_to_end_on},
};
