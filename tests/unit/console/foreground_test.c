// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Who may give the foreground to whom.
#include <foreground.h>
#include <string.h>
#include <testlib/testlib.h>

#define SHELL 5u
#define PROGRAM 0x10006u
#define HELPER 7u
#define HOSTILE 8u

static struct foreground foreground;

static void start(void)
{
    memset(&foreground, 0, sizeof(foreground));
    foreground_begin(&foreground, SHELL);
}

static void test_give(void)
{
    memset(&foreground, 0, sizeof(foreground));
    CU_ASSERT_EQUAL(foreground_now(&foreground), 0);
    CU_ASSERT_FALSE(foreground_give(&foreground, HOSTILE, HOSTILE)); // there is no operator yet
    CU_ASSERT_FALSE(foreground_give(&foreground, 0, HOSTILE));
    start();
    CU_ASSERT_EQUAL(foreground_now(&foreground), SHELL);
    CU_ASSERT_TRUE(foreground_give(&foreground, SHELL, PROGRAM));
    CU_ASSERT_TRUE(foreground_give(&foreground, PROGRAM, HELPER));
    CU_ASSERT_EQUAL(foreground_now(&foreground), HELPER);
    CU_ASSERT_EQUAL(foreground_below(&foreground, 1), PROGRAM);
    CU_ASSERT_EQUAL(foreground_below(&foreground, 2), SHELL);
    CU_ASSERT_EQUAL(foreground_below(&foreground, 3), 0);
    CU_ASSERT_TRUE(foreground_give(&foreground, PROGRAM, PROGRAM));
    CU_ASSERT_EQUAL(foreground_now(&foreground), PROGRAM);
    CU_ASSERT_FALSE(foreground_give(&foreground, HELPER, HELPER)); // it is over for it
    CU_ASSERT_TRUE(foreground_give(&foreground, SHELL, HELPER));   // in the program's place
    CU_ASSERT_EQUAL(foreground_now(&foreground), HELPER);
    CU_ASSERT_FALSE(foreground_give(&foreground, PROGRAM, PROGRAM));
    CU_ASSERT_TRUE(foreground_give(&foreground, SHELL, SHELL));
    CU_ASSERT_EQUAL(foreground_now(&foreground), SHELL);
}

static void test_refused(void)
{
    start();
    CU_ASSERT_TRUE(foreground_give(&foreground, SHELL, PROGRAM));
    CU_ASSERT_FALSE(foreground_give(&foreground, HOSTILE, HOSTILE));
    CU_ASSERT_FALSE(foreground_give(&foreground, HOSTILE, PROGRAM));
    CU_ASSERT_FALSE(foreground_give(&foreground, PROGRAM, 0));
    CU_ASSERT_FALSE(foreground_give(&foreground, PROGRAM, SHELL)); // it is in its place already
    CU_ASSERT_EQUAL(foreground_now(&foreground), PROGRAM);
    for (domainid_t domain = 100; domain < 100 + FOREGROUND_DEPTH_MAX - 2; domain++)
        CU_ASSERT_TRUE(foreground_give(&foreground, foreground_now(&foreground), domain));
    domainid_t last = foreground_now(&foreground);
    CU_ASSERT_FALSE(foreground_give(&foreground, last, HELPER));
    CU_ASSERT_EQUAL(foreground_now(&foreground), last);
}

static void test_end(void)
{
    start();
    CU_ASSERT_TRUE(foreground_give(&foreground, SHELL, PROGRAM));
    CU_ASSERT_TRUE(foreground_give(&foreground, PROGRAM, HELPER));
    foreground_end(&foreground, HOSTILE);
    CU_ASSERT_EQUAL(foreground_now(&foreground), HELPER);
    foreground_end(&foreground, PROGRAM); // and who had it from there
    CU_ASSERT_EQUAL(foreground_now(&foreground), SHELL);
    foreground_end(&foreground, SHELL);
    CU_ASSERT_EQUAL(foreground_now(&foreground), SHELL); // nobody else's
}

TEST_SUITE("foreground") = {
    {"giving and taking", test_give},
    {"refused", test_refused},
    {"ends", test_end},
};
