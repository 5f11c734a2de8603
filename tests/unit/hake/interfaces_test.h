// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The third suite of unit-hake: interfaces.
#pragma once

#include <testlib/testlib.h>

extern CU_TestInfo interfaces_tests[];
