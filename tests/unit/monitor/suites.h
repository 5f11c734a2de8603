// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The tests of monitor/protocol/, a list for each module.
#pragma once

#include <CUnit/CUnit.h>

extern CU_TestInfo boot_tree_tests[];
extern CU_TestInfo boot_plan_tests[];
extern CU_TestInfo directory_tests[];
extern CU_TestInfo name_table_tests[];
extern CU_TestInfo line_queue_tests[];
extern CU_TestInfo table_tests[];
extern CU_TestInfo frame_table_tests[];
extern CU_TestInfo export_table_tests[];
extern CU_TestInfo operations_tests[];
extern CU_TestInfo tokens_tests[];
extern CU_TestInfo connect_tests[];
extern CU_TestInfo cores_tests[];
extern CU_TestInfo binding_ends_tests[];
extern CU_TestInfo binding_client_tests[];
extern CU_TestInfo binding_server_tests[];
extern CU_TestInfo binding_closing_tests[];
