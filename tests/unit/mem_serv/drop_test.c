// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Capabilities that others have sent, on the real capability code: however large what they stand
// for, a call does few steps, and in the end no slot and no memory is missing.
#include "kernel.h"
#include "testlib/testlib.h"

#include "barrelfish/capabilities.h"
#include "barrelfish/slot_alloc.h"

enum { LARGE = 8, FLOOD = 80, SMALL = 80, STEPS_MOST = 3, PAGE = 4096 };

static unsigned place;

static struct capref small(void)
{
    return kernel_make_ram(KERNEL_MEMORY_BASE + KERNEL_MEMORY_BYTES - ++place * PAGE, PAGE);
}

static void drop(struct capref cap)
{
    unsigned before = kernel_delete_steps();
    cap_drop(cap);
    CU_ASSERT(kernel_delete_steps() - before <= STEPS_MOST);
}

static void test_small(void)
{
    kernel_start();
    place = 0;
    struct capref cap = small();
    drop(cap);
    CU_ASSERT(kernel_slot_is_empty(cap) && kernel_slots_used() == 0);
    CU_ASSERT_FALSE(kernel_slot_is_empty(kernel_returned(0)));
    CU_ASSERT(err_is_ok(slot_alloc(&cap)));
    drop(cap); // it has gone already
    CU_ASSERT_EQUAL(kernel_slots_used(), 0);
    kernel_stop();
}

static void test_large(void)
{
    kernel_start();
    place = 0;
    struct capref large = kernel_make_large(KERNEL_MEMORY_BASE);
    drop(large);
    CU_ASSERT_FALSE(kernel_slot_is_empty(large));
    kernel_idle();
    CU_ASSERT_TRUE(kernel_slot_is_empty(large));
    CU_ASSERT_EQUAL(kernel_slots_used(), 1);
    drop(small()); // the next call finds it
    CU_ASSERT_EQUAL(kernel_slots_used(), 0);
    CU_ASSERT_TRUE(kernel_valid());
    kernel_stop();
}

/// Many at a time, while the CPU driver has no time for them.
static void drop_many(unsigned count)
{
    kernel_start();
    place = 0;
    for (unsigned i = 0; i < count; i++)
        drop(kernel_make_large(KERNEL_MEMORY_BASE + i * KERNEL_LARGE_BYTES));
    CU_ASSERT(kernel_slots_used() > 0);
    for (unsigned i = 0; i < SMALL; i++) {
        drop(small());
        kernel_idle();
    }
    CU_ASSERT_EQUAL(kernel_slots_used(), 0);
}

static void test_many(void)
{
    drop_many(LARGE);
    CU_ASSERT_TRUE(kernel_valid());
    kernel_stop();
}

/// So many that their memory does not come back at once.
static void test_flood(void)
{
    drop_many(FLOOD);
    kernel_stop();
}

TEST_SUITE("dropped capabilities") = {
    {"small", test_small},
    {"large", test_large},
    {"many", test_many},
    {"flood", test_flood},
};
