// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Errors as the prompt tells them: what failed, why, and what to do; also when there is no room.
#include <string.h>
#include <testlib/testlib.h>

#include "barrelfish/err.h"
#include "error_text.h"

static void expect(errval_t err, const char *expected)
{
    char text[ERROR_TEXT_BYTES];
    error_text(err, text, sizeof(text));
    CU_ASSERT_STRING_EQUAL(text, expected);
}

static void test_texts(void)
{
    expect(SYS_ERR_RIGHTS, "the capability or the binding lacks the right");
    expect(
        err_push(ELF_ERR_FOREIGN, SPAWN_ERR_LOAD),
        "the program could not be loaded: without Stave's note: a program for Linux? Build it as "
        "a part of kind domain");
    expect(err_push(ELF_ERR_EMPTY, SPAWN_ERR_LOAD),
           "the program could not be loaded: the file is empty: 0 bytes");
    expect(SPAWN_ERR_NO_MODULE, "no boot module has this name (help lists commands and modules)");
    expect(MON_ERR_NO_CORE, "no such core, or it is not up (cores lists those that are up)");
    expect(err_push(LIB_ERR_RAM_ALLOC, SPAWN_ERR_LOAD),
           "the program could not be loaded: the memory server has no such memory (mem shows what "
           "is free)");
}

/// Every code has words, and a longest chain fits; what does not is cut.
static void test_all(void)
{
    char text[ERROR_TEXT_BYTES], small[8];
    for (unsigned code = 1; code < ERR_CODES_COUNT; code++) {
        error_text(code, text, sizeof(text));
        CU_ASSERT(strlen(text) > 5 && strcmp(text, "unknown error") != 0);
    }
    error_text(ERR_CODES_COUNT, text, sizeof(text));
    CU_ASSERT_STRING_EQUAL(text, "unknown error");
    error_text(SPAWN_ERR_NO_MODULE, small, sizeof(small));
    CU_ASSERT_STRING_EQUAL(small, "no boot");
}

TEST_SUITE("error texts") = {
    {"what failed, why, and what to do", test_texts},
    {"every code", test_all},
};
