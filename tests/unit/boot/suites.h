// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The suites of the runner's unit tests; each list ends with CU_TEST_INFO_NULL.
#pragma once

#include <CUnit/CUnit.h>

extern CU_TestInfo options_tests[];
extern CU_TestInfo machine_tests[];
extern CU_TestInfo platform_tests[];
extern CU_TestInfo modules_tests[];
extern CU_TestInfo direct_tests[];
extern CU_TestInfo qemu_tests[];
extern CU_TestInfo run_tests[];
extern CU_TestInfo count_tests[];
extern CU_TestInfo bochs_tests[];
