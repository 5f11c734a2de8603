// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Tests in processes of their own; random numbers by splitmix64 (Steele, Lea and Flood, "Fast
// splittable pseudorandom number generators", 2014).
#include "testlib/testlib.h"

#include <CUnit/TestRun.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static void print_failures(unsigned from)
{
    unsigned i = 0;
    for (CU_pFailureRecord record = CU_get_failure_list(); record != NULL; record = record->pNext)
        if (i++ >= from)
            fprintf(stderr, "%s:%u: %s\n", record->strFileName, record->uiLineNumber,
                    record->strCondition);
}

void test_isolated(void (*test)(void))
{
    unsigned before = CU_get_number_of_failure_records();
    int status = 0;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        jmp_buf end; // where a fatal assertion goes
        CU_get_current_test()->pJumpBuf = &end;
        if (setjmp(end) == 0)
            test();
        print_failures(before);
        fflush(NULL);
        _exit(CU_get_number_of_failure_records() != before);
    }
    CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
    CU_ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

void test_dies(void (*test)(void))
{
    int status = 0;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        freopen("/dev/null", "w", stderr);
        test();
        _exit(0);
    }
    CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
    CU_ASSERT_FALSE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

void test_random_init(struct test_random *random, uint64_t seed)
{
    const char *wanted = getenv("STAVE_SEED");
    random->state = wanted != NULL && *wanted != '\0' ? strtoull(wanted, NULL, 0) : seed;
    printf("STAVE_SEED=%" PRIu64 "\n", random->state);
}

uint64_t test_random_next(struct test_random *random)
{
    uint64_t z = random->state += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

uint64_t test_random_below(struct test_random *random, uint64_t bound)
{
    return test_random_next(random) % bound;
}
