// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Replacement policies against reference strings whose faults are known, and each against a
// straightforward model; all the while no frame may be given twice.
#include <testlib/testlib.h>

#include <string.h>

#include "pager_policy.h"
#include "patterns.h"

enum { PAGES_MAX = 64, NONE = -1 };

/// A pager without memory.
static struct memory {
    const struct pager_policy *policy;
    struct pager_policy_state state;
    int page[PAGER_FRAMES_MAX];
    bool accessed[PAGER_FRAMES_MAX];
    unsigned faults;
} memory;

static bool take_accessed(void *arg, unsigned frame)
{
    CU_ASSERT_PTR_EQUAL(arg, &memory);
    CU_ASSERT_TRUE(frame < memory.state.frames);
    bool was = memory.accessed[frame];
    memory.accessed[frame] = false;
    return was;
}

static void start(const struct pager_policy *policy, unsigned frames)
{
    memset(&memory, 0, sizeof(memory));
    memory.policy = policy;
    memory.state.frames = frames;
    memory.state.take_accessed = take_accessed;
    memory.state.arg = &memory;
    for (unsigned i = 0; i < PAGER_FRAMES_MAX; i++)
        memory.page[i] = NONE;
}

static unsigned find(int page)
{
    unsigned frame = 0;
    while (frame < memory.state.frames && memory.page[frame] != page)
        frame++;
    return frame;
}

/// Returns the page that had to go, or NONE.
static int use(int page)
{
    int gone = NONE;
    unsigned frame = find(page);
    if (frame == memory.state.frames) {
        memory.faults++;
        frame = find(NONE);
        if (frame == memory.state.frames) {
            frame = memory.policy->page_out(&memory.state);
            CU_ASSERT_TRUE_FATAL(frame < memory.state.frames);
            gone = memory.page[frame];
        }
        memory.page[frame] = page;
        memory.policy->page_in(&memory.state, frame);
    }
    memory.accessed[frame] = true;
    return gone;
}

/// Belady's anomaly: more frames, more faults.
static void test_fifo(void)
{
    static const int string[] = {1, 2, 3, 4, 1, 2, 5, 1, 2, 3, 4, 5};
    static const int gone[] = {NONE, NONE, NONE, 1, 2, 3, 4, NONE, NONE, 1, 2, NONE};
    start(&pager_policy_fifo, 3);
    for (unsigned i = 0; i < 12; i++)
        CU_ASSERT_EQUAL(use(string[i]), gone[i]);
    CU_ASSERT_EQUAL(memory.faults, 9);
    start(&pager_policy_fifo, 4);
    for (unsigned i = 0; i < 12; i++)
        (void)use(string[i]);
    CU_ASSERT_EQUAL(memory.faults, 10);
}

/// A page that is used again stays; one that is not goes, though it came later.
static void test_clock(void)
{
    static const int string[] = {1, 2, 3, 4, 2, 5, 2, 6, 2, 7};
    static const int gone[] = {NONE, NONE, NONE, 1, NONE, 3, NONE, 4, NONE, 5};
    start(&pager_policy_clock, 3);
    for (unsigned i = 0; i < 10; i++)
        CU_ASSERT_EQUAL(use(string[i]), gone[i]);
    CU_ASSERT_NOT_EQUAL(find(2), 3);
}

static bool always_accessed(void *arg, unsigned frame)
{
    (void)arg;
    (void)frame;
    return true;
}

/// It ends even if all pages are used again as fast as it looks.
static void test_clock_ends(void)
{
    start(&pager_policy_clock, 5);
    for (int page = 0; page < 5; page++)
        (void)use(page);
    memory.state.take_accessed = always_accessed;
    CU_ASSERT_EQUAL(use(9), 0);
    CU_ASSERT_EQUAL(use(10), 1);
}

static void test_mru(void)
{
    start(&pager_policy_mru, 4);
    for (int round = 0; round < 3; round++)
        for (int page = 0; page < 6; page++)
            (void)use(page);
    for (int page = 0; page < 3; page++)
        CU_ASSERT_NOT_EQUAL(find(page), 4); // the first ones never left
    CU_ASSERT_EQUAL(memory.faults, 6 + 3 + 3);
}

/// Each policy, long: faults lie between the distinct pages and the accesses, and a working set
/// that fits never faults again.
static void test_bounds(void)
{
    static const struct pager_policy *const policies[] = {&pager_policy_fifo, &pager_policy_clock,
                                                          &pager_policy_mru};
    static const unsigned frames[] = {1, 2, 7, 32, PAGES_MAX};
    for (unsigned p = 0; p < 3; p++) {
        for (unsigned f = 0; f < 5; f++) {
            struct pattern_state state = {.random = 5, .pages = PAGES_MAX};
            bool seen[PAGES_MAX] = {false};
            unsigned distinct = 0;
            start(policies[p], frames[f]);
            for (unsigned i = 0; i < 5000; i++) {
                unsigned page = pattern_local.next(&state);
                CU_ASSERT_TRUE_FATAL(page < PAGES_MAX);
                distinct += !seen[page];
                seen[page] = true;
                (void)use((int)page);
            }
            CU_ASSERT_TRUE(memory.faults >= distinct && memory.faults <= 5000);
            CU_ASSERT_TRUE(frames[f] < PAGES_MAX || memory.faults == distinct);
        }
    }
}

static void test_patterns(void)
{
    struct pattern_state a = {.random = 3, .pages = 7}, b = a;
    for (unsigned i = 0; i < 30; i++)
        CU_ASSERT_EQUAL(pattern_scan.next(&a), i % 7);
    a = b;
    for (unsigned i = 0; i < 1000; i++)
        CU_ASSERT_EQUAL(pattern_local.next(&a), pattern_local.next(&b));
}

TEST_SUITE("policies") = {
    {"first in, first out", test_fifo},      {"clock", test_clock},
    {"the clock stops", test_clock_ends},    {"most recently used", test_mru},
    {"bounds of all policies", test_bounds}, {"patterns", test_patterns},
};
