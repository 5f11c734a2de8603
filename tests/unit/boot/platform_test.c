// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Platform files: a good one, and each error with its place.
#include "platform.h"

#include <string.h>

#include "scratch.h"
#include "testlib/testlib.h"

#define HEAD "name: pc\ncpudriver: c.elf\ncores: 4\nmemory: 1G\nnodes: 2\n"
#define MODULE_KEYS "; there are: name, start, machine, args"

static void test_good(void)
{
    struct report report = {0};
    const char *path = scratch_write("p.yaml", HEAD "modules:\n"
                                                    "  - name: init\n"
                                                    "  - name: shell\n"
                                                    "    start: true\n"
                                                    "    machine: true\n"
                                                    "    args: [-v, a=b]\n");
    struct platform *platform = platform_load(path, &report);
    CU_ASSERT_PTR_NOT_NULL_FATAL(platform);
    CU_ASSERT_STRING_EQUAL(platform->name, "pc");
    CU_ASSERT_EQUAL_FATAL(platform->modules_count, 2);
    CU_ASSERT_FALSE(platform->modules[0].start);
    CU_ASSERT(platform->modules[1].start);
    CU_ASSERT_FALSE(platform->modules[0].machine);
    CU_ASSERT(platform->modules[1].machine);
    CU_ASSERT_EQUAL_FATAL(platform->modules[1].args_count, 2);
    CU_ASSERT_STRING_EQUAL(platform->modules[1].args[1], "a=b");
    struct machine machine = platform_machine(platform);
    CU_ASSERT_EQUAL(machine.cores, 4);
    CU_ASSERT_EQUAL(machine.nodes, 2);
    CU_ASSERT_EQUAL(machine.memory_mib, 1024);
    platform_free(platform);
}

/// The file is refused, with a message that begins with its path and then `expected`.
static void refused(const char *text, const char *expected)
{
    struct report report = {0};
    const char *path = scratch_write("p.yaml", text);
    size_t length = strlen(path);
    CU_ASSERT_PTR_NULL(platform_load(path, &report));
    CU_ASSERT_EQUAL(strncmp(report.text, path, length), 0);
    CU_ASSERT_STRING_EQUAL(report.text + length, expected);
}

static void test_wrong_key(void)
{
    refused(
        HEAD "colour: red\nmodules:\n  - name: init\n",
        ":6:1: Unexpected key: colour; there are: name, cpudriver, cores, memory, nodes, modules");
    refused(HEAD "modules:\n  - name: init\n    strat: true\n",
            ":8:5: Unexpected key: strat" MODULE_KEYS);
    refused(HEAD "modules:\n  - strat: true\n    name: init\n",
            ":7:5: Unexpected key: strat" MODULE_KEYS);
}

static void test_wrong_value(void)
{
    refused("name: pc\ncores: many\n", ":2:8: Invalid uint64_t value: 'many'");
    refused(HEAD "modules: []\n", ":6:10: Insufficient entries (0 of 1 min) in sequence.");
    refused(HEAD "modules:\n  - name: init\n    start: maybe\n",
            ":8:12: Invalid ENUM value: maybe; there are: false, true");
    refused(HEAD "modules:\n  - name: init\n    machine: 2\n",
            ":8:14: Invalid ENUM value: 2; there are: false, true");
    refused("", ":1:1: the file is empty");
}

static void test_missing(void)
{
    struct report report = {0};
    refused(HEAD, ":5:8: Missing required mapping field: modules");
    CU_ASSERT_PTR_NULL(platform_load("/nonexistent/x.yaml", &report));
    CU_ASSERT_STRING_EQUAL(report.text, "/nonexistent/x.yaml: no such platform file");
    report = (struct report){0};
    CU_ASSERT_PTR_NULL(platform_load("/", &report));
    CU_ASSERT_STRING_EQUAL(report.text, "/: a folder, not a platform file");
    refused("root:x:0:0:root:/root:/bin/bash\nbin:*:2:2::/bin:/bin/sh\n",
            ": not a platform file, which is YAML and begins with a key (docs/run.md)");
    refused("\x7f"
            "ELF",
            ": not a platform file, which is YAML and begins with a key (docs/run.md)");
}

static void test_meaning(void)
{
    refused("name: pc\ncpudriver: c\ncores: 256\nmemory: 1G\nnodes: 1\nmodules: [{name: a}]\n",
            ": cores: 256 is not from 1 to 255");
    refused("name: pc\ncpudriver: c\ncores: 1\nmemory: 1G\nnodes: 9\nmodules: [{name: a}]\n",
            ": nodes: 9 is not from 1 to 8");
    refused("name: pc\ncpudriver: c\ncores: 1\nmemory: 1T\nnodes: 1\nmodules: [{name: a}]\n",
            ": memory: '1T' is not a size like 256M or 2G");
    refused("name: a b\ncpudriver: c\ncores: 1\nmemory: 1G\nnodes: 1\nmodules: [{name: a}]\n",
            ": platform name 'a b' has characters other than a-z, 0-9, _-.");
    refused(HEAD "modules: [{name: a}, {name: b}, {name: a}]\n", ": module 'a' is there twice");
    refused(
        HEAD "modules: [{name: ../a}]\n",
        ": module name '../a' is not 1 to 31 letters, digits, _, - and ., the first of which is "
        "no - or .");
    refused(HEAD "modules: [{name: -x}]\n",
            ": module name '-x' is not 1 to 31 letters, digits, _, - and ., the first of which is "
            "no - or .");
    refused(HEAD "modules: [{name: a, args: ['x y']}]\n",
            ": module 'a': argument 'x y' has a space or quote");
    refused(HEAD "modules: [{name: a, args: ['x;y']}]\n",
            ": module 'a': argument 'x;y' has a space or quote");
}

static void test_names(void)
{
    CU_ASSERT(platform_module_name_ok("mem_serv-2.x"));
    CU_ASSERT(platform_module_name_ok("abcdefghijklmnopqrstuvwxyz01234"));
    CU_ASSERT_FALSE(platform_module_name_ok("abcdefghijklmnopqrstuvwxyz012345"));
    CU_ASSERT_FALSE(platform_module_name_ok(""));
    CU_ASSERT_FALSE(platform_module_name_ok(".."));
    CU_ASSERT_FALSE(platform_module_name_ok("-x"));
    CU_ASSERT_FALSE(platform_module_name_ok("a:b"));
}

TEST_SUITE("platform", .set_up = scratch_begin, .tear_down = scratch_end) = {
    {"good file", test_good},          {"wrong key", test_wrong_key},
    {"wrong value", test_wrong_value}, {"missing key or file", test_missing},
    {"wrong meaning", test_meaning},   {"module names", test_names},
};
