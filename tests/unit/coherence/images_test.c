// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Names of a real image, the CPU driver's; code that fits no image or several; files that are none.
#include "images.h"

#include <stdio.h>
#include <string.h>

#include <testlib/testlib.h>

#define CPUDRIVER "build/cpudriver.elf"

static void test_names(void)
{
    struct images images = {0};
    CU_ASSERT_FATAL(images_add(&images, CPUDRIVER));
    uint64_t address = images_address(&images, 0, "syscall_handle");
    CU_ASSERT(address > CPUDRIVER_HALF);
    const char *name = images_symbol_name(&images, images_symbol(&images, 0, address));
    CU_ASSERT_STRING_EQUAL(name, "cpudriver.elf:syscall_handle");
    name = images_symbol_name(&images, images_symbol(&images, 0, address + 3));
    CU_ASSERT_STRING_EQUAL(name, "cpudriver.elf:syscall_handle");
    address = images_address(&images, 0, "kcb"); // data
    name = images_symbol_name(&images, images_symbol(&images, 0, address + 64));
    CU_ASSERT_STRING_EQUAL(name, "cpudriver.elf:kcb");
    CU_ASSERT_EQUAL(images_symbol(&images, 0, 0x1234), 0);
    CU_ASSERT_EQUAL(images_symbol(&images, 0, UINT64_MAX), 0);
    CU_ASSERT_EQUAL(images_symbol(&images, IMAGE_NONE, address), 0);
    CU_ASSERT_EQUAL(images_address(&images, 0, "no such symbol"), 0);
    CU_ASSERT_STRING_EQUAL(images_symbol_name(&images, 0), "-");
    images_free(&images);
}

/// The code is that of a mapping of the file: its text begins 4 KiB after its headers.
static void test_match(void)
{
    struct images images = {0};
    unsigned char code[64];
    CU_ASSERT_FATAL(images_add(&images, CPUDRIVER));
    FILE *file = fopen(CPUDRIVER, "rb");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    // .text is at 0xffffffff80200000, offset 0x2000 of the file.
    CU_ASSERT(fseek(file, 0x2000, SEEK_SET) == 0 && fread(code, 1, 64, file) == 64);
    fclose(file);
    CU_ASSERT_EQUAL(images_match(&images, 0xffffffff80200000, code, 64), 0);
    CU_ASSERT_EQUAL(images_match(&images, 0xffffffff80200001, code, 64), IMAGE_NONE);
    CU_ASSERT_EQUAL(images_match(&images, 0x400000, code, 64), IMAGE_NONE);
    code[63] ^= 1;
    CU_ASSERT_EQUAL(images_match(&images, 0xffffffff80200000, code, 64), IMAGE_NONE);
    code[63] ^= 1;
    CU_ASSERT_FATAL(images_add(&images, CPUDRIVER)); // the same once more: ambiguous
    CU_ASSERT_EQUAL(images_match(&images, 0xffffffff80200000, code, 64), IMAGE_NONE);
    images_free(&images);
}

static void test_refused(void)
{
    struct images images = {0};
    CU_ASSERT_FALSE(images_add(&images, "build"));
    CU_ASSERT_FALSE(images_add(&images, "no such file"));
    CU_ASSERT_FALSE(images_add(&images, "README.md"));
    CU_ASSERT_EQUAL(images.count, 0);
}

TEST_SUITE("images") = {
    {"names", test_names},
    {"match", test_match},
    {"no images", test_refused},
};
