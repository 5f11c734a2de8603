// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What the words that there are have in common; where a command begins.
#include <completion.h>
#include <string.h>

#include <testlib/testlib.h>

static char longest[2 * COMPLETION_BYTES];

static const char *word(void *st, bool first, unsigned index)
{
    const char *const words[] = {"alpha", "alphabet", "alpine", "beta", longest};
    CU_ASSERT(st == NULL && first);
    return index < 5 ? words[index] : NULL;
}

static void expect(const char *begun, unsigned count, const char *text)
{
    struct completion found = completion_find(word, NULL, true, begun, strlen(begun));
    CU_ASSERT_EQUAL(found.count, count);
    CU_ASSERT_STRING_EQUAL(found.text, text);
    CU_ASSERT_EQUAL(found.length, strlen(text));
}

static void test_find(void)
{
    char cut[COMPLETION_BYTES];
    memset(longest, 'z', sizeof(longest) - 1);
    memset(cut, 'z', sizeof(cut));
    cut[sizeof(cut) - 1] = '\0';
    expect("al", 3, "alp");
    expect("alph", 2, "alpha");
    expect("alphab", 1, "alphabet");
    expect("beta", 1, "beta");
    expect("c", 0, "");
    expect("", 5, "");
    expect("z", 1, cut);
    expect(longest, 1, cut);
}

static void test_first(void)
{
    CU_ASSERT(completion_is_first("", 0));
    CU_ASSERT(completion_is_first("   ", 3));
    CU_ASSERT(completion_is_first("a; ", 3));
    CU_ASSERT(completion_is_first("a &", 3));
    CU_ASSERT_FALSE(completion_is_first("a ", 2));
    CU_ASSERT_FALSE(completion_is_first("; a ", 4));
}

TEST_SUITE("completion") = {
    {"find", test_find},
    {"first words", test_first},
};
