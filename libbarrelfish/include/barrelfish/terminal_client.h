// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The console as a program sees it beyond standard input and output, which reach it by themselves
// (domains that spawnd made). While there is no console, output goes to sys_print() and input
// is at its end. One thread at a time reads; any may write.
#pragma once

#include "barrelfish/types.h"

/// Wait until all that this domain has written is on the wire. LIB_ERR_CHAN_CLOSED: there is no
/// console (any more).
errval_t terminal_flush(void);

/// Read a line with its '\n', edited and echoed by the console, or the first `bytes` (not 0) of it,
/// or a piece of a long one. Blocks. Returns 0 at the end of the input. What nobody types, the data
/// of a file or a pipe, comes as it is.
size_t terminal_read_line(char *buf, size_t bytes);

/// Read what has come, at least one byte and at most to the end of a line, without echo. Blocks.
/// *typed (or NULL): whether somebody types it; then Ctrl-D is the byte 4, and means an end.
/// Returns 0 at the end of the input, and without a console.
size_t terminal_read_raw(char *buf, size_t bytes, bool *typed);

/// Give the console's foreground, and with it the input, to a domain that reads from now on, or
/// take it back: the caller's own ID. Works for the shell and for who was given it (if/console.h);
/// else nothing happens. LIB_ERR_CHAN_CLOSED: there is no console.
errval_t terminal_set_foreground(domainid_t domain);

/// Wait until Ctrl-C is typed (true) while the caller has given the foreground away and its holder
/// does not read raw, or until the caller has the foreground again (false; also without a console).
/// Meanwhile no other thread can read or flush.
bool terminal_await_interrupt(void);

/// Pass on what was written at the end of the domain: as terminal_flush(), but does not wait for
/// another thread.
void terminal_end(void);
