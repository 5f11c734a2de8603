// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Runs the suites of the library's memory management.
#include "suites.h"

#include <testlib/testlib.h>

int main(void)
{
    CU_SuiteInfo suites[] = {{"capability space", NULL, NULL, NULL, NULL, cspace_tests},
                             {"objects", NULL, NULL, NULL, NULL, objects_tests},
                             {"mapping", NULL, NULL, NULL, NULL, map_tests},
                             {"memory", NULL, NULL, NULL, NULL, ram_tests},
                             {"Linux memory", NULL, NULL, NULL, NULL, linux_memory_tests},
                             {"spawn", NULL, NULL, NULL, NULL, spawn_tests},
                             {"revocation", NULL, NULL, NULL, NULL, revoke_tests},
                             CU_SUITE_INFO_NULL};
    return test_main(suites);
}
