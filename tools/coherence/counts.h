// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What happened between two marks (bench/mark.h): for each core how many instructions and line
// movements, and which code moved which data. One region is counted at a time; it becomes one
// result in the output and is forgotten. A mark that does not fit is counted, too, and reported.
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "images.h"
#include "lines.h"

/// Of one core, or of one pair of symbols (code, data).
struct counts {
    uint64_t instructions;
    uint64_t driver_instructions; ///< those of the CPU driver among them
    uint64_t transfers;           ///< lines that came from another core's cache, or were taken over
    uint64_t cold;                ///< lines that came from memory
    uint64_t invalidations;       ///< copies that this core took away from other caches
    uint64_t time;                ///< by which its clock advanced; for all cores: from mark to mark
};

struct pair {
    uint32_t code, data;
    struct counts counts;
};

/// Zero but for `cores` and `images` is a region that has not begun.
struct region {
    const struct images *images;
    const char *costs; ///< the name of the clock's costs, or ""
    unsigned mhz;
    unsigned cores;
    bool active;
    unsigned what;
    uint64_t items;
    uint64_t begun_at, time; ///< by the clock (clock.h): all cores' at the first mark; to the last
    struct counts core[CORES_MAX];
    struct map pairs;          ///< struct pair of each (code, data)
    uint64_t *code;            ///< instructions of each symbol of code
    uint64_t ended, misplaced; ///< regions so far; marks that did not fit
};

/// A mark of bench/mark.h was executed. True if it ended the region, which then waits to be printed
/// and for region_close().
bool region_mark(struct region *region, unsigned op, unsigned what);

void region_instruction(struct region *region, unsigned core, uint32_t code, bool driver);
void region_effect(struct region *region, unsigned core, uint32_t code, uint32_t data,
                   const struct line_effect *effect);

/// Make it ready for the next.
void region_close(struct region *region);

/// The sum over all cores.
struct counts region_total(const struct region *region);

// counts_print.c

/// What the mark calls it, like "ump".
const char *region_what_name(unsigned what);

/// The result in words: a line for all cores and each core that took part, and the symbols with the
/// most line movements and instructions.
void region_print(const struct region *region, FILE *out);

/// The same as comma-separated values: undivided counts, a row for "all" and one for each core.
void region_csv_head(FILE *out);
void region_csv(const struct region *region, FILE *out);
