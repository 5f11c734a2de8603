// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The second suite of unit-hake; hake_test.c has the first, and main.
#pragma once

#include <testlib/testlib.h>

extern CU_TestInfo machine_tests[];
