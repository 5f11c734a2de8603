// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Where a domain's output goes: to sys_print() until something better is set.

#pragma once

#include "barrelfish/types.h"

/// Writes text; returns the bytes written, which are fewer than `length` only on an error.
typedef size_t (*terminal_write_fn)(const char *data, size_t length);

size_t terminal_write(const char *data, size_t length);

/// The same for whole lines that nobody expects: they begin a line, whatever was written before.
size_t terminal_write_line(const char *data, size_t length);

/// Sets where terminal_write() goes; NULL: to sys_print(). Returns what was set before.
terminal_write_fn terminal_set_write(terminal_write_fn write);

/// Writes a domain's last words, enabled, in the middle of whatever failed: as
/// terminal_write_line(), but does not wait for another thread.
size_t terminal_write_last(const char *data, size_t length);
void terminal_set_write_last(terminal_write_fn write);
