// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The console as a program sees it beyond standard input and output, which reach it by themselves
// (domains that spawnd made). While there is no console, output goes to the CPU driver's and input
// is at its end. One thread at a time reads; any may write.
#pragma once

#include "barrelfish/types.h"

/// Wait until all that this domain has written is on the wire. LIB_ERR_CHAN_CLOSED: there is no
/// console (any more).
errval_t terminal_flush(void);

/// Read a line with its '\n', edited and echoed by the console, or the first `bytes` (not 0) of it.
/// Blocks. Returns 0 at the end of the input.
size_t terminal_read_line(char *buf, size_t bytes);

/// Read what was typed, at least one byte, without echo. Blocks. The end of the input is the byte 4
/// (Ctrl-D). Returns 0 without a console.
size_t terminal_read_raw(char *buf, size_t bytes);

/// Pass on what was written at the end of the domain: as terminal_flush(), but does not wait for
/// another thread.
void terminal_end(void);
