// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// A machine for the memory server to run on, in one process: the CPU driver's capability code over
// an array of slots, with the library's calls on top of it.
#pragma once

#include "barrelfish/caddr.h"
#include "testlib/testlib.h"

#define KERNEL_MEMORY_BASE 0x100000ul
#define KERNEL_MEMORY_BYTES (8ul << 20)
#define KERNEL_RETURNS 256u ///< slots for returned memory

/// A fresh machine without any capability.
void kernel_start(void);
void kernel_stop(void);

/// Make RAM out of nothing, in a new slot.
struct capref kernel_make_ram(genpaddr_t base, gensize_t bytes);

/// The slot of returned memory number i.
struct capref kernel_returned(unsigned i);
bool kernel_slot_is_empty(struct capref cap);

/// Let calls that make capabilities fail after this many more; negative: never.
void kernel_fail_after(int calls);

/// Whether the next merges are refused.
void kernel_refuse_merging(bool refuse);

/// Slots handed out and not given back.
unsigned kernel_slots_used(void);

/// Invariants of the capability code, and nothing unreturned.
bool kernel_valid(void);
