// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// All suites for tools/coherence. Runs from the top of the repository.
#include "suites.h"

int main(void)
{
    CU_SuiteInfo suites[] = {
        {"lines", NULL, NULL, NULL, NULL, lines_tests},
        {"images", NULL, NULL, NULL, NULL, images_tests},
        {"counts", NULL, NULL, NULL, NULL, counts_tests},
        {"clock", NULL, NULL, NULL, NULL, clock_tests},
        {"audit", NULL, NULL, NULL, NULL, audit_tests},
        {"behalf", NULL, NULL, NULL, NULL, behalf_tests},
        {"config", NULL, NULL, NULL, NULL, config_tests},
        CU_SUITE_INFO_NULL,
    };
    return test_main(suites);
}
