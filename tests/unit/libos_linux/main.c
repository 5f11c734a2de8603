// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Runs the suites of the Linux personality.
#include "suites.h"

#include <testlib/testlib.h>

int main(void)
{
    CU_SuiteInfo suites[] = {{"calls", NULL, NULL, NULL, NULL, calls_tests},
                             {"poll", NULL, NULL, NULL, NULL, poll_tests},
                             {"signals", NULL, NULL, NULL, NULL, signal_tests},
                             {"threads", NULL, NULL, NULL, NULL, threads_tests},
                             CU_SUITE_INFO_NULL};
    return test_main(suites);
}
