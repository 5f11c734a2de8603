// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What stave-boot tells the plug-in: a text file with one `KEY VALUE` on each line.
//
//   cores N        of the machine
//   image FILE     the CPU driver's ELF file, then each boot module's
//   text FILE      where results go in words
//   csv FILE       optional: where they go as comma-separated values
//   audit FILE     optional: check rule 1 (audit.h); the last line tells lines that break it
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "images.h"

struct config {
    unsigned cores;
    struct images images;
    FILE *text, *csv, *audit; ///< csv, audit: NULL if not wanted
};

/// Read the file and open what it names. False: `wrong` (of `size` bytes) says what is wrong.
bool config_read(struct config *config, const char *path, char *wrong, size_t size);
