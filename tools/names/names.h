// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Makes the table of function names (kpi/elf_names.h) out of a program's symbols.
#pragma once

#include <stdbool.h>
#include <stddef.h>

/// A linked program, as its file has it. `bytes` is from malloc() and may move.
struct names_file {
    unsigned char *bytes;
    size_t count;
};

/// Whether there is Stave's note to write into; what is no ELF program at all is left to names_add().
/// A program that has a start code of its own has none.
bool names_has_place(const struct names_file *file);

/// Append the table to a program as a segment, and write where it is into Stave's note. NULL on
/// success; else what the program lacks, and it is as it was.
const char *names_add(struct names_file *file);

/// The same to a file, which stays as it is if there is no place. After strip(1), which empties the
/// segment because no section has it, the table is put there again.
const char *names_add_to_file(const char *path);
