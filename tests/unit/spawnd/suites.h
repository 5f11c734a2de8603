// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The tests of each file.
#pragma once

#include "testlib/testlib.h"

extern CU_TestInfo words_tests[], table_tests[], queue_tests[], strings_tests[]; // pure_test.c
extern CU_TestInfo boot_tests[];
extern CU_TestInfo launch_tests[];
extern CU_TestInfo request_tests[];
extern CU_TestInfo list_tests[];
extern CU_TestInfo end_tests[];
extern CU_TestInfo say_tests[];
extern CU_TestInfo remote_tests[];
