// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What a word that has been begun can become. Pure.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define COMPLETION_BYTES 64u

/// Gives the words that there are, one for each index from 0 on, then NULL; the pointer is good
/// until the next call. `first`: those that a command can begin with; else those that can follow.
typedef const char *(*completion_words_fn)(void *st, bool first, unsigned index);

struct completion {
    unsigned count; ///< words that begin like this
    size_t length;  ///< bytes that all of them begin with
    char text[COMPLETION_BYTES];
};

/// Whether what follows these `length` bytes of a line begins a command.
bool completion_is_first(const char *line, size_t length);

/// Look for the words that begin with `length` bytes; longer ones than COMPLETION_BYTES are cut.
struct completion completion_find(completion_words_fn words, void *st, bool first,
                                  const char *begun, size_t length);
