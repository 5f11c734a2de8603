// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The memory server on the CPU driver's capability code. Its own main() has another name here.
#include "suites.h"

#undef main

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
        {"damage", NULL, NULL, NULL, NULL, damage_tests},
        {"requests", NULL, NULL, NULL, NULL, service_tests},
        {"ends", NULL, NULL, NULL, NULL, forget_tests},
        {"taking back", NULL, NULL, NULL, NULL, reclaim_tests},
        CU_SUITE_INFO_NULL,
    };
    return test_main(suites);
}
