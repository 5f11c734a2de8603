// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Which core's cache holds which line of memory: a directory over private caches of unbounded size,
// one for each core, kept coherent by MESI. A line is in a cache of
//   nobody      invalid everywhere: the next access takes it from memory;
//   one core    modified or exclusive: that core reads and writes it at no cost;
//   several     shared: each reads it at no cost, and a write takes it away from the others.
// Modified and exclusive are not told apart, for no count depends on when a line is written back.
// Not modelled: capacity and conflicts (a line stays until another core writes it), prefetching,
// instruction fetches, page-table walks, and devices.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "map.h"

#define LINE_BYTES 64u
#define CORES_MAX 255u

struct core_set {
    uint64_t words[4];
};

void core_set_add(struct core_set *set, unsigned core);
bool core_set_has(const struct core_set *set, unsigned core);
unsigned core_set_count(const struct core_set *set);

/// What the clock (clock.h) keeps about a line that a core has written. Of several writes of a
/// word, the time is that of the first since other cores lost the line.
struct line_history {
    bool written; ///< else nothing below means anything
    bool dirty;   ///< since another core last read it
    bool passed;  ///< `reader` took it from its writer, and no other core has used it since
    uint8_t writer, reader;
    uint64_t taken_at;                ///< when the writer had it
    uint64_t word_at[LINE_BYTES / 8]; ///< 0: not written since
};

struct line {
    struct core_set holders;
    struct line_history history;
};

/// What an access took, beside its own cache.
struct line_effect {
    bool from_memory;     ///< no cache held the line
    bool transferred;     ///< another one did, and gave it to the reader or up to the writer
    unsigned invalidated; ///< caches that lost it
};

struct lines {
    struct map pages;
};

/// The line with this number (physical address / LINE_BYTES); one never seen is in no cache.
struct line *lines_get(struct lines *lines, uint64_t number);

/// Core `core` reads or writes the line. Leaves the history to the clock.
struct line_effect line_access(struct line *line, unsigned core, bool write);

void lines_free(struct lines *lines);
