// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The few things that the runner does with files: a temporary folder that leaves nothing behind,
// copies, and small text files.
#pragma once

#include <stdbool.h>

#include "report.h"

#define FILES_PATH_MAX 4096

/// Format a path into `path`, which has FILES_PATH_MAX bytes. False if it does not fit.
bool files_path(char *path, struct report *report, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/// The path of a YAML file that is given by itself (with a slash or ending in .yaml) or by a name:
/// then it is <build_folder>/../<folder>/<name>.yaml. `path` has FILES_PATH_MAX bytes.
bool files_named(char *path, struct report *report, const char *build_folder, const char *folder,
                 const char *name);

/// Make a fresh folder for temporary files; `path` has FILES_PATH_MAX bytes.
bool files_make_temporary(char *path, struct report *report);

/// Remove a folder and all that is in it. Whatever cannot be removed stays.
void files_remove_all(const char *path);

/// Whether a regular file can be read. `what` says in the message what it was to be.
bool files_is_there(const char *path, const char *what, struct report *report);

/// Copy a regular file. `what` says in the message what the missing file was to be.
bool files_copy(const char *from, const char *to, const char *what, struct report *report);

bool files_write(const char *path, const char *text, struct report *report);

/// The folder of this program's own file; `path` has FILES_PATH_MAX bytes.
bool files_program_folder(char *path, struct report *report);
