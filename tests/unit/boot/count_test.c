// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What the plug-in is told, and what its findings do to the exit status.
#include "count.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "files.h"
#include "suites.h"

static void test_configuration(void)
{
    struct module module = {.path = "d/init"};
    struct modules modules = {.cpudriver = "c.elf", .items = &module, .count = 1};
    struct machine machine = {.cores = 3, .nodes = 1, .memory_mib = 512};
    struct options options = {.count = true};
    char *text = count_configuration(&options, &machine, &modules, "/f");
    CU_ASSERT_STRING_EQUAL(text, "cores 3\ntext /f/count\nimage c.elf\nimage d/init\n");
    free(text);
    options = (struct options){.count_csv = "o.csv", .audit = true};
    text = count_configuration(&options, &machine, &modules, "/f");
    CU_ASSERT_STRING_EQUAL(text, "cores 3\ntext /f/count\ncsv o.csv\naudit /f/audit\nimage c.elf\n"
                                 "image d/init\n");
    free(text);
}

static void test_missing(void)
{
    struct options options = {.count = true};
    struct modules modules = {.cpudriver = "c.elf"};
    struct machine machine = {.cores = 1, .nodes = 1};
    struct report report = {0};
    CU_ASSERT_FALSE(
        count_prepare(&options, &machine, &modules, "/nonexistent", "/nowhere", &report));
    CU_ASSERT_STRING_EQUAL(report.text, "there is no /nowhere/coherence.so: build it with ninja");
}

/// The exit status when the audit has written `text`; NULL: nothing, not even a file.
static int status_of(const char *text, bool audit, int status)
{
    char folder[FILES_PATH_MAX], path[FILES_PATH_MAX];
    struct report report = {0};
    struct options options = {.audit = audit};
    CU_ASSERT_FATAL(files_make_temporary(folder, &report));
    CU_ASSERT_FATAL(files_path(path, &report, "%s/audit", folder));
    CU_ASSERT_FATAL(text == NULL || files_write(path, text, &report));
    int result = count_finish(&options, folder, status);
    files_remove_all(folder);
    return result;
}

static void test_status(void)
{
    const char *clean = "exception: 1 lines\nCPU drivers touched 7 lines\n";
    const char *dirty = "SHARED: 1 lines\nCPU drivers touched 7 lines\n";
    CU_ASSERT_EQUAL(status_of(clean, true, 0), 0);
    CU_ASSERT_EQUAL(status_of(clean, true, 9), 9);
    CU_ASSERT_EQUAL(status_of(dirty, true, 0), 1);
    CU_ASSERT_EQUAL(status_of(dirty, true, 9), 9);
    CU_ASSERT_EQUAL(status_of(NULL, true, 0), 1); // nobody has looked
    CU_ASSERT_EQUAL(status_of("", true, 0), 1);
    CU_ASSERT_EQUAL(status_of(NULL, false, 0), 0);
}

CU_TestInfo count_tests[] = {
    {"configuration", test_configuration},
    {"missing plug-in", test_missing},
    {"exit status", test_status},
    CU_TEST_INFO_NULL,
};
