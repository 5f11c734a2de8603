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

struct line {
    struct core_set holders;
    bool written; ///< then:
    uint8_t writer;
    uint64_t written_at; ///< the writer's clock
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

/// Core `core` reads or writes the line. Leaves `writer` and `written_at` to the caller.
struct line_effect line_access(struct line *line, unsigned core, bool write);

void lines_free(struct lines *lines);
