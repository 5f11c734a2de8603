// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The suites of this program.
#pragma once

#include <CUnit/CUnit.h>

extern CU_TestInfo cspace_tests[];
extern CU_TestInfo ram_tests[];
extern CU_TestInfo revoke_tests[];
extern CU_TestInfo spawn_tests[];
extern CU_TestInfo linux_memory_tests[];
extern CU_TestInfo map_tests[];
extern CU_TestInfo objects_tests[];
