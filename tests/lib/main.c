// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The main program of every test on the host: runs the suites that registered themselves, and turns
// what CUnit counted into an exit status that tells the truth, which CUnit's own does not.
#include "testlib/testlib.h"

#include <CUnit/Basic.h>
#include <CUnit/TestRun.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

static struct test_suite *suites, **last = &suites; // in the order in which they registered

void test_suite_register(struct test_suite *suite)
{
    if (suite->tests[TEST_SUITE_MAX - 1].pName != NULL) {
        fprintf(stderr, "%s: too many tests\n", suite->name);
        exit(EXIT_FAILURE);
    }
    *last = suite;
    last = &suite->next;
}

static CU_ErrorCode add(const struct test_suite *suite)
{
    CU_SuiteInfo infos[] = {
        {.pName = suite->name,
         .pSetUpFunc = suite->set_up,
         .pTearDownFunc = suite->tear_down,
         .pTests = suite->tests},
        CU_SUITE_INFO_NULL,
    };
    return CU_register_suites(infos);
}

static int verdict(CU_ErrorCode error)
{
    if (error != CUE_SUCCESS) {
        fprintf(stderr, "CUnit: %s\n", CU_get_error_msg());
        return EXIT_FAILURE;
    }
    if (CU_get_number_of_tests_run() == 0) {
        fprintf(stderr, "no test ran\n");
        return EXIT_FAILURE;
    }
    // Records are written for assertions as well as for suites that fail to begin or end.
    bool failed = CU_get_number_of_failures() != 0 || CU_get_number_of_failure_records() != 0 ||
                  CU_get_number_of_suites_failed() != 0 || CU_get_number_of_tests_failed() != 0;
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    if (test_program_begin != NULL)
        test_program_begin(argc, argv);
    setvbuf(stdout, NULL, _IOLBF, 0);
    CU_ErrorCode error = CU_initialize_registry();
    for (struct test_suite *suite = suites; error == CUE_SUCCESS && suite != NULL;
         suite = suite->next)
        error = add(suite);
    if (error == CUE_SUCCESS) {
        CU_basic_set_mode(CU_BRM_VERBOSE);
        error = CU_basic_run_tests();
    }
    int status = verdict(error);
    CU_cleanup_registry();
    return status;
}
