// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The command line of bench.
#pragma once

#include "kpi/types.h"

#define CORES_MAX 256u

enum measurement {
    MEASURE_SYSCALL = 1,
    MEASURE_LMP = 2,
    MEASURE_UMP = 4,
    MEASURE_PAIRS = 8,
    MEASURE_MAIN = 15, ///< those above: messages
    MEASURE_CAPS = 16,
};

struct options {
    unsigned what; ///< enum measurement, added
    bool csv;
    int core;      ///< where to measure from; -1: here
    unsigned runs; ///< 0: the measurement's own default
    unsigned messages;
    unsigned numbers_count; ///< cores to measure to, or numbers of pairs; 0: the default
    unsigned numbers[CORES_MAX];
};

enum options_result { OPTIONS_OK, OPTIONS_HELP, OPTIONS_BAD };

enum options_result options_parse(int argc, char *argv[], struct options *options);
void options_help(void);
