// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What physical memory there is, whose node it belongs to, and what of it is taken: pure
// functions over one bounded, sorted list of regions. The boot core builds the list out of the
// firmware's memory map, sets aside what it needs, and turns the RAM that is left into RAM
// capabilities. Not here: reading the firmware's tables (multiboot2.h, acpi.h), making
// capabilities.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MEMORY_PAGE_BYTES 4096ull
#define MEMORY_PHYS_LIMIT (1ull << 52) ///< end of physical addresses (AMD64 APM vol. 2, 5.1)
#define MEMORY_ANY_NODE 0xffu
#define REGION_LIST_MAX 256

/// Kinds of region; where entries of the firmware overlap, the later kind in this list wins.
enum memory_kind { MEMORY_RAM, MEMORY_ACPI_RECLAIM, MEMORY_ACPI_NVS, MEMORY_RESERVED };

/// One entry of a firmware memory map (ACPI 6.5, table 15.4). Any type but 1, 3 and 4 counts as
/// reserved.
struct memory_entry {
    uint64_t base;
    uint64_t bytes;
    uint32_t type;
};
enum { MEMORY_TYPE_RAM = 1, MEMORY_TYPE_ACPI_RECLAIM = 3, MEMORY_TYPE_ACPI_NVS = 4 };

/// A range of physical addresses that is near to one NUMA node.
struct memory_affinity {
    uint64_t base;
    uint64_t bytes;
    uint8_t node;
};

/// Page-aligned and not empty.
struct region {
    uint64_t base;
    uint64_t bytes;
    enum memory_kind kind;
    uint8_t node;
};

/// Ascending, disjoint regions below MEMORY_PHYS_LIMIT. When an operation needs more than
/// REGION_LIST_MAX of them, memory is left out and counted in lost_bytes (which includes no
/// memory that an operation was asked to take): it is never in two regions, and never RAM where the
/// firmware said otherwise.
struct region_list {
    size_t count;
    uint64_t lost_bytes;
    struct region regions[REGION_LIST_MAX];
};

/// Check order, alignment, bounds and disjointness.
bool memory_map_valid(const struct region_list *list);

/// Build the list from `count` entries in any order, overlapping or not. RAM is rounded inward to
/// pages, everything else outward. All regions get node 0.
void memory_map_build(struct region_list *list, const struct memory_entry *entries, size_t count);

/// Take the pages that [base, base + bytes) touches out of all RAM regions. Other kinds stay.
void memory_map_subtract(struct region_list *list, uint64_t base, uint64_t bytes);

/// Split RAM regions so that each lies in one node, and write its node. RAM in no range keeps its
/// node; where ranges overlap, the first one holds. Range ends are rounded down to pages.
void memory_map_split_nodes(struct region_list *list, const struct memory_affinity *ranges,
                            size_t count);

/// Drop the smallest RAM regions until at most `max` are left. Returns the bytes dropped.
uint64_t memory_map_keep_largest(struct region_list *list, size_t max);

/// What memory_map_carve looks for.
struct carve_request {
    uint64_t bytes; ///< rounded up to pages; not 0
    uint64_t align; ///< power of two; 0 and anything below a page mean a page
    uint64_t limit; ///< the chunk ends at or below it; UINT64_MAX for anywhere
    uint8_t node;   ///< a node, or MEMORY_ANY_NODE
    bool from_top;  ///< take the highest place instead of the lowest
};

/// Take a chunk out of one RAM region, first fit from the bottom or the top. False, with *base and
/// the list untouched, if no region can hold it or the request is malformed.
bool memory_map_carve(struct region_list *list, const struct carve_request *request,
                      uint64_t *base);

/// Sum of the bytes of a kind in a node (or in MEMORY_ANY_NODE).
uint64_t memory_map_total(const struct region_list *list, enum memory_kind kind, uint8_t node);
