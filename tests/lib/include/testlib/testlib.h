// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What every CUnit suite of the host needs: a main program that runs the suites linked to it, with
// an exit status of 0 only if there was a test, each test ran and no assertion failed; and random
// numbers that a seed repeats. Assertions are CUnit's.
#pragma once

#include <CUnit/CUnit.h>
#include <stdint.h>

#define TEST_SUITE_MAX 64 // tests of a suite, and the row of zeros that ends them

/// A suite of tests: made by TEST_SUITE only.
struct test_suite {
    const char *name;
    CU_TestInfo *tests;
    void (*set_up)(void), (*tear_down)(void); // before and after each test, unless NULL
    struct test_suite *next;
};

/// Adds a suite to those that the program runs.
void test_suite_register(struct test_suite *suite);

#define TEST_JOIN_(a, b) a##b
#define TEST_JOIN(a, b) TEST_JOIN_(a, b)

/// A suite that the program runs, with each test's name printed; suites run in the order of the
/// program's sources. What every test needs may be given behind the name:
///     TEST_SUITE("rings", .set_up = begin, .tear_down = end) = {
///         {"a full ring takes nothing", test_full},
///     };
#define TEST_SUITE(...)                                                                            \
    TEST_SUITE_(TEST_JOIN(tests_, __LINE__), TEST_JOIN(suite_, __LINE__),                          \
                TEST_JOIN(register_, __LINE__), __VA_ARGS__)
#define TEST_SUITE_(rows, suite, register_suite, title, ...)                                       \
    static CU_TestInfo rows[TEST_SUITE_MAX];                                                       \
    static struct test_suite suite = {.name = title, .tests = rows, __VA_ARGS__};                  \
    __attribute__((constructor)) static void register_suite(void)                                  \
    {                                                                                              \
        test_suite_register(&suite);                                                               \
    }                                                                                              \
    static CU_TestInfo rows[TEST_SUITE_MAX]

/// Defined by a program that takes arguments: called before the first suite. It may end the process.
void test_program_begin(int argc, char **argv) __attribute__((weak));

/// Run `test` in a process of its own, a copy of this one: for code that keeps its state in static
/// variables, or that ends the process. What fails there, or ends it otherwise than by returning,
/// fails here.
void test_isolated(void (*test)(void));

/// Run `test` in a process of its own, which must end otherwise than by returning: at an assertion.
void test_dies(void (*test)(void));

/// Defines test_x(), which runs x() so.
#define TEST_ISOLATED(name)                                                                        \
    static void test_##name(void)                                                                  \
    {                                                                                              \
        test_isolated(name);                                                                       \
    }

/// The same between begin() and end().
#define TEST_ISOLATED_BETWEEN(name, begin, end)                                                    \
    static void in_##name(void)                                                                    \
    {                                                                                              \
        begin();                                                                                   \
        name();                                                                                    \
        end();                                                                                     \
    }                                                                                              \
    static void test_##name(void)                                                                  \
    {                                                                                              \
        test_isolated(in_##name);                                                                  \
    }

/// A stream of pseudo-random numbers (splitmix64); one per thread.
struct test_random {
    uint64_t state;
};

/// Begin a stream with `seed`, or with the number in the environment variable STAVE_SEED if that
/// is set. Prints the seed in use, so that a failure can be repeated.
void test_random_init(struct test_random *random, uint64_t seed);

/// The next number, any of 2^64.
uint64_t test_random_next(struct test_random *random);

/// The next number in 0 .. bound - 1; `bound` is not 0. (Not exactly uniform for huge bounds.)
uint64_t test_random_below(struct test_random *random, uint64_t bound);
