// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Unit tests of stave-boot: everything but real boots, which are the system tests' business.
#include <testlib/testlib.h>

#include "scratch.h"
#include "suites.h"

int main(void)
{
    CU_SuiteInfo suites[] = {
        {.pName = "options", .pTests = options_tests},
        {.pName = "machine", .pTests = machine_tests},
        {.pName = "platform",
         .pSetUpFunc = scratch_begin,
         .pTearDownFunc = scratch_end,
         .pTests = platform_tests},
        {.pName = "modules",
         .pSetUpFunc = scratch_begin,
         .pTearDownFunc = scratch_end,
         .pTests = modules_tests},
        {.pName = "direct",
         .pSetUpFunc = scratch_begin,
         .pTearDownFunc = scratch_end,
         .pTests = direct_tests},
        {.pName = "qemu", .pTests = qemu_tests},
        {.pName = "bochs", .pTests = bochs_tests},
        {.pName = "run",
         .pSetUpFunc = scratch_begin,
         .pTearDownFunc = scratch_end,
         .pTests = run_tests},
        {.pName = "count",
         .pSetUpFunc = scratch_begin,
         .pTearDownFunc = scratch_end,
         .pTests = count_tests},
        CU_SUITE_INFO_NULL,
    };
    return test_main(suites);
}
