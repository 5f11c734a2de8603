// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Runs the suites of the interface compiler. STAVE_SEED repeats a run of the random texts.
#include <scratch/scratch_tree.h>

#include "reading.h"

static void begin(void)
{
    CU_ASSERT_FATAL(scratch_create() == 0);
}

static void end(void)
{
    CU_ASSERT(scratch_remove() == 0);
}

int main(void)
{
    CU_SuiteInfo suites[] = {
        {"types", NULL, NULL, NULL, NULL, types_tests},
        {"messages", NULL, NULL, NULL, NULL, messages_tests},
        {"faults", NULL, NULL, NULL, NULL, faults_tests},
        {"several faults", NULL, NULL, NULL, NULL, recovery_tests},
        {"versions", NULL, NULL, NULL, NULL, versions_tests},
        {"random texts", NULL, NULL, NULL, NULL, random_tests},
        {"the program", NULL, NULL, begin, end, program_tests},
        CU_SUITE_INFO_NULL,
    };
    return test_main(suites);
}
