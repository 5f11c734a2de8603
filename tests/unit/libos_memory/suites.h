// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The suites of this program: a NULL-ended list of tests each.
#pragma once

#include <testlib/testlib.h>

extern CU_TestInfo range_tree_tests[];
extern CU_TestInfo address_map_tests[];
extern CU_TestInfo slot_map_tests[];
extern CU_TestInfo slab_tests[];
