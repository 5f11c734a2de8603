// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// A small tree of files in a temporary folder, and commands run on it.
#pragma once

#include <stdbool.h>

/// Make an empty tree; remove it and all in it. One exists at a time.
void scratch_create(void);
void scratch_remove(void);

/// Its absolute path, without a slash at the end.
const char *scratch_root(void);

/// Write, or remove, one file of the tree; folders come into being.
void scratch_write(const char *path, const char *text);
void scratch_delete(const char *path);

/// Whether the file has `text` in it.
bool scratch_contains(const char *path, const char *text);

/// Run a shell command that is formatted from the arguments. Returns its exit status; what it
/// printed (both streams) stands in scratch_output() until the next run.
int scratch_run(const char *format, ...) __attribute__((format(printf, 1, 2)));
const char *scratch_output(void);
