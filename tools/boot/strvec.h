// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// A growing vector of strings that it owns, always ended by a null pointer, so that `items` is an
// argument vector for exec. Running out of memory ends the program: a host tool has no better
// answer.
#pragma once

#include <stddef.h>

struct strvec {
    char **items;
    size_t count;
};

/// Append one formatted string.
void strvec_add(struct strvec *vec, const char *format, ...) __attribute__((format(printf, 2, 3)));

/// Append each of the strings up to the null pointer that ends the list, unchanged.
void strvec_add_all(struct strvec *vec, ...) __attribute__((sentinel));

/// Free the strings and make the vector empty.
void strvec_free(struct strvec *vec);
