// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The suites of this program.
#pragma once

#include <CUnit/CUnit.h>

extern CU_TestInfo calls_tests[];
extern CU_TestInfo poll_tests[];
extern CU_TestInfo signal_tests[];
extern CU_TestInfo threads_tests[];
