// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Runs the suites of the library's clients.
#include "suites.h"

#include <stdlib.h>
#include <testlib/testlib.h>

int main(void)
{
    if (getenv("ALONE") != NULL)
        return terminal_alone();
    CU_SuiteInfo suites[] = {{"spawnd", NULL, NULL, NULL, NULL, spawn_tests},
                             {"monitor", NULL, NULL, NULL, NULL, names_tests},
                             {"terminal", NULL, NULL, NULL, NULL, terminal_tests},
                             CU_SUITE_INFO_NULL};
    return test_main(suites);
}
