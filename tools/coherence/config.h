// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What stave-boot tells the plug-in: a text file with one `KEY VALUE` on each line.
//
//   cores N           of the machine
//   image FILE        the CPU driver's ELF file, then each boot module's
//   text FILE         where results go in words; without it nothing is counted, only audited
//   csv FILE          optional: where they go as comma-separated values
//   node FIRST COUNT  optional: these cores are a NUMA node, numbered in this order; else all are
//                     one
//   cost NAME N       optional, default 0: a field of struct clock_costs (clock.h)
//   costs NAME        optional: what these costs are called
//   audit FILE        optional: check rule 1 (audit.h); the last line tells lines that break it
//   behalf FILE       optional, in place of all others: count for whom it is (behalf.h)
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "clock.h"
#include "images.h"

struct config {
    unsigned cores, nodes;
    uint8_t node[CORES_MAX];
    struct clock_costs costs;
    char costs_name[64];
    struct images images;
    FILE *text, *csv, *audit, *behalf; ///< NULL if not wanted; text, audit or behalf is
};

/// Read the file and open what it names. False: `wrong` (of `size` bytes) says what is wrong.
bool config_read(struct config *config, const char *path, char *wrong, size_t size);
