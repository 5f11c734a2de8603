// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The suites of this program.
#pragma once

#include <CUnit/CUnit.h>

/// Status of a program that was begun without a spawnd: 0 if it uses no console.
int terminal_alone(void);

extern CU_TestInfo spawn_tests[];
extern CU_TestInfo names_tests[];
extern CU_TestInfo terminal_tests[];
