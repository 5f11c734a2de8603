// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// A machine for the memory server to run on, in one process: the CPU driver's capability code over
// an array of slots, with the library's calls on top of it.
#pragma once

#include "barrelfish/caddr.h"
#include "testlib/testlib.h"

#define KERNEL_MEMORY_BASE 0x100000ul
#define KERNEL_MEMORY_BYTES (16ul << 20)
#define KERNEL_RETURNS 256u ///< slots for returned memory
#define KERNEL_CLIENT_SLOTS 8192u

/// A fresh machine without any capability.
void kernel_start(void);
void kernel_stop(void);

/// Make RAM out of nothing, in a new slot.
struct capref kernel_make_ram(genpaddr_t base, gensize_t bytes);

/// A CNode of CNodes full of capabilities at this place, in a new slot: to delete it takes many
/// steps. All that it covers comes back then.
struct capref kernel_make_large(genpaddr_t base);
#define KERNEL_LARGE_BYTES (9 * 16384ul + 4096)

/// The CPU driver goes on by itself with deletions that have begun.
void kernel_idle(void);

/// Steps of deletions that were asked for since the start.
unsigned kernel_delete_steps(void);

/// The slot of returned memory number i.
struct capref kernel_returned(unsigned i);
bool kernel_slot_is_empty(struct capref cap);

/// Let calls that make capabilities fail after this many more; negative: never.
void kernel_fail_after(int calls);

/// Whether the next merges are refused.
void kernel_refuse_merging(bool refuse);

/// Let the library's slots and tables grow by memory of the server's own, as they do in the machine.
/// `slots`: those that there are to begin with.
void kernel_grow_by_server(unsigned slots);

/// Let there be no more memory than this in one piece for the server's tables.
void kernel_grow_at_most(size_t bytes);

/// Let slot_alloc() fail after this many more calls; negative: never.
void kernel_fail_slots_after(int calls);

/// Let the server's start fail at its call of this number, from 1 on; 0: not.
void kernel_fail_start(unsigned call);
/// Such a call.
errval_t kernel_start_call(void);

/// The capabilities of the machine, and a slot of it.
struct caps;
struct cte;
struct caps *kernel_caps(void);
struct cte *kernel_cte(struct capref cap);

/// The regions that the server finds when it starts.
void kernel_give_regions(const struct capref *caps, size_t count);

/// A slot that is not the server's: of a client.
struct capref kernel_client_slot(unsigned i);

/// Slots that the library was told to keep free.
size_t kernel_slots_kept(void);

/// Slots handed out and not given back.
unsigned kernel_slots_used(void);

/// Invariants of the capability code, and nothing unreturned.
bool kernel_valid(void);
