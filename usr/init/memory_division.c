// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Core 0's share is that of one core among those of its NUMA node, or among all cores if its node
// has no memory. It is taken from the nearest nodes first, within a node from the low end, so
// that at most one region is cut. The monitors divide the rest (monitor/protocol/).
#include "memory_division.h"

static gensize_t node_bytes(const struct bootinfo_region *regions, size_t count, unsigned node)
{
    gensize_t sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += node == BOOTINFO_NODES_MAX || regions[i].node == node ? regions[i].bytes : 0;
    return sum;
}

static size_t node_cores(const struct bootinfo_core *cores, size_t count, unsigned node)
{
    size_t sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += node == BOOTINFO_NODES_MAX || cores[i].node == node;
    return sum;
}

static gensize_t own_share(const struct bootinfo_region *regions, size_t regions_count,
                           const struct bootinfo_core *cores, size_t cores_count)
{
    unsigned node = cores[0].node;
    gensize_t memory = node_bytes(regions, regions_count, node);
    if (memory == 0) {
        node = BOOTINFO_NODES_MAX; // all of them
        memory = node_bytes(regions, regions_count, node);
    }
    if (cores_count <= 1)
        return node_bytes(regions, regions_count, BOOTINFO_NODES_MAX);
    gensize_t share = memory / node_cores(cores, cores_count, node);
    share = share > DIVISION_OWN_MIN ? share : DIVISION_OWN_MIN;
    share = (share + DIVISION_GRANULE - 1) & ~(DIVISION_GRANULE - 1);
    return share < memory ? share : memory;
}

/// How far a region's node is from core 0's; one that does not exist is the farthest.
static unsigned region_distance(const struct bootinfo_region *region, uint16_t home,
                                const uint8_t distance[BOOTINFO_NODES_MAX][BOOTINFO_NODES_MAX])
{
    if (region->node >= BOOTINFO_NODES_MAX || home >= BOOTINFO_NODES_MAX)
        return UINT8_MAX + 1;
    return region->node == home ? 0 : distance[home][region->node] + 1u;
}

void memory_divide(struct memory_division *division, const struct bootinfo_region *regions,
                   size_t regions_count, const struct bootinfo_core *cores, size_t cores_count,
                   const uint8_t distance[BOOTINFO_NODES_MAX][BOOTINFO_NODES_MAX])
{
    gensize_t own[BOOTINFO_REGIONS_MAX] = {0};
    gensize_t wanted = own_share(regions, regions_count, cores, cores_count);
    for (unsigned far = 0; far <= UINT8_MAX + 1u && wanted > 0; far++) {
        for (size_t i = 0; i < regions_count && wanted > 0; i++) {
            if (region_distance(&regions[i], cores[0].node, distance) == far) {
                own[i] = regions[i].bytes < wanted ? regions[i].bytes : wanted;
                wanted -= own[i];
            }
        }
    }
    division->count = 0;
    for (size_t i = 0; i < regions_count; i++) {
        const struct bootinfo_region *region = &regions[i];
        const gensize_t bytes[2] = {own[i], region->bytes - own[i]};
        for (unsigned part = 0; part < 2; part++) {
            if (bytes[part] != 0) {
                division->parts[division->count++] = (struct memory_part){
                    .base = region->base + (part == 0 ? 0 : own[i]),
                    .bytes = bytes[part],
                    .region = (uint32_t)i,
                    .node = region->node,
                    .own = part == 0,
                };
            }
        }
    }
}
