// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Lines of scripts: whole, or refused as a whole.
#include <script.h>
#include <string.h>

#include <testlib/testlib.h>

static struct script script;

static bool add(const char *bytes, size_t count)
{
    bool complete = false;
    for (size_t i = 0; i < count; i++) {
        CU_ASSERT_FALSE(complete);
        complete = script_add(&script, bytes[i]);
    }
    return complete;
}

static void test_lines(void)
{
    script_begin(&script);
    CU_ASSERT_TRUE(script_empty(&script));
    CU_ASSERT_FALSE(add("a\004\177\tb", 5)); // no keys here
    CU_ASSERT_FALSE(script_empty(&script));
    CU_ASSERT_TRUE(add("\303\244\n", 3));
    CU_ASSERT_PTR_NULL(script_fault(&script));
    CU_ASSERT_STRING_EQUAL(script_text(&script), "a\004\177\tb\303\244");
    script_begin(&script);
    CU_ASSERT_TRUE(add("\n", 1));
    CU_ASSERT_STRING_EQUAL(script_text(&script), "");
}

static void test_refused(void)
{
    script_begin(&script);
    for (size_t i = 0; i < SCRIPT_LINE_BYTES - 1; i++)
        CU_ASSERT_FALSE(script_add(&script, 'x'));
    CU_ASSERT_PTR_NULL(script_fault(&script));
    CU_ASSERT_EQUAL(strlen(script_text(&script)), SCRIPT_LINE_BYTES - 1);
    for (size_t i = 0; i < 3 * SCRIPT_LINE_BYTES; i++) {
        CU_ASSERT_FALSE(script_add(&script, 'x'));
        CU_ASSERT_PTR_NOT_NULL(script_fault(&script));
    }
    CU_ASSERT_TRUE(add("\n", 1));
    CU_ASSERT_PTR_NOT_NULL(script_fault(&script));
    script_begin(&script);
    CU_ASSERT_TRUE(add("a\0b\n", 4));
    CU_ASSERT_PTR_NOT_NULL(script_fault(&script));
    script_begin(&script);
    CU_ASSERT_TRUE(add("ab\n", 3));
    CU_ASSERT_PTR_NULL(script_fault(&script));
}

TEST_SUITE("script") = {
    {"lines", test_lines},
    {"refused lines", test_refused},
};
