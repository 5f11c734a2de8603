// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Open addressing with linear probing, at most half full; Fibonacci hashing (Knuth, TAOCP vol. 3,
// 6.4) spreads keys that are neighbours.
#include "map.h"

#include <stdio.h>
#include <stdlib.h>

#define SIZE_FIRST 1024u

void *map_allocate(size_t count, size_t bytes)
{
    void *memory = calloc(count, bytes);
    if (memory == NULL) {
        fprintf(stderr, "coherence: out of memory\n");
        abort();
    }
    return memory;
}

static struct map_entry *entry_of(const struct map *map, uint64_t key)
{
    size_t mask = map->size - 1;
    size_t i = (size_t)(key * 0x9e3779b97f4a7c15u >> 20) & mask;
    while (map->entries[i].value != NULL && map->entries[i].key != key)
        i = (i + 1) & mask;
    return &map->entries[i];
}

static void grow(struct map *map)
{
    struct map old = *map;
    map->size = old.size == 0 ? SIZE_FIRST : 2 * old.size;
    map->entries = map_allocate(map->size, sizeof(*map->entries));
    for (size_t i = 0; i < old.size; i++)
        if (old.entries[i].value != NULL)
            *entry_of(map, old.entries[i].key) = old.entries[i];
    free(old.entries);
}

void *map_find(const struct map *map, uint64_t key)
{
    return map->size == 0 ? NULL : entry_of(map, key)->value;
}

void *map_make_other(struct map *map, uint64_t key, size_t bytes)
{
    if (2 * (map->count + 1) > map->size)
        grow(map);
    struct map_entry *entry = entry_of(map, key);
    if (entry->value == NULL) {
        *entry = (struct map_entry){key, map_allocate(1, bytes)};
        map->count++;
    }
    map->recent[key % MAP_RECENT] = *entry;
    return entry->value;
}

void map_free(struct map *map)
{
    for (size_t i = 0; i < map->size; i++)
        free(map->entries[i].value);
    free(map->entries);
    *map = (struct map){0};
}
