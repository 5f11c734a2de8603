// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The list of boot modules, GRUB's commands and the dependency file made from it.
#include "modules.h"

#include <stdio.h>
#include <stdlib.h>

#include "grub.h"
#include "image.h"
#include "scratch.h"
#include "testlib/testlib.h"

static char *shell_args[] = {"-v", "a=b"};
static struct platform_module platform_modules[] = {
    {.name = "init"},
    {.name = "shell", .start = true, .args = shell_args, .args_count = 2},
    {.name = "probe", .machine = true},
    {.name = "clock", .start = true, .machine = true},
};
static const struct platform platform = {
    .name = "pc",
    .cpudriver = "c.elf",
    .modules = platform_modules,
    .modules_count = 4,
};

static void test_collect(void)
{
    struct report report = {0};
    struct modules modules;
    const char *const added[] = {"/x/evil", "y/shell"};
    CU_ASSERT_FATAL(modules_collect(&modules, &platform, "build", added, 2, &report));
    CU_ASSERT_STRING_EQUAL(modules.cpudriver, "build/c.elf");
    CU_ASSERT_EQUAL_FATAL(modules.count, 5);
    CU_ASSERT_STRING_EQUAL(modules.items[0].path, "build/domains/init");
    CU_ASSERT_STRING_EQUAL(modules.items[0].command_line, "init");
    CU_ASSERT_FALSE(modules.items[0].added);
    CU_ASSERT_STRING_EQUAL(modules.items[1].path, "y/shell");
    CU_ASSERT_STRING_EQUAL(modules.items[1].command_line, "start:shell -v a=b");
    CU_ASSERT(modules.items[1].added);
    CU_ASSERT_STRING_EQUAL(modules.items[4].path, "/x/evil");
    CU_ASSERT_STRING_EQUAL(modules.items[4].command_line, "evil");
    CU_ASSERT_STRING_EQUAL(modules.items[2].command_line, "machine:probe");
    CU_ASSERT_STRING_EQUAL(modules.items[3].command_line, "start:machine:clock");
    modules_add_commands(&modules, "/x/text");
    CU_ASSERT_EQUAL_FATAL(modules.count, 6);
    CU_ASSERT_STRING_EQUAL(modules.items[5].path, "/x/text");
    CU_ASSERT_STRING_EQUAL(modules.items[5].command_line, "run:commands");
    CU_ASSERT(modules.items[5].added);
    modules_free(&modules);
    CU_ASSERT_EQUAL(modules.count, 0);
}

static void test_bad_name(void)
{
    struct report report = {0};
    struct modules modules;
    const char *const added[] = {"x/a b"};
    CU_ASSERT_FALSE(modules_collect(&modules, &platform, "build", added, 1, &report));
    CU_ASSERT_STRING_EQUAL(report.text, "--module x/a b: not a name for a module");
}

static void test_grub_commands(void)
{
    struct report report = {0};
    struct modules modules;
    CU_ASSERT_FATAL(modules_collect(&modules, &platform, "build", NULL, 0, &report));
    char *commands = grub_commands(&modules);
    CU_ASSERT_STRING_EQUAL(commands, "search --no-floppy --file --set=root /boot/cpudriver.elf\n"
                                     "serial --port=0x3f8 --speed=115200\n"
                                     "terminal_output serial\n"
                                     "multiboot2 /boot/cpudriver.elf\n"
                                     "module2 /boot/modules/init init\n"
                                     "module2 /boot/modules/shell start:shell -v a=b\n"
                                     "module2 /boot/modules/probe machine:probe\n"
                                     "module2 /boot/modules/clock start:machine:clock\n"
                                     "outb 0x3f8 0x11\n"
                                     "boot\n"
                                     "outb 0xf4 0x01\n");
    free(commands);
    modules_free(&modules);
}

static void test_depfile(void)
{
    struct report report = {0};
    struct modules modules;
    CU_ASSERT_FATAL(modules_collect(&modules, &platform, "build", NULL, 0, &report));
    CU_ASSERT(image_write_depfile(&modules, "p.yaml", "build/pc.iso", scratch_path("d"), &report));
    CU_ASSERT_STRING_EQUAL(
        scratch_read("d"),
        "build/pc.iso: p.yaml build/c.elf build/domains/init build/domains/shell "
        "build/domains/probe build/domains/clock\n");
    modules_free(&modules);
}

static void test_missing_files(void)
{
    struct report report = {0};
    struct modules modules;
    char expected[8192];
    const char *image = scratch_path("x.iso");
    CU_ASSERT_FATAL(modules_collect(&modules, &platform, scratch_path(""), NULL, 0, &report));
    CU_ASSERT_FALSE(image_build(&modules, image, &report));
    snprintf(expected, sizeof(expected), "CPU driver: cannot read %s: No such file or directory",
             modules.cpudriver);
    CU_ASSERT_STRING_EQUAL(report.text, expected);
    modules_free(&modules);
}

TEST_SUITE("modules", .set_up = scratch_begin, .tear_down = scratch_end) = {
    {"collect", test_collect},
    {"bad name", test_bad_name},
    {"GRUB's commands", test_grub_commands},
    {"dependency file", test_depfile},
    {"missing files", test_missing_files},
};
