// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The vector at the start of the stack, with honest and with hostile argument pages; error texts.
#include <elf.h>
#include <string.h>

#include "barrelfish/err.h"
#include "barrelfish/except.h"
#include "testlib/testlib.h"
#include "util/startup.h"

#define AUX_WORDS 24u

static struct spawn_args args;
static uint64_t vector[STARTUP_WORDS_MAX];
static const uint8_t random_bytes[16];

static void begin(const char *strings, size_t bytes, uint32_t argc, uint32_t envc)
{
    memset(&args, 0, sizeof(args));
    memcpy(args.strings, strings, bytes);
    args.strings_bytes = (uint32_t)bytes;
    args.argc = argc;
    args.envc = envc;
    args.phdr_vaddr = 0x400040;
    args.phnum = 7;
    args.entry = 0x401234;
    memset(vector, 0xff, sizeof(vector));
}

static uint64_t aux_value(const uint64_t *aux, uint64_t type)
{
    for (; aux[0] != AT_NULL; aux += 2)
        if (aux[0] == type)
            return aux[1];
    return UINT64_MAX;
}

static void test_vector(void)
{
    static const char strings[] = "/bin/shell\0-c\0A=b";
    begin(strings, sizeof(strings), 2, 1);
    size_t words = startup_vector_fill(vector, &args, random_bytes);
    CU_ASSERT_EQUAL(vector[0], 2);
    CU_ASSERT_STRING_EQUAL((const char *)vector[1], "/bin/shell");
    CU_ASSERT_STRING_EQUAL((const char *)vector[2], "-c");
    CU_ASSERT_EQUAL(vector[3], 0);
    CU_ASSERT_STRING_EQUAL((const char *)vector[4], "A=b");
    CU_ASSERT_EQUAL(vector[5], 0);
    const uint64_t aux[AUX_WORDS] = {AT_PHDR,   0x400040,
                                     AT_PHNUM,  7,
                                     AT_PHENT,  56,
                                     AT_PAGESZ, 4096,
                                     AT_ENTRY,  0x401234,
                                     AT_UID,    0,
                                     AT_EUID,   0,
                                     AT_GID,    0,
                                     AT_EGID,   0,
                                     AT_SECURE, 0,
                                     AT_RANDOM, (uint64_t)random_bytes,
                                     AT_NULL,   0};
    CU_ASSERT_EQUAL(words, 6 + AUX_WORDS);
    CU_ASSERT_EQUAL(memcmp(vector + 6, aux, sizeof(aux)), 0);
    CU_ASSERT_EQUAL(vector[words], UINT64_MAX);
    CU_ASSERT_STRING_EQUAL(startup_name(&args), "shell");
    args.argc = 1;
    CU_ASSERT_STRING_EQUAL(startup_name(&args), "shell");
    args.argc = 0;
    CU_ASSERT_STRING_EQUAL(startup_name(&args), "");
    begin("init", 5, 1, 0);
    CU_ASSERT_STRING_EQUAL(startup_name(&args), "init");
}

/// The last string may end with the last byte that is used, or that there is.
static void test_last_byte(void)
{
    begin("ab", 3, 1, 0);
    startup_vector_fill(vector, &args, random_bytes);
    CU_ASSERT_EQUAL(vector[0], 1);
    args.strings_bytes = 2;
    startup_vector_fill(vector, &args, random_bytes);
    CU_ASSERT_EQUAL(vector[0], 0);
    memset(args.strings, 'x', sizeof(args.strings) - 1);
    args.strings_bytes = sizeof(args.strings);
    startup_vector_fill(vector, &args, random_bytes);
    CU_ASSERT_EQUAL(vector[0], 1);
    CU_ASSERT_EQUAL(strlen(startup_name(&args)), sizeof(args.strings) - 1);
}

static void test_hostile(void)
{
    begin("ab\0c", 4, 3, 1); // the second string has no end, the others do not exist
    startup_vector_fill(vector, &args, random_bytes);
    CU_ASSERT_EQUAL(vector[0], 1);
    CU_ASSERT_EQUAL(vector[2], 0);
    CU_ASSERT_EQUAL(vector[3], 0);
    begin("", 1, 0, 0);
    args.phdr_vaddr = 0;
    startup_vector_fill(vector, &args, random_bytes);
    CU_ASSERT_EQUAL(aux_value(vector + 3, AT_PHNUM), 0);
    CU_ASSERT_STRING_EQUAL(startup_name(&args), "");
    memset(args.strings, 0, sizeof(args.strings)); // more strings than there is room for
    args.strings_bytes = UINT32_MAX;
    args.argc = args.envc = UINT32_MAX;
    size_t most = 1 + STARTUP_STRINGS_MAX + 2 + AUX_WORDS;
    CU_ASSERT_EQUAL(startup_vector_fill(vector, &args, random_bytes), most);
    CU_ASSERT_EQUAL(vector[0], STARTUP_STRINGS_MAX);
    args.argc = 1;
    CU_ASSERT_EQUAL(startup_vector_fill(vector, &args, random_bytes), most);
    CU_ASSERT_TRUE(vector[0] == 1 && vector[2] == 0 && vector[2 + STARTUP_STRINGS_MAX] == 0);
    args.argc = STARTUP_STRINGS_MAX - 1;
    args.envc = 0;
    CU_ASSERT_EQUAL(startup_vector_fill(vector, &args, random_bytes), most - 1);
    memset(args.strings, 'x', sizeof(args.strings));
    startup_vector_fill(vector, &args, random_bytes);
    CU_ASSERT_EQUAL(vector[0], 0);
    CU_ASSERT_STRING_EQUAL(startup_name(&args), "");
}

static void test_errors(void)
{
    static const char *const exceptions[] = {"divide error",
                                             "debug",
                                             "NMI",
                                             "breakpoint",
                                             "overflow",
                                             "bound range",
                                             "invalid opcode",
                                             "device not available",
                                             "double fault",
                                             "reserved",
                                             "invalid TSS",
                                             "segment not present",
                                             "stack fault",
                                             "general protection",
                                             "page fault",
                                             "reserved",
                                             "x87 error",
                                             "alignment check",
                                             "machine check",
                                             "SIMD error"};
    for (uint64_t i = 0; i < 40; i++)
        CU_ASSERT_STRING_EQUAL(except_name(i), i < 20 ? exceptions[i] : "reserved");
    CU_ASSERT_STRING_EQUAL(except_name(UINT64_MAX), "reserved");
    CU_ASSERT_STRING_EQUAL(err_getstring(SYS_ERR_OK), "success");
    CU_ASSERT_STRING_EQUAL(err_getcode(err_push(SYS_ERR_ARGS, NS_ERR_NAME)), "NS_ERR_NAME");
    CU_ASSERT_STRING_EQUAL(err_getstring(ERR_CODES_COUNT), "unknown error");
    CU_ASSERT_STRING_EQUAL(err_getcode(UINT64_MAX), "unknown error");
}

TEST_SUITE("startup") = {
    {"vector", test_vector},
    {"the last byte of strings", test_last_byte},
    {"hostile argument pages", test_hostile},
    {"errors and exceptions in words", test_errors},
};
