// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What the plug-in is told, and what its findings do to the exit status.
#include "count.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "files.h"
#include "testlib/testlib.h"

#define COSTS_TEXT                                                                                 \
    "costs x\ncost instruction 1\ncost near 2\ncost far 3\ncost busy 4\ncost next 8\n"             \
    "cost memory 5\ncost interrupt 6\ncost read_takes 1\ncost mhz 7\n"

static const struct costs costs = {"x", 1, 2, 3, 4, 8, 5, 6, 7, true};

static void test_configuration(void)
{
    struct module module = {.path = "d/init"};
    struct modules modules = {.cpudriver = "c.elf", .items = &module, .count = 1};
    struct machine machine = {.cores = 3, .nodes = 2, .memory_mib = 512};
    struct options options = {.count = true};
    char *text = count_configuration(&options, &machine, &modules, &costs, "/f");
    CU_ASSERT_STRING_EQUAL(text, "cores 3\ntext /f/count\nnode 0 2\nnode 2 1\n" COSTS_TEXT
                                 "image c.elf\nimage d/init\n");
    free(text);
    options.count_csv = "o.csv";
    options.audit = true;
    text = count_configuration(&options, &machine, &modules, &costs, "/f");
    CU_ASSERT_STRING_EQUAL(text, "cores 3\ntext /f/count\ncsv o.csv\naudit /f/audit\n"
                                 "node 0 2\nnode 2 1\n" COSTS_TEXT "image c.elf\nimage d/init\n");
    free(text);
    options = (struct options){.audit = true};
    text = count_configuration(&options, &machine, &modules, &costs, "/f");
    CU_ASSERT_STRING_EQUAL(text, "cores 3\naudit /f/audit\nnode 0 2\nnode 2 1\n" COSTS_TEXT
                                 "image c.elf\nimage d/init\n");
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

/// Every preset is there, sound, and named as its file.
static void test_presets(void)
{
    static const char *const names[] = {"host", "zen-5", "xeon-2x4", "opteron-8x4"};
    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char path[FILES_PATH_MAX];
        struct report report = {0};
        CU_ASSERT_FATAL(files_named(path, &report, "build", "platforms/costs", names[i]));
        struct costs *preset = costs_load(path, &report);
        CU_ASSERT_STRING_EQUAL_FATAL(report.text, "");
        CU_ASSERT_STRING_EQUAL(preset->name, names[i]);
        CU_ASSERT(preset->near <= preset->far && preset->busy <= preset->near &&
                  preset->next <= preset->near);
        costs_free(preset);
    }
}

/// Those of the own machine.
static void test_measured_costs(void)
{
    char folder[FILES_PATH_MAX], path[FILES_PATH_MAX], command[FILES_PATH_MAX + 64];
    struct report report = {0};
    CU_ASSERT_FATAL(files_make_temporary(folder, &report));
    CU_ASSERT_FATAL(files_path(path, &report, "%s/c.yaml", folder));
    snprintf(command, sizeof(command), "build/bench-urpc --rounds 2 --costs %s >/dev/null", path);
    CU_ASSERT_EQUAL_FATAL(system(command), 0);
    struct costs *costs = costs_load(path, &report);
    CU_ASSERT_STRING_EQUAL_FATAL(report.text, "");
    CU_ASSERT_STRING_EQUAL(costs->name, "measured");
    CU_ASSERT(costs->instruction > 0 && costs->near > 0 && costs->far > costs->near);
    CU_ASSERT(costs->next > 0);
    CU_ASSERT(costs->memory > 0 && costs->interrupt > 0);
    costs_free(costs);
    files_remove_all(folder);
}

static void costs_refused(const char *text, const char *message)
{
    char folder[FILES_PATH_MAX], path[FILES_PATH_MAX];
    struct report report = {0};
    CU_ASSERT_FATAL(files_make_temporary(folder, &report));
    CU_ASSERT_FATAL(files_path(path, &report, "%s/c.yaml", folder));
    CU_ASSERT_FATAL(files_write(path, text, &report));
    CU_ASSERT_PTR_NULL(costs_load(path, &report));
    CU_ASSERT_PTR_NOT_NULL(strstr(report.text, message));
    files_remove_all(folder);
}

static void test_bad_costs(void)
{
    const char *rest =
        "near: 1\nfar: 1\nbusy: 1\nnext: 1\nmemory: 1\ninterrupt: 1\nread_takes: no\nmhz: 0\n";
    char text[256];
    snprintf(text, sizeof(text), "name: a\ninstruction: 1\n%s", rest);
    costs_refused(text, "c.yaml: mhz: 0 is no clock");
    snprintf(text, sizeof(text), "name: a\ninstruction: 1000001\n%s", rest);
    costs_refused(text, "c.yaml: 1000001 is more than 1000000");
    snprintf(text, sizeof(text), "name: a\ncolour: 1\n%s", rest);
    costs_refused(text, "c.yaml:2:1: Unexpected key: colour");
    costs_refused("name: a\n", "Missing required mapping field");
    costs_refused("", "c.yaml:1:1: the file is empty");
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

TEST_SUITE("count") = {
    {"configuration", test_configuration},
    {"missing plug-in", test_missing},
    {"presets", test_presets},
    {"costs of this machine", test_measured_costs},
    {"bad costs", test_bad_costs},
    {"exit status", test_status},
};
