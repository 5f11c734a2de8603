// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What the C library finds at the start of the stack. Private to this library.
// SV1 A vector has no more than STARTUP_WORDS_MAX words.

#pragma once

#include "kpi/spawn.h"

/// Most arguments and variables together; those beyond are left out.
#define STARTUP_STRINGS_MAX 1024u
/// Words of a startup vector: argc, both lists with their ends, and the auxiliary vector.
#define STARTUP_WORDS_MAX (STARTUP_STRINGS_MAX + 32u)

/// Fills `vector` in with argc, argv, envp and auxv as the System V ABI for x86-64 (3.4.1) has
/// them; pointers go into `args` and to `random`, 16 bytes. Strings that are not ended within
/// `args` are left out. Returns the number of words.
size_t startup_vector_fill(uint64_t vector[STARTUP_WORDS_MAX], const struct spawn_args *args,
                           const uint8_t *random);

/// The first argument without folders, or "" if there is none.
const char *startup_name(const struct spawn_args *args);
