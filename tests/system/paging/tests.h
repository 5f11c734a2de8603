// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The groups of tests of memory objects and page faults.
#pragma once

#include "barrelfish/barrelfish.h"

#define PAGES 32u
#define TEST_BYTES (PAGES * BASE_PAGE_SIZE)

/// Each kind of memory object.
void test_kinds(void);

/// Memory is taken for touched pages only. Free memory must have settled.
void test_taken(void);

/// Who is asked: memory object, exception handler, several threads at once.
void test_faults(void);

/// Faults that end the domain, each in a child.
void test_deaths(void);

/// The child: dies of the fault that is named. Returns if it does not.
void die_of(const char *name);
