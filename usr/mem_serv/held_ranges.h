// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The memory that a memory server has handed out: disjoint ranges, each on one account. A range is
// what was allocated at once, or what is left of it. Pure bookkeeping.
// Invariants: H1 ranges do not overlap; H2 an account's bytes and pieces are the sums over its
// ranges, `bytes` and `parts` here those over all; H3 an account's list has its ranges by age, the parts of
// one in no order.
#pragma once

#include "accounts.h"
#include "barrelfish/range_tree.h"
#include "barrelfish/slab.h"

struct held_range {
    struct range_node node; ///< first, so that a node is its range
    struct account *account;
    struct held_range *older, *newer;
    bool stuck; ///< reclaiming it has failed: other cores may hold it
};

struct held_ranges {
    struct range_tree tree;
    uint64_t bytes;
    uint64_t
        parts; ///< free ranges that all of it can become at most, if every other page comes back
    struct slab_allocator blocks;
};

/// Each held_ranges_release() takes one block at most, each other change one; all releases that are
/// still to come take fewer than `parts`.
void held_ranges_init(struct held_ranges *held);
void held_ranges_grow(struct held_ranges *held, void *buf, size_t bytes);
size_t held_ranges_blocks(const struct held_ranges *held);

/// Note that a range was handed out. False, and nothing done: there is no block for it, or it
/// overlaps a range.
bool held_ranges_add(struct held_ranges *held, struct account *account, genpaddr_t base,
                     gensize_t bytes);

/// Memory has come back: take the range off whatever accounts have parts of it. False, and nothing
/// done: there is no block for the two rests of a range.
bool held_ranges_release(struct held_ranges *held, genpaddr_t base, gensize_t bytes);

/// Put a range on another account, as its newest.
void held_ranges_move(struct held_range *range, struct account *to);

/// Move the ranges that make up [base, base + bytes) to another account. False, and nothing done:
/// it is not made up of whole ranges of `from`.
bool held_ranges_pass(struct held_ranges *held, const struct account *from, struct account *to,
                      genpaddr_t base, gensize_t bytes);

/// The range that overlaps [base, base + bytes) at the lowest address, or NULL.
struct held_range *held_ranges_first(const struct held_ranges *held, genpaddr_t base,
                                     gensize_t bytes);

/// An account's newest range that is not stuck, or NULL.
struct held_range *held_ranges_newest(const struct account *account);

/// H1 to H3 for the accounts, for tests.
bool held_ranges_valid(const struct held_ranges *held, const struct accounts *accounts);
