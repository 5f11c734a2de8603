// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Which entries of a bounded table are in use, and which of them have a key: a hash over chains of
// indices. The entries themselves are the caller's, in an array beside it. A request costs the same
// whether a table is empty or somebody has filled his share of it: no search passes over entries
// with other keys, but for those few in the same bucket. Keys that others choose freely (names) are
// mixed with something that they do not know.
//
// HT1 An entry in use is in the bucket of its key, exactly once, and in no other; those with the
//    same key are found in the order in which they came.
// HT2 An entry's index is the same as long as it is in use.

#pragma once

#include "kpi/types.h"

#define TABLE_ENTRIES_MAX 1024u
#define TABLE_BUCKET_BITS 9u
#define TABLE_NONE UINT16_MAX

/// Private to table.c; visible for allocation. All zero is an empty table.
struct table {
    uint16_t used; ///< entries that have ever been in use
    uint16_t free; ///< index + 1 of the first of those that are not any more
    uint16_t count;
    uint16_t buckets[1u << TABLE_BUCKET_BITS]; ///< index + 1
    uint16_t next[TABLE_ENTRIES_MAX];          ///< index + 1
};

/// Takes a free entry, of `entries` at most, for a key. TABLE_NONE: all are in use.
uint16_t table_add(struct table *table, uint16_t entries, uint64_t key);

/// Gives an entry back. `key` is that with which it was taken.
void table_remove(struct table *table, uint64_t key, uint16_t index);

/// The first entry that may have the key, which its owner compares, and those after it; TABLE_NONE:
/// no further one.
uint16_t table_first(const struct table *table, uint64_t key);
uint16_t table_next(const struct table *table, uint16_t index);

/// Checks HT1 as far as it can be seen here: every entry is in one bucket or free.
bool table_valid(const struct table *table);
