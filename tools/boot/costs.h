// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// A file of costs: what the coherence plug-in's clock is to take for the speed of a machine. All
// keys, whole numbers but for the name (tools/coherence/clock.h says what each means):
//
//   name: host
//   instruction: 250  # thousandths of a cycle
//   near: 65          # cycles, as all below: a line from a core of the same NUMA node
//   far: 205          # a line from a core of another one
//   busy: 16          # of these, what keeps the core that takes it from doing anything else
//   next: 40          # of one that is written right behind the line before it
//   memory: 250       # a line from memory
//   interrupt: 2000   # from one core to another
//   read_takes: false # whether a read takes a changed line away from its writer
//   mhz: 2600         # of the clock
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "report.h"

struct costs {
    char *name;
    uint32_t instruction, near, far, busy, next, memory, interrupt, mhz;
    bool read_takes;
};

/// Read and check a file of costs. NULL on failure; else to be freed with costs_free().
struct costs *costs_load(const char *path, struct report *report);
void costs_free(struct costs *costs);

/// Write them as the plug-in wants them (tools/coherence/config.h).
void costs_write(const struct costs *costs, FILE *out);
