// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Names of boot modules out of their strings, whatever those are.
#include <string.h>
#include <testlib/testlib.h>

#include "modules.h"

static struct bootinfo info;

static void expect(unsigned index, const char *string, const char *name)
{
    char got[MODULE_NAME_BYTES] = "untouched";
    strcpy(info.modules[index].string, string);
    CU_ASSERT(module_name(&info, index, got));
    CU_ASSERT_STRING_EQUAL(got, name);
}

static void test_names(void)
{
    info.modules_count = BOOTINFO_MODULES_MAX;
    expect(0, "init", "init");
    expect(1, "start:console a:b c", "console");
    expect(2, "start:machine:probe", "probe");
    expect(63, "", "");
}

static void test_limits(void)
{
    char got[MODULE_NAME_BYTES] = "untouched";
    info.modules_count = UINT16_MAX;
    CU_ASSERT_FALSE(module_name(&info, BOOTINFO_MODULES_MAX, got));
    info.modules_count = 1;
    CU_ASSERT_FALSE(module_name(&info, 1, got));
    CU_ASSERT_STRING_EQUAL(got, "untouched");
    memset(info.modules[0].string, 'x', BOOTINFO_STRING_MAX);
    CU_ASSERT(module_name(&info, 0, got));
    CU_ASSERT_EQUAL(strlen(got), MODULE_NAME_BYTES - 1);
}

TEST_SUITE("modules") = {
    {"names", test_names},
    {"limits", test_limits},
};
