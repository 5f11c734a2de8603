// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The command line of bench.
#pragma once

#include "kpi/types.h"

#define CORES_MAX 256u

enum measurement {
    MEASURE_SYSCALL = 1 << 0,
    MEASURE_LMP = 1 << 1,
    MEASURE_UMP = 1 << 2,
    MEASURE_PAIRS = 1 << 3,
    MEASURE_MAIN = MEASURE_SYSCALL | MEASURE_LMP | MEASURE_UMP | MEASURE_PAIRS,
    MEASURE_FANIN = 1 << 4,
    MEASURE_FANOUT = 1 << 5,
    MEASURE_PIPELINE = 1 << 6,
    MEASURE_BULK = 1 << 7,
    MEASURE_WAKE = 1 << 8,
    MEASURE_POLL = 1 << 9,
    MEASURE_CAPS = 1 << 10,
    MEASURE_SPAWN = 1 << 11,
    MEASURE_RING = 1 << 12,
    MEASURE_RPC = 1 << 13,
};

struct options {
    unsigned what; ///< enum measurement, added
    bool csv;
    bool samples;  ///< with csv: each sample, in the order in which it was measured
    int core;      ///< where to measure from; -1: here
    unsigned runs; ///< 0: the measurement's own default
    unsigned messages;
    unsigned fair;  ///< the slowest pair has this part of the median's at least; 0: anything
    unsigned arity; ///< of trees; 0: default
    bool on_given;  ///< only cores with on[] set take part
    bool on[CORES_MAX];
    unsigned numbers_count; ///< what the measurement varies; 0: the default
    unsigned numbers[CORES_MAX];
};

enum options_result { OPTIONS_OK, OPTIONS_HELP, OPTIONS_BAD };

enum options_result options_parse(int argc, char *argv[], struct options *options);
void options_help(void);
