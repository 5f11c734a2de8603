// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Single-point mutants of a C source: where one differs, and in what. No I/O, no type checking: a
// mutant may be one that does not compile.
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum token_kind { TOKEN_WORD, TOKEN_NUMBER, TOKEN_STRING, TOKEN_MARK };

struct token {
    enum token_kind kind;
    size_t at, length; // in the text
    size_t match;      // of a bracket: its other half, else the token itself
};

struct tokens {
    const char *text;
    struct token *items;
    size_t count;
};

/// Split C into tokens; comments and lines of the preprocessor are none. `text` must outlive them.
struct tokens tokens_of(const char *text);
void tokens_free(struct tokens *tokens);
bool token_is(const struct tokens *tokens, size_t i, const char *text);

/// The text from `at` on, `length` bytes long, becomes `now`.
struct mutant {
    const char *operator;
    size_t at, length;
    char *now;
    size_t function, function_length; // the name of the function that it is in
};

struct mutants {
    struct mutant *items;
    size_t count;
};

/// All mutants of function bodies in `text`, in its order. Free them with mutants_free().
struct mutants mutants_of(const char *text);
void mutants_free(struct mutants *mutants);

/// The text with the mutant in it, from malloc().
char *mutant_apply(const struct mutant *mutant, const char *text);
