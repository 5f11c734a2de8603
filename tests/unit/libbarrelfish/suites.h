// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The cases of each file of this suite.
#pragma once

#include <testlib/testlib.h>

extern CU_TestInfo waitset_tests[];
extern CU_TestInfo poll_policy_tests[];
extern CU_TestInfo timer_tests[];
extern CU_TestInfo endpoint_tests[];
extern CU_TestInfo rpc_tests[];
extern CU_TestInfo lrpc_tests[];
extern CU_TestInfo print_limit_tests[];
extern CU_TestInfo monitor_events_tests[];
extern CU_TestInfo startup_tests[];
extern CU_TestInfo foreign_tests[];
extern CU_TestInfo thread_list_tests[];
