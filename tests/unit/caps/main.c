// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Runs the suites of the capability system. An argument is the number of
// operations of the random test; STAVE_SEED repeats a run.
#include "world.h"

#include <stdlib.h>

int main(int argc, char **argv)
{
    if (argc > 1)
        random_operations = strtoull(argv[1], NULL, 0);
    CU_SuiteInfo suites[] = {
        {.pName = "rules", .pTests = rules_tests},
        {.pName = "decode", .pTests = decode_tests},
        {.pName = "mdb", .pTests = mdb_tests},
        {.pName = "cspace", .pTests = cspace_tests},
        {.pName = "ops", .pTests = ops_tests},
        {.pName = "create", .pTests = create_tests},
        {.pName = "retype", .pTests = retype_tests},
        {.pName = "mapping", .pTests = mapping_tests},
        {.pName = "mapping copies", .pTests = mapping_copy_tests},
        {.pName = "delete", .pTests = delete_tests},
        {.pName = "revoke", .pTests = revoke_tests},
        {.pName = "holds", .pTests = hold_tests},
        {.pName = "zombie", .pTests = zombie_tests},
        {.pName = "reclaim", .pTests = reclaim_tests},
        {.pName = "checker", .pTests = valid_tests},
        {.pName = "random", .pTests = random_tests},
        CU_SUITE_INFO_NULL,
    };
    return test_main(suites);
}
