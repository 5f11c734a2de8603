// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The command line: every option, every bad argument with its message.
#include "options.h"

#include <stdio.h>
#include <string.h>

#include <testlib/testlib.h>

static struct options options;
static struct report report;

/// Parse a command line given as words separated by '|'.
static bool parse(const char *line)
{
    static char text[512];
    char *argv[32] = {"stave-boot"};
    int argc = 1;
    report = (struct report){0};
    strncpy(text, line, sizeof(text) - 1);
    for (char *word = strtok(text, "|"); word != NULL; word = strtok(NULL, "|"))
        argv[argc++] = word;
    return options_parse(&options, argc, argv, &report);
}

static void refused(const char *line, const char *message)
{
    CU_ASSERT_FALSE(parse(line));
    CU_ASSERT_STRING_EQUAL(report.text, message);
}

static void test_defaults(void)
{
    CU_ASSERT(parse(""));
    CU_ASSERT_FALSE(options.build_image || options.help || options.direct);
    CU_ASSERT_PTR_NULL(options.platform);
    CU_ASSERT_PTR_NULL(options.run);
    CU_ASSERT_EQUAL(options.machine.cores, 0);
    CU_ASSERT_EQUAL(options.timeout_s, OPTIONS_TIMEOUT_UNSET);
    CU_ASSERT_EQUAL(options.accel, OPTIONS_ACCEL_AUTO);
}

static void test_all_options(void)
{
    CU_ASSERT(parse("--platform|p|--image|i|--cores|255|--memory|2G|--nodes|8|--run|echo a, b|"
                    "--timeout|5|--accel|tcg|--gdb|--log|l|--verbose|--qemu-arg|-x|--qemu-arg=-y"));
    CU_ASSERT_STRING_EQUAL(options.platform, "p");
    CU_ASSERT_STRING_EQUAL(options.image, "i");
    CU_ASSERT_STRING_EQUAL(options.run, "echo a, b");
    CU_ASSERT_STRING_EQUAL(options.log, "l");
    CU_ASSERT_EQUAL(options.machine.cores, 255);
    CU_ASSERT_EQUAL(options.machine.memory_mib, 2048);
    CU_ASSERT_EQUAL(options.machine.nodes, 8);
    CU_ASSERT_EQUAL(options.timeout_s, 5);
    CU_ASSERT_EQUAL(options.accel, OPTIONS_ACCEL_TCG);
    CU_ASSERT(options.gdb && options.verbose);
    CU_ASSERT_EQUAL_FATAL(options.qemu_args_count, 2);
    CU_ASSERT_STRING_EQUAL(options.qemu_args[0], "-x");
    CU_ASSERT_STRING_EQUAL(options.qemu_args[1], "-y");
}

static void test_image_form(void)
{
    CU_ASSERT(parse("image|--platform|p.yaml|--output|b/p.iso|--build|b|--depfile|d"));
    CU_ASSERT_STRING_EQUAL(options.build, "b");
    CU_ASSERT(options.build_image);
    CU_ASSERT_STRING_EQUAL(options.output, "b/p.iso");
    CU_ASSERT_STRING_EQUAL(options.depfile, "d");
    refused("image|--output|x", "image: --platform is missing");
    refused("image|--platform|x", "image: --output is missing");
    refused("image|--cores|3", "--cores: no such option, or not used like this");
}

static void test_implications(void)
{
    CU_ASSERT(parse("--deterministic"));
    CU_ASSERT(options.deterministic && options.direct);
    CU_ASSERT(parse("--direct"));
    CU_ASSERT(options.direct && !options.deterministic);
    CU_ASSERT_FALSE(options.count);
    CU_ASSERT(parse("--count"));
    CU_ASSERT(options.count && options.deterministic && options.direct);
    CU_ASSERT_PTR_NULL(options.count_csv);
    CU_ASSERT(parse("--count-csv|f.csv"));
    CU_ASSERT(options.count && options.deterministic && options.direct);
    CU_ASSERT_STRING_EQUAL(options.count_csv, "f.csv");
    CU_ASSERT(parse("--costs|host"));
    CU_ASSERT(options.count && options.deterministic && options.direct);
    CU_ASSERT_STRING_EQUAL(options.costs, "host");
    CU_ASSERT(parse("--audit"));
    CU_ASSERT(options.audit && !options.count && options.deterministic && options.direct);
    CU_ASSERT(parse("--bochs|--run|x|--cores|8|--nodes|1"));
    CU_ASSERT(options.bochs && !options.direct);
    CU_ASSERT(parse("--module|a|--module|b"));
    CU_ASSERT_EQUAL(options.modules_count, 2);
    CU_ASSERT(parse("--help|--cores|1"));
    CU_ASSERT(options.help);
}

static void test_bad_numbers(void)
{
    static const char *const bad[] = {"0", "256", "-1", "4294967297", "1x", "x", " 3", "+3", ""};
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        char *argv[] = {"stave-boot", "--cores", (char *)bad[i]};
        char expected[128];
        report = (struct report){0};
        CU_ASSERT_FALSE(options_parse(&options, 3, argv, &report));
        snprintf(expected, sizeof(expected), "--cores: '%s' is not a whole number from 1 to 255",
                 bad[i]);
        CU_ASSERT_STRING_EQUAL(report.text, expected);
    }
    refused("--nodes|9", "--nodes: '9' is not a whole number from 1 to 8");
    refused("--nodes|0", "--nodes: '0' is not a whole number from 1 to 8");
    refused("--timeout|soon", "--timeout: 'soon' is not a whole number from 0 to 1000000");
}

static void test_bad_arguments(void)
{
    refused("--colour", "--colour: no such option, or not used like this");
    refused("--run", "--run: the argument is missing");
    refused("--gdb=yes", "--gdb=yes: no such option, or not used like this");
    refused("hello", "hello: not expected here");
    refused("--gdb|hello", "hello: not expected here");
    refused("--accel|xen", "--accel: 'xen' is not auto, tcg or kvm");
    refused("--memory|256", "--memory: '256' is not a size like 256M or 2G");
    refused("--run=", "--run: the argument is empty");
}

static void test_exclusions(void)
{
    refused("--deterministic|--accel|kvm", "--deterministic and --accel kvm exclude each other");
    refused("--deterministic|--uefi", "--deterministic excludes --uefi");
    refused("--count|--accel|kvm", "--count and --accel kvm exclude each other");
    refused("--audit|--image|i", "--audit excludes --image");
    refused("--count-csv|f|--uefi", "--count excludes --uefi");
    refused("--direct|--image|x", "--direct excludes --image");
    refused("--bochs|--run|x|--direct", "--bochs excludes --direct");
    refused("--bochs|--run|x|--audit", "--bochs excludes --audit");
    refused("--bochs|--run|x|--uefi", "--bochs excludes --uefi");
    refused("--bochs|--run|x|--gdb", "--bochs excludes --gdb");
    refused("--bochs|--run|x|--image|i", "--bochs excludes --image");
    refused("--bochs|--run|x|--qemu-arg|-S", "--bochs excludes --qemu-arg");
    refused("--bochs|--run|x|--accel|tcg", "--bochs excludes --accel");
    refused("--bochs|--run|x|--nodes|2", "--bochs excludes --nodes");
    refused("--bochs|--run|x|--cores|9", "--bochs: at most 8 cores, not 9");
    refused("--bochs", "--bochs takes no input: --run is missing");
    refused("--image|x|--module|y",
            "--image and --module exclude each other: --module builds an image of its own");
}

static void test_too_many(void)
{
    char *argv[2 + 2 * OPTIONS_MODULES_MAX + 1] = {"stave-boot"};
    for (unsigned i = 0; i <= OPTIONS_MODULES_MAX; i++) {
        argv[1 + 2 * i] = "--module";
        argv[2 + 2 * i] = "m";
    }
    report = (struct report){0};
    CU_ASSERT(options_parse(&options, 1 + 2 * OPTIONS_MODULES_MAX, argv, &report));
    CU_ASSERT_FALSE(options_parse(&options, 3 + 2 * OPTIONS_MODULES_MAX, argv, &report));
    CU_ASSERT_STRING_EQUAL(report.text, "--module: more than 32 times");
}

TEST_SUITE("options") = {
    {"defaults", test_defaults},       {"all options", test_all_options},
    {"image form", test_image_form},   {"implications", test_implications},
    {"bad numbers", test_bad_numbers}, {"bad arguments", test_bad_arguments},
    {"exclusions", test_exclusions},   {"too many", test_too_many},
};
