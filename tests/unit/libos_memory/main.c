// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What of libbarrelfish's memory management is pure: each structure against a simple model.
#include "suites.h"

int main(void)
{
    CU_SuiteInfo suites[] = {
        {"range tree", NULL, NULL, NULL, NULL, range_tree_tests},
        {"address map", NULL, NULL, NULL, NULL, address_map_tests},
        {"slot map", NULL, NULL, NULL, NULL, slot_map_tests},
        {"slab", NULL, NULL, NULL, NULL, slab_tests},
        CU_SUITE_INFO_NULL,
    };
    return test_main(suites);
}
