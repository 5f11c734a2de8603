// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Splits C into tokens, as far as mutants need it: comments and lines of the preprocessor are left
// out, and each bracket knows its other half.
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "mutate.h"

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

static size_t end_of_line(const char *text, size_t at)
{
    while (text[at] != '\0' && text[at] != '\n')
        at += text[at] == '\\' && text[at + 1] != '\0' ? 2 : 1;
    return at;
}

static size_t skip(const char *text, size_t at, bool *line_start)
{
    for (;;) {
        if (text[at] == '\n') {
            *line_start = true;
            at++;
        } else if (isspace((unsigned char)text[at])) {
            at++;
        } else if (strncmp(text + at, "//", 2) == 0 || (text[at] == '#' && *line_start)) {
            at = end_of_line(text, at);
        } else if (strncmp(text + at, "/*", 2) == 0) {
            const char *end = strstr(text + at + 2, "*/");
            at = end != NULL ? (size_t)(end + 2 - text) : strlen(text);
        } else {
            return at;
        }
    }
}

static size_t length_of_mark(const char *text)
{
    static const char *const marks[] = {"<<=", ">>=", "...", "->", "++", "--", "<<", ">>",
                                        "<=",  ">=",  "==",  "!=", "&&", "||", "+=", "-=",
                                        "*=",  "/=",  "%=",  "&=", "|=", "^="};
    for (size_t i = 0; i < sizeof(marks) / sizeof(*marks); i++)
        if (strncmp(text, marks[i], strlen(marks[i])) == 0)
            return strlen(marks[i]);
    return 1;
}

static struct token token_at(const char *text, size_t at)
{
    struct token token = {.at = at, .length = 1};
    const char *p = text + at;
    if (*p == '"' || *p == '\'') {
        token.kind = TOKEN_STRING;
        while (p[token.length] != '\0' && p[token.length] != *p)
            token.length += p[token.length] == '\\' && p[token.length + 1] != '\0' ? 2 : 1;
        token.length += p[token.length] != '\0';
    } else if (is_word(*p)) {
        token.kind = isdigit((unsigned char)*p) ? TOKEN_NUMBER : TOKEN_WORD;
        while (is_word(p[token.length]) || (token.kind == TOKEN_NUMBER && p[token.length] == '.'))
            token.length++;
    } else {
        token.kind = TOKEN_MARK;
        token.length = length_of_mark(p);
    }
    return token;
}

static void match_brackets(struct tokens *tokens)
{
    size_t *open = malloc((tokens->count + 1) * sizeof(*open)), depth = 0;
    for (size_t i = 0; i < tokens->count; i++) {
        struct token *token = &tokens->items[i];
        token->match = i;
        if (token->kind != TOKEN_MARK)
            continue;
        char c = tokens->text[token->at];
        if (strchr("([{", c) != NULL) {
            open[depth++] = i;
        } else if (strchr(")]}", c) != NULL && depth > 0) {
            token->match = open[--depth];
            tokens->items[token->match].match = i;
        }
    }
    free(open);
}

struct tokens tokens_of(const char *text)
{
    struct tokens tokens = {.text = text};
    size_t room = 0;
    bool line_start = true;
    for (size_t at = 0; at = skip(text, at, &line_start), text[at] != '\0';) {
        if (tokens.count == room) {
            room = room * 2 + 64;
            tokens.items = realloc(tokens.items, room * sizeof(*tokens.items));
        }
        struct token token = token_at(text, at);
        tokens.items[tokens.count++] = token;
        at += token.length;
        line_start = false;
    }
    match_brackets(&tokens);
    return tokens;
}

void tokens_free(struct tokens *tokens)
{
    free(tokens->items);
}

bool token_is(const struct tokens *tokens, size_t i, const char *text)
{
    return i < tokens->count && tokens->items[i].length == strlen(text) &&
           memcmp(tokens->text + tokens->items[i].at, text, strlen(text)) == 0;
}
