// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// See protocol/table.h for HT1 and HT2. Zero ends a chain, so that an empty table is all zero.

#include "protocol/table.h"

#include <assert.h>

#define BUCKETS (1u << TABLE_BUCKET_BITS)

/// Fibonacci hashing (Knuth, TAOCP vol. 3, 6.4): keys that are counted up are spread evenly.
static unsigned bucket_of(uint64_t key)
{
    return (unsigned)(key * UINT64_C(0x9e3779b97f4a7c15) >> (64 - TABLE_BUCKET_BITS));
}

uint16_t table_add(struct table *table, uint16_t entries, uint64_t key)
{
    uint16_t index;
    if (table->free != 0) {
        index = table->free - 1;
        table->free = table->next[index];
    } else if (table->used < entries && table->used < TABLE_ENTRIES_MAX) {
        index = table->used++;
    } else {
        return TABLE_NONE;
    }
    assert(index < table->used); // HT1
    uint16_t *link = &table->buckets[bucket_of(key)];
    while (*link != 0)
        link = &table->next[*link - 1];
    *link = index + 1;
    table->next[index] = 0;
    table->count++;
    return index;
}

void table_remove(struct table *table, uint64_t key, uint16_t index)
{
    uint16_t *link = &table->buckets[bucket_of(key)];
    while (*link != 0 && *link != index + 1)
        link = &table->next[*link - 1];
    if (*link == 0)
        return;
    assert(index < table->used && table->count != 0); // HT1
    *link = table->next[index];
    table->next[index] = table->free;
    table->free = index + 1;
    table->count--;
}

uint16_t table_first(const struct table *table, uint64_t key)
{
    return (uint16_t)(table->buckets[bucket_of(key)] - 1);
}

uint16_t table_next(const struct table *table, uint16_t index)
{
    return (uint16_t)(table->next[index] - 1);
}

/// Marks the entries of a chain; false if one was marked before, or was never in use.
static bool mark(const struct table *table, uint16_t first, uint8_t *marks, unsigned *count)
{
    for (uint16_t at = first; at != 0; at = table->next[at - 1]) {
        if (at > table->used || marks[at - 1] != 0)
            return false;
        marks[at - 1] = 1;
        (*count)++;
    }
    return true;
}

bool table_valid(const struct table *table)
{
    uint8_t marks[TABLE_ENTRIES_MAX] = {0};
    unsigned in_use = 0, free = 0;
    if (table->used > TABLE_ENTRIES_MAX || !mark(table, table->free, marks, &free))
        return false;
    for (unsigned i = 0; i < BUCKETS; i++)
        if (!mark(table, table->buckets[i], marks, &in_use))
            return false;
    return in_use == table->count && in_use + free == table->used;
}
