// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The suites of this program.
#pragma once

#include <testlib/testlib.h>

extern CU_TestInfo drop_tests[];
extern CU_TestInfo free_ranges_tests[];
extern CU_TestInfo memory_tests[];
extern CU_TestInfo pieces_tests[];
extern CU_TestInfo accounts_tests[];
extern CU_TestInfo held_ranges_tests[];
extern CU_TestInfo revocation_tests[];
extern CU_TestInfo damage_tests[];
extern CU_TestInfo service_tests[];
extern CU_TestInfo forget_tests[];
extern CU_TestInfo reclaim_tests[];
