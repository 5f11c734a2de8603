// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The words of a domain that has no console to send them to: those of one sys_print() are kept
// together, and there is a limit to all of them, so that nobody can fill the console by this way.
// Pure.
#pragma once

#include <stdbool.h>
#include <stddef.h>

/// Text that is printed as a whole: a fault report is shorter.
#define WORDS_TEXT_BYTES 2048u
/// All that a domain can say in its life.
#define WORDS_TOTAL_BYTES 8192u

/// All zero: nothing was said.
struct words {
    size_t used, said;
    bool silenced; ///< that it has said too much was said
    char text[WORDS_TEXT_BYTES];
};

/// Add a piece; what is beyond the limit is left out, which is said once. True: print text[] up to
/// `used`, and then set that to 0.
bool words_add(struct words *words, const char *piece, size_t bytes, bool more);
