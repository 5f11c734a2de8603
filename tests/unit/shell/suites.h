// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The cases of each file of this suite.
#pragma once

#include <testlib/testlib.h>

extern CU_TestInfo parse_tests[];
extern CU_TestInfo line_editor_tests[];
extern CU_TestInfo event_name_tests[];
extern CU_TestInfo script_tests[];
extern CU_TestInfo completion_tests[];
extern CU_TestInfo error_text_tests[];
extern CU_TestInfo modules_tests[];
