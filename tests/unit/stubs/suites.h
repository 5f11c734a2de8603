// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The suites of this program.
#pragma once

#include <testlib/testlib.h>

extern CU_TestInfo trip_tests[], bind_tests[], call_tests[], fuzz_tests[];
extern uint64_t fuzz_messages; ///< to be sent
