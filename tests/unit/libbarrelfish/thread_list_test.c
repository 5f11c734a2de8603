// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// When a domain ends by itself: the last thread of the program's own has ended, and those that are
// left are the library's.
#include "barrelfish/threads.h"
#include "fake_kernel.h"
#include "testlib/testlib.h"

static struct dispatcher *disp;
static struct thread others[3];
static struct waitset ws;

/// The main thread and `count` others, all the program's.
static void begin(unsigned count)
{
    fake_kernel_start();
    disp = fake.disp;
    waitset_init(&ws);
    for (unsigned i = 0; i < count; i++) {
        others[i].all_next = disp->all;
        disp->all = &others[i];
        disp->programs++;
    }
}

static bool is_listed(const struct thread *thread)
{
    for (const struct thread *at = disp->all; at != NULL; at = at->all_next)
        if (at == thread)
            return true;
    return false;
}

/// Whether the domain is to end now.
static bool ends(void)
{
    struct event_closure closure;
    (void)disp_disable();
    bool any = waitset_take_disabled(&ws, &closure);
    disp_enable((dispatcher_handle_t)disp);
    return any && closure.handler != NULL;
}

static void removed(void)
{
    begin(3);
    thread_list_remove(disp, &others[1]);
    CU_ASSERT(is_listed(&others[0]) && !is_listed(&others[1]) && is_listed(&others[2]));
    CU_ASSERT_EQUAL(disp->programs, 3);
    thread_list_remove(disp, &others[2]); // the first
    CU_ASSERT(is_listed(&others[0]) && !is_listed(&others[2]) && is_listed(disp->current));
    CU_ASSERT(disp->programs == 2 && !ends());
}

static void last_ends(void)
{
    begin(2);
    thread_be_service(&ws);
    CU_ASSERT(disp->current->service && disp->programs == 2 && !ends());
    thread_list_remove(disp, &others[0]);
    CU_ASSERT_FALSE(ends());
    others[1].service = true; // as thread_be_service() by that thread would
    disp->programs--;
    thread_list_remove(disp, &others[1]);
    CU_ASSERT(disp->programs == 0 && ends());
}

static void alone(void)
{
    begin(0);
    thread_be_service(NULL); // nobody would end it
    CU_ASSERT(disp->programs == 0 && disp->last_gone == NULL && !ends());
}

static void already_gone(void)
{
    begin(0);
    thread_be_service(&ws);
    CU_ASSERT(disp->programs == 0 && ends() && !ends());
}

static void twice(void)
{
    begin(1);
    thread_be_service(&ws);
    thread_be_service(&ws); // it is one already
}

TEST_ISOLATED(removed)
TEST_ISOLATED(last_ends)
TEST_ISOLATED(alone)
TEST_ISOLATED(already_gone)

static void test_twice(void)
{
    test_dies(twice);
}

TEST_SUITE("threads that have not ended") = {
    {"removed", test_removed},       {"the last of the program's", test_last_ends},
    {"a service alone", test_alone}, {"the only thread becomes one", test_already_gone},
    {"not twice", test_twice},
};
