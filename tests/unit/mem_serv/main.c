// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The memory server without its messages, on the CPU driver's capability code.
#include "suites.h"

int main(void)
{
    CU_SuiteInfo suites[] = {
        {"pieces", NULL, NULL, NULL, NULL, pieces_tests},
        {"free ranges", NULL, NULL, NULL, NULL, free_ranges_tests},
        {"memory", NULL, NULL, NULL, NULL, memory_tests},
        {"dropped capabilities", NULL, NULL, NULL, NULL, drop_tests},
        {"accounts", NULL, NULL, NULL, NULL, accounts_tests},
        {"held ranges", NULL, NULL, NULL, NULL, held_ranges_tests},
        {"revocation", NULL, NULL, NULL, NULL, revocation_tests},
        CU_SUITE_INFO_NULL,
    };
    return test_main(suites);
}
