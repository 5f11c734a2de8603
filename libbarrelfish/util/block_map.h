// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// First-fit allocation of runs of blocks, one bit a block. Pure. Private to this library.

#pragma once

#include <stddef.h>
#include <stdint.h>

#define BLOCK_MAP_NONE ((size_t)-1)

/// Marks the first `count` free blocks in a row of the `total` that `map` covers as used; returns
/// the first, or BLOCK_MAP_NONE.
size_t block_map_take(uint64_t *map, size_t total, size_t count);

/// Marks blocks as free that are used.
void block_map_give(uint64_t *map, size_t first, size_t count);
