// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What the two files of the peer's program know of each other. All is measured from core 0.
#pragma once

#include "bench/bench.h"

/// Ends the machine with a message unless `holds`.
void check(bool holds, const char *what);

/// Prints a row; sorts `cycles`.
void report(const char *what, unsigned to, cycles_t *cycles, unsigned runs);

/// Puts the calling process onto one core.
void pin(unsigned core);

/// Round trips with another process on core `to`: over two pipes, and with a word in shared memory
/// and futex(2).
void measure_messages(unsigned to);
