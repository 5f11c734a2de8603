// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The simulations of monitors, a list for each machine of monitor/protocol/.
#pragma once

#include <CUnit/CUnit.h>

extern CU_TestInfo binding_sim_tests[];
extern CU_TestInfo connect_sim_tests[];
extern CU_TestInfo cores_sim_tests[];
extern CU_TestInfo tokens_sim_tests[];
