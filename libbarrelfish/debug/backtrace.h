// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Backtraces by frame pointers, with names. May be called in any state.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define BACKTRACE_FRAMES_MAX 24u
#define BACKTRACE_LINE_BYTES 96u

/// Where a backtrace has come to. It begins at an instruction and a frame pointer, in a stack of known
/// bounds.
struct backtrace {
    uint64_t address; ///< of the frame's next instruction
    bool exact;       ///< that is where it was interrupted; else it is behind a call
    uintptr_t frame, low, high;
    unsigned count;
};

/// Write a line about this frame, without a newline, and go on to its caller. False: there are no
/// more.
bool backtrace_line(struct backtrace *trace, char line[BACKTRACE_LINE_BYTES]);
