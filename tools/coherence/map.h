// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// A hash table from 64-bit keys to pointers that grows and forgets nothing: what the models look
// up at each access of the emulated machine. Most accesses are to where others have just been, so
// those last found are kept at hand, one for each value of the key's last bits.
#pragma once

#include <stddef.h>
#include <stdint.h>

#define MAP_RECENT 256u

struct map_entry {
    uint64_t key;
    void *value; ///< NULL: this entry is free
};

/// All zero is an empty map.
struct map {
    struct map_entry *entries;
    size_t count, size; ///< size: a power of two, or 0
    struct map_entry recent[MAP_RECENT];
};

/// The value of a key, or NULL.
void *map_find(const struct map *map, uint64_t key);

/// map_make() for a key that is not among those last found.
void *map_make_other(struct map *map, uint64_t key, size_t bytes);

/// The value of a key; if there is none yet, `bytes` zeroed bytes that belong to the map.
static inline void *map_make(struct map *map, uint64_t key, size_t bytes)
{
    const struct map_entry *recent = &map->recent[key % MAP_RECENT];
    return recent->key == key && recent->value != NULL ? recent->value
                                                       : map_make_other(map, key, bytes);
}

/// Free the map and every value.
void map_free(struct map *map);

/// Zeroed memory, or the end of the program: nothing useful can be counted without it.
void *map_allocate(size_t count, size_t bytes);
