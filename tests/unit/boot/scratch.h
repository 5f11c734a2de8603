// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// A temporary folder for one test's files.
#pragma once

/// Make the folder; scratch_end() removes it with all that is in it.
void scratch_begin(void);
void scratch_end(void);

/// The path of a file in the folder. Valid until the eighth next call.
const char *scratch_path(const char *name);

/// Write a file and return its path.
const char *scratch_write(const char *name, const char *text);

/// Read a whole file, cut at 2 MiB, with a NUL at its end. Valid until the next call.
const char *scratch_read(const char *name);
