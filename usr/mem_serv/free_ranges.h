// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The free memory of one core: disjoint physical ranges, each covered by exactly one RAM capability
// of the memory server. Pure bookkeeping; the capabilities are made and merged in pieces.c.
// Invariants: F1 ranges do not overlap; F2 free_bytes is the sum of their sizes; F3 a node's
// weight is its size.
#pragma once

#include "barrelfish/range_tree.h"
#include "kpi/types.h"

struct free_range {
    struct range_node node; ///< first, so that a node is its range
    capaddr_t cap;          ///< where the RAM capability is
};

struct free_ranges {
    struct range_tree tree;
    uint64_t free_bytes;
};

/// What a client asks for. limit is the first byte beyond what it accepts; 0 means no limit.
struct free_request {
    uint64_t bytes;     ///< not 0, whole pages
    uint64_t alignment; ///< a power of two, at least a page
    genpaddr_t minbase, limit;
};

/// Whether a request makes sense at all.
bool free_request_valid(const struct free_request *request);

/// Add a range whose node's base and bytes and whose cap are set. False if it overlaps one.
bool free_ranges_insert(struct free_ranges *ranges, struct free_range *range);

void free_ranges_remove(struct free_ranges *ranges, struct free_range *range);

/// A range that can serve a valid request, with the place in *base: the lowest, or near it, in a
/// bounded number of steps. NULL: none can, or it lies behind very many that are large enough and
/// cannot.
struct free_range *free_ranges_find(const struct free_ranges *ranges,
                                    const struct free_request *request, genpaddr_t *base);

/// The range that ends at base or starts at base + bytes; NULL if it is not free.
struct free_range *free_ranges_before(const struct free_ranges *ranges, genpaddr_t base);
struct free_range *free_ranges_after(const struct free_ranges *ranges, genpaddr_t end);

/// F1 to F3, for tests.
bool free_ranges_valid(const struct free_ranges *ranges);
