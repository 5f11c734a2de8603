// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// First-fit allocation of runs of blocks. The map is small (a dispatcher frame has about 800
// blocks), so it is searched bit by bit.

#include "block_map.h"

#include <stdbool.h>

static bool is_used(const uint64_t *map, size_t block)
{
    return (map[block / 64] >> (block % 64)) & 1;
}

static void set_all(uint64_t *map, size_t first, size_t count, bool used)
{
    for (size_t block = first; block < first + count; block++) {
        uint64_t bit = (uint64_t)1 << (block % 64);
        map[block / 64] = used ? map[block / 64] | bit : map[block / 64] & ~bit;
    }
}

size_t block_map_take(uint64_t *map, size_t total, size_t count)
{
    size_t run = 0;
    for (size_t block = 0; block < total && count > 0; block++) {
        run = is_used(map, block) ? 0 : run + 1;
        if (run == count) {
            size_t first = block + 1 - count;
            set_all(map, first, count, true);
            return first;
        }
    }
    return BLOCK_MAP_NONE;
}

void block_map_give(uint64_t *map, size_t first, size_t count)
{
    set_all(map, first, count, false);
}
