// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The files of this test.
#pragma once

/// DISPATCHER_CMD_CSPACE on a cell: what it does and what it refuses (cspace.c).
void test_cspace(void);
