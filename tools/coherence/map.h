// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// A hash table from 64-bit keys to pointers that grows and forgets nothing: what the models look
// up at each access of the emulated machine.
#pragma once

#include <stddef.h>
#include <stdint.h>

/// All zero is an empty map.
struct map {
    struct map_entry {
        uint64_t key;
        void *value; ///< NULL: this entry is free
    } * entries;
    size_t count, size; ///< size: a power of two, or 0
};

/// The value of a key, or NULL.
void *map_find(const struct map *map, uint64_t key);

/// The value of a key; if there is none yet, `bytes` zeroed bytes that belong to the map.
void *map_make(struct map *map, uint64_t key, size_t bytes);

/// Free the map and every value.
void map_free(struct map *map);

/// Zeroed memory, or the end of the program: nothing useful can be counted without it.
void *map_allocate(size_t count, size_t bytes);
