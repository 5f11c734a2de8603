// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Regions between marks: what is in them, what is not, and their rows.
#include "counts.h"

#include "bench/mark.h"

#include <string.h>

#include "testlib/testlib.h"
#include "trace.h"

#define ROWS_HEAD                                                                                  \
    "what,region,core,items,instructions,driver_instructions,transfers,from_memory,"               \
    "invalidations,modelled_cycles\n"

static bool says(const char *words)
{
    return strstr(trace_text(), words) != NULL;
}

/// Core 0 writes what core 1 read before, and core 1 reads it: a message.
static void message(void)
{
    trace_write(0, 0x1000, false);
    trace_mark(0, BENCH_MARK_OP_ITEM, BENCH_MARK_UMP);
    trace_read(1, 0x1000, false);
}

static void test_region(void)
{
    trace_begin(3);
    message(); // warm: counted nowhere
    trace_mark(0, BENCH_MARK_OP_BEGIN, BENCH_MARK_UMP);
    message();
    message();
    trace_run(0, 10, true);
    trace_write(1, 0x2000, false);
    trace_mark(1, BENCH_MARK_OP_END, BENCH_MARK_UMP);
    message();
    CU_ASSERT_STRING_EQUAL(trace_csv(), ROWS_HEAD "ump,1,all,2,15,10,4,1,2,0\n"
                                                  "ump,1,0,2,12,10,2,0,2,0\n"
                                                  "ump,1,1,2,3,0,2,1,0,0\n");
    CU_ASSERT(says("ump: 2 items; for each item:\n"));
    CU_ASSERT(says("  all cores          7.50         5.00       2.00       0.50       1.00\n"));
    CU_ASSERT_FALSE(says("core 2"));
    model_finish(trace_model());
    CU_ASSERT_FALSE(says("marks outside") || says("nothing was measured"));
    trace_end();
}

static void test_two_regions(void)
{
    trace_begin(1);
    for (unsigned what = BENCH_MARK_SYSCALL; what <= BENCH_MARK_LMP; what++) {
        trace_mark(0, BENCH_MARK_OP_BEGIN, what);
        trace_run(0, 5 + what, what == BENCH_MARK_LMP);
        trace_mark(0, BENCH_MARK_OP_ITEM, what);
        trace_mark(0, BENCH_MARK_OP_END, what);
    }
    CU_ASSERT_STRING_EQUAL(trace_csv(),
                           ROWS_HEAD "syscall,1,all,1,5,0,0,0,0,0\nsyscall,1,0,1,5,0,0,0,0,0\n"
                                     "lmp,2,all,1,6,6,0,0,0,0\nlmp,2,0,1,6,6,0,0,0,0\n");
    trace_end();
}

static void test_misplaced(void)
{
    trace_begin(1);
    trace_mark(0, BENCH_MARK_OP_END, BENCH_MARK_UMP); // no region
    trace_mark(0, BENCH_MARK_OP_BEGIN, BENCH_MARK_WHAT_COUNT);
    trace_mark(0, BENCH_MARK_OP_BEGIN, BENCH_MARK_UMP);
    trace_mark(0, BENCH_MARK_OP_BEGIN, BENCH_MARK_LMP); // another in it
    trace_mark(0, BENCH_MARK_OP_END, BENCH_MARK_LMP);
    trace_mark(0, BENCH_MARK_OP_ITEM, BENCH_MARK_LMP); // another's item: not this one's
    trace_mark(0, 9, BENCH_MARK_UMP);
    CU_ASSERT_EQUAL(trace_model()->region.items, 0);
    model_finish(trace_model());
    CU_ASSERT(says("ump: begun, but not ended\n"));
    CU_ASSERT(says("5 marks outside their measurement: not counted\n"));
    CU_ASSERT(says("nothing was measured"));
    CU_ASSERT_STRING_EQUAL(trace_csv(), ROWS_HEAD);
    trace_end();
}

/// An access that lies in two lines moves both; the address decides, not the width.
static void test_wide(void)
{
    trace_begin(2);
    trace_mark(0, BENCH_MARK_OP_BEGIN, BENCH_MARK_BULK);
    trace_write(0, 0x103c, false);
    trace_write(0, 0x1080, false);
    CU_ASSERT_EQUAL(trace_model()->region.core[0].cold, 3);
    trace_read(1, 0x1078, false);
    trace_read(1, 0x1038, false);
    CU_ASSERT_EQUAL(trace_model()->region.core[1].transfers, 2);
    trace_mark(0, BENCH_MARK_OP_END, BENCH_MARK_BULK);
    trace_end();
}

static void test_names(void)
{
    for (unsigned what = 0; what < BENCH_MARK_WHAT_COUNT; what++) {
        CU_ASSERT_PTR_NOT_NULL_FATAL(region_what_name(what));
        CU_ASSERT_STRING_NOT_EQUAL(region_what_name(what), "?");
    }
    CU_ASSERT_STRING_EQUAL(region_what_name(BENCH_MARK_WHAT_COUNT), "?");
}

TEST_SUITE("counts") = {
    {"a region", test_region},
    {"two regions", test_two_regions},
    {"misplaced marks", test_misplaced},
    {"wide accesses", test_wide},
    {"names", test_names},
};
