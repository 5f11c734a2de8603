// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The audit on hand-made traces: planted violations are found, what is allowed is not.
#include "audit.h"

#include <stdlib.h>
#include <string.h>

#include "testlib/testlib.h"
#include "trace.h"

#define LINE(n) (0x10000u + (n)*LINE_BYTES)

static struct images images;
static struct audit audit;
static char *report;

static uint64_t lines_shared(void)
{
    size_t bytes;
    free(report);
    FILE *out = open_memstream(&report, &bytes);
    uint64_t lines = audit_report(&audit, &images, out);
    fclose(out);
    return lines;
}

static void end(void)
{
    audit_free(&audit);
    images_free(&images);
    free(report);
    report = NULL;
    audit = (struct audit){0};
}

static void touch_named(unsigned core, uint64_t number, uint32_t code, uint32_t data, bool write)
{
    struct audited *line = audit_access(&audit, number, core, write);
    if (line != NULL)
        audit_touch(line, core, write, code, data);
}

static void touch(unsigned core, uint64_t number, bool write)
{
    touch_named(core, number, 0, 0, write);
}

/// Both cores have started before.
static void start_two(void)
{
    touch(0, 1000, true);
    touch(1, 1001, true);
}

static void test_read_by_all(void)
{
    start_two();
    touch(0, 5, false);
    touch(1, 5, false);
    CU_ASSERT_EQUAL(lines_shared(), 0);
    end();
}

static void test_violations(void)
{
    static const bool writes[][2] = {{true, false}, {false, true}, {true, true}};
    for (unsigned i = 0; i < 3; i++) {
        start_two();
        touch(0, 5, writes[i][0]);
        touch(1, 5, writes[i][1]);
        CU_ASSERT_EQUAL(lines_shared(), 1);
        CU_ASSERT_PTR_NOT_NULL(strstr(report, "SHARED: 1 lines from 0x140 on"));
        CU_ASSERT_PTR_NOT_NULL(strstr(report, "cores 0,1\n"));
        end();
    }
}

/// The writer comes last, after more readers than are remembered one by one.
static void test_late_writer(void)
{
    for (unsigned core = 0; core < 20; core++)
        touch(core, 1000 + core, true);
    for (unsigned core = 0; core < 20; core++)
        touch(core, 5, false);
    CU_ASSERT_EQUAL(lines_shared(), 0);
    touch(3, 5, true);
    CU_ASSERT_EQUAL(lines_shared(), 1);
    CU_ASSERT_PTR_NOT_NULL(strstr(report, "written by - on core 3"));
    end();
}

static void test_hand_over(void)
{
    touch(0, 5, true); // for core 1, which has not begun
    touch(1, 1001, true);
    touch(1, 5, true);
    touch(1, 5, false);
    CU_ASSERT_EQUAL(lines_shared(), 0);
    CU_ASSERT_EQUAL(audit.handed_over, 1);
    touch(0, 5, false); // but the one who gave it away looks again
    CU_ASSERT_EQUAL(lines_shared(), 1);
    end();
}

/// A line handed over once is not so again: cores 1 and 2 are both at work when they meet.
static void test_second_owner(void)
{
    touch(0, 5, true);
    touch(1, 5, true);
    touch(2, 1001, true);
    touch(1, 5, true);
    touch(2, 5, true);
    CU_ASSERT_EQUAL(lines_shared(), 1);
    end();
}

/// What two cores share is not forgotten when a third one starts, and finds it.
static void test_third(void)
{
    start_two();
    touch(0, 5, true);
    touch(1, 5, false);
    touch(2, 1002, true);
    touch(2, 5, false);
    CU_ASSERT_EQUAL(lines_shared(), 1);
    CU_ASSERT_PTR_NOT_NULL(strstr(report, "cores 0,1,2\n"));
    end();
}

/// The exception holds for its code and its data, and for nothing beside.
static void test_exception(void)
{
    CU_ASSERT_FATAL(images_add(&images, "build/cpudriver.elf"));
    uint32_t start_core = images_symbol(&images, 0, images_address(&images, 0, "start_core"));
    uint32_t handover = images_symbol(&images, 0, images_address(&images, 0, "boot_handover"));
    CU_ASSERT_FATAL(start_core != 0 && handover != 0);
    start_two();
    touch_named(0, 5, start_core, handover, true);
    touch_named(1, 5, start_core, handover, true);
    CU_ASSERT_EQUAL(lines_shared(), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(report, "exception: 1 lines"));
    touch_named(0, 6, start_core, 0, true);
    touch_named(1, 6, start_core, 0, true);
    touch_named(0, 7, 0, handover, true);
    touch_named(1, 7, 0, handover, true);
    CU_ASSERT_EQUAL(lines_shared(), 2);
    end();
}

/// Only code of the CPU driver is looked at, and only if wanted.
static void test_whose_code(void)
{
    for (unsigned driver = 0; driver < 2; driver++) {
        trace_begin(2);
        trace_model()->config->audit = fopen("/dev/null", "w");
        trace_write(1, LINE(1), driver);
        trace_write(0, LINE(2), driver);
        trace_write(1, LINE(2), driver);
        CU_ASSERT_EQUAL(audit_report(&trace_model()->audit, &images, trace_model()->config->audit),
                        driver);
        fclose(trace_model()->config->audit);
        trace_end();
    }
}

TEST_SUITE("audit") = {
    {"read by all", test_read_by_all},   {"violations", test_violations},
    {"late writer", test_late_writer},   {"hand-over", test_hand_over},
    {"second owner", test_second_owner}, {"third core", test_third},
    {"exception", test_exception},       {"whose code", test_whose_code},
};
