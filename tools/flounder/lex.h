// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Words of an .if file. Comments are C's, both kinds. A name begins with a
// letter, so that what begins with '_' is free for the code that is made.
#pragma once

#include "flounder.h"

enum token_kind { TOKEN_END, TOKEN_NAME, TOKEN_NUMBER, TOKEN_TEXT, TOKEN_MARK };

struct token {
    enum token_kind kind;
    struct place place;
    const char *start; ///< not ended by a zero byte; of a text without its quotes
    size_t length;
    uint64_t number;
};

struct lexer {
    const char *path, *at;
    unsigned line;
    const char *line_start;
    struct faults *faults;
    struct token token;    ///< the next one
    struct place previous; ///< just behind the token before it
};

/// `lexer` starts with path, at and faults set.
void lex_begin(struct lexer *lexer);
void lex_next(struct lexer *lexer);

bool token_is(const struct token *token, const char *text);
/// Writes the token as a reader would name it: quoted, or "the end of the file".
const char *token_name(const struct token *token, char *buf, size_t bytes);
