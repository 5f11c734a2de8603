// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The command line of this example.
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct options {
    const char *policy, *pattern; ///< NULL: each in turn
    unsigned pages, frames, accesses;
    uint64_t seed;
    bool help;
};

/// False if the arguments are wrong.
bool options_parse(struct options *options, int argc, char **argv);
