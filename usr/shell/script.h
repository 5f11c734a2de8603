// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Lines of commands that nobody types: the bytes of a file or a pipe. Pure. Nothing is edited. A
// line that cannot be run as a whole is not run at all.
#pragma once

#include <stdbool.h>
#include <stddef.h>

/// As much as the runner's --run takes, and its zero byte.
#define SCRIPT_LINE_BYTES 16384u

/// Private to script.c; visible for allocation. All zero: an empty line.
struct script {
    size_t length; ///< bytes of the line, those that have no room among them
    bool has_zero;
    char text[SCRIPT_LINE_BYTES];
};

/// Add a byte; true: the line is complete. Then call script_begin() when it has been used.
bool script_add(struct script *script, char byte);

/// Why the line must not be run; NULL: it can be.
const char *script_fault(const struct script *script);

/// The line without its newline, if it can be run.
const char *script_text(struct script *script);

bool script_empty(const struct script *script);

void script_begin(struct script *script);
