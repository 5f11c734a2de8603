// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Runs the suites of the cache-line channel: semantics on one thread, hostile peers, streams
// between threads, sleep and wake. Exit status 0 exactly if all ran and nothing failed.
#include "pair.h"

#include <CUnit/Basic.h>

int main(void)
{
    if (CU_initialize_registry() != CUE_SUCCESS)
        return 1;
    ring_suite();
    claim_suite();
    stream_suite();
    sleep_suite();
    race_suite();
    state_suite();
    fence_suite();
    CU_basic_set_mode(CU_BRM_VERBOSE);
    bool ran = CU_get_error() == CUE_SUCCESS && CU_basic_run_tests() == CUE_SUCCESS;
    bool failed = CU_get_number_of_failures() != 0;
    CU_cleanup_registry();
    return ran && !failed ? 0 : 1;
}
