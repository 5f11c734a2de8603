// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What every CUnit suite of the host needs: a main program whose exit status tells the truth
// (CUnit's own does not), and random numbers that a seed repeats. Assertions are CUnit's.
#pragma once

#include <CUnit/CUnit.h>
#include <stdint.h>

/// Run every suite of `suites` (ended by CU_SUITE_INFO_NULL), printing each test's name.
/// Returns the exit status for main: 0 only if each suite could be initialised and cleaned up, at
/// least one test ran, all active tests ran, and no assertion failed. Call it once per process.
int test_main(CU_SuiteInfo *suites);

/// The same for one suite, of `tests` (ended by CU_TEST_INFO_NULL).
int test_suite(const char *name, CU_TestInfo *tests);

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
