// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Each transition of a line, and the hash table under the directory.
#include "lines.h"

#include <testlib/testlib.h>

static void access_is(struct line *line, unsigned core, bool write, bool memory, bool transferred,
                      unsigned invalidated)
{
    struct line_effect effect = line_access(line, core, write);
    CU_ASSERT_EQUAL(effect.from_memory, memory);
    CU_ASSERT_EQUAL(effect.transferred, transferred);
    CU_ASSERT_EQUAL(effect.invalidated, invalidated);
}

static void test_one_core(void)
{
    struct line line = {0};
    access_is(&line, 7, false, true, false, 0);  // invalid to exclusive
    access_is(&line, 7, false, false, false, 0); // stays
    access_is(&line, 7, true, false, false, 0);  // modified, silently
    access_is(&line, 7, false, false, false, 0);
    CU_ASSERT_EQUAL(core_set_count(&line.holders), 1);
}

static void test_sharing(void)
{
    struct line line = {0};
    access_is(&line, 0, true, true, false, 0);     // invalid to modified
    access_is(&line, 254, false, false, true, 0);  // both shared
    access_is(&line, 254, false, false, false, 0); // both read at no cost
    access_is(&line, 0, false, false, false, 0);
    access_is(&line, 3, false, false, true, 0);
    access_is(&line, 0, true, false, true, 2); // taken over from the two others
    access_is(&line, 0, true, false, false, 0);
    access_is(&line, 254, false, false, true, 0); // and read again
    CU_ASSERT(core_set_has(&line.holders, 0) && core_set_has(&line.holders, 254));
    CU_ASSERT_FALSE(core_set_has(&line.holders, 3));
}

static void test_ping_pong(void)
{
    struct line line = {0};
    access_is(&line, 1, true, true, false, 0);
    for (unsigned i = 0; i < 10; i++)
        access_is(&line, 2 - i % 2, true, false, true, 1);
}

/// Many lines, some of them of one page: each is itself, and stays where it is.
static void test_many(void)
{
    enum { COUNT = 100000 };
    struct lines lines = {0};
    static struct line *seen[COUNT];
    for (uint64_t i = 0; i < COUNT; i++) {
        seen[i] = lines_get(&lines, i * 37);
        CU_ASSERT_EQUAL_FATAL(core_set_count(&seen[i]->holders), 0);
        line_access(seen[i], (unsigned)(i % CORES_MAX), true);
    }
    for (uint64_t i = 0; i < COUNT; i++) {
        CU_ASSERT_PTR_EQUAL_FATAL(lines_get(&lines, i * 37), seen[i]);
        CU_ASSERT_FATAL(core_set_has(&seen[i]->holders, (unsigned)(i % CORES_MAX)));
    }
    CU_ASSERT_PTR_NULL(map_find(&lines.pages, COUNT));
    lines_free(&lines);
}

TEST_SUITE("lines") = {
    {"one core", test_one_core},
    {"sharing", test_sharing},
    {"ping pong", test_ping_pong},
    {"many lines", test_many},
};
