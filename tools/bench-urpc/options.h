// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The command line of bench-urpc.
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct options {
    size_t rounds;    // 0: the default
    size_t lines;     // of a channel in each direction, a power of two
    unsigned seconds; // at most
    int cores[2];     // -1: the first two that may be used
    bool csv;
    const char *costs; // file for what a model of the machine needs, or NULL
};

enum options_result { OPTIONS_OK, OPTIONS_HELP, OPTIONS_BAD };

extern const char options_help[];

/// Reads the command line into `options`; says on standard error what is bad.
enum options_result options_parse(int argc, char *argv[], struct options *options);
