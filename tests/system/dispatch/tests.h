// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The groups of tests of dispatchers; each gets a cell that it prepares anew for each case.
#pragma once

#include "cell/cell.h"

/// Registers are saved and restored exactly; each upcall comes with its arguments.
void test_upcalls(struct cell *cell);

/// Every way into the CPU driver with hostile stack pointers, flags and segment bases.
void test_entries(struct cell *cell);

/// Dispatcher frames full of edge values and of random numbers.
void test_garbage(struct cell *cell, uint64_t seed, unsigned rounds);

/// The FPU's registers are a dispatcher's own.
void test_fpu(struct cell *cell, struct cell *other);
