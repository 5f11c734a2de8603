// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Runs the pure machines of several monitors against one another, in any order that a seed gives.
#include "suites.h"

#include "testlib/testlib.h"

int main(void)
{
    CU_SuiteInfo suites[] = {
        {"connections of domains", NULL, NULL, NULL, NULL, binding_sim_tests},
        {"direct channels", NULL, NULL, NULL, NULL, connect_sim_tests},
        {"cores that come up", NULL, NULL, NULL, NULL, cores_sim_tests},
        {"outstanding answers", NULL, NULL, NULL, NULL, tokens_sim_tests},
        CU_SUITE_INFO_NULL,
    };
    return test_main(suites);
}
