// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Which memory stays with core 0 and which the monitor gets for the cores that it starts. Pure.
#pragma once

#include "kpi/bootinfo.h"

/// Core 0 gets no less than this if its node has it: the services of the machine run there.
#define DIVISION_OWN_MIN (8ul << 20)
/// Unit in which a region is cut.
#define DIVISION_GRANULE (64ul << 10)
#define DIVISION_PARTS_MAX (2 * BOOTINFO_REGIONS_MAX)

/// A whole region, or its first or second part.
struct memory_part {
    genpaddr_t base;
    gensize_t bytes;
    uint32_t region; ///< index of the region
    uint16_t node;
    bool own; ///< core 0's
};

struct memory_division {
    size_t count;
    struct memory_part parts[DIVISION_PARTS_MAX]; ///< by region, then by address
};

/// Divide the regions; each byte is in exactly one part, and parts are not empty. regions_count is
/// at most BOOTINFO_REGIONS_MAX; `cores` are the machine's, cores[0] the boot core.
void memory_divide(struct memory_division *division, const struct bootinfo_region *regions,
                   size_t regions_count, const struct bootinfo_core *cores, size_t cores_count,
                   const uint8_t distance[BOOTINFO_NODES_MAX][BOOTINFO_NODES_MAX]);
