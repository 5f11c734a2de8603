// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The fuzzer's parts: what a cell holds (stock.c), what it calls (calls.c), and the loop (main.c).
#pragma once

#include "cell/cell.h"
#include "systest/systest.h"

// The cell's capability space: L2CNodes in these L1 slots.
#define FUZZ_CNODE_LIFE 0u    ///< what it lives by; looked at seldom
#define FUZZ_CNODE_OBJECTS 1u ///< one or more of each type
#define FUZZ_CNODE_EMPTY 2u   ///< and the next one: where new capabilities mostly go
#define FUZZ_CNODES 4u

// Slots in FUZZ_CNODE_LIFE and FUZZ_CNODE_OBJECTS that are roots of capability spaces.
#define FUZZ_SLOT_ROOT 1u
#define FUZZ_SLOT_OTHER_ROOT 16u
#define FUZZ_OBJECTS 32u ///< slots that are mostly looked at, of each L2CNode

/// Fill the capability space of a fresh cell. Its own endpoint, at FUZZ_ENDPOINT_OFFSET, is put
/// into `wake` as well, to wake the cell with.
bool fuzz_stock(struct cell *cell, struct capref wake);
#define FUZZ_ENDPOINT_OFFSET 4096u

/// Make up a call: any system call, any command, arguments that may succeed or that are edge cases
/// or anything.
void fuzz_call(struct test_random *random, struct cell_call *call);
