// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The suites of this program; main.c runs them.
#pragma once

#include "testlib/testlib.h"

extern CU_TestInfo lines_tests[], images_tests[], counts_tests[], audit_tests[], clock_tests[],
    config_tests[], behalf_tests[];
