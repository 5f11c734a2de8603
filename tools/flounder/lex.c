// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Cuts an .if file into words (lex.h).
#include "lex.h"

#include <ctype.h>
#include <string.h>

static bool in_name(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

static struct place place_here(const struct lexer *lexer)
{
    return (struct place){lexer->path, lexer->line, (unsigned)(lexer->at - lexer->line_start) + 1};
}

static void step(struct lexer *lexer)
{
    if (*lexer->at++ == '\n') {
        lexer->line++;
        lexer->line_start = lexer->at;
    }
}

/// Comments nest: Barrelfish's compiler reads them so.
static void skip_comment(struct lexer *lexer)
{
    struct place place = place_here(lexer);
    unsigned depth = 0;
    do {
        bool opens = strncmp(lexer->at, "/*", 2) == 0, closes = strncmp(lexer->at, "*/", 2) == 0;
        if (*lexer->at == '\0') {
            fault(lexer->faults, place, "end it with */; comments nest",
                  "a comment begins here and does not end");
            return;
        }
        depth = depth + opens - closes;
        step(lexer);
        if (opens || closes)
            step(lexer);
    } while (depth > 0);
}

static void skip_blanks(struct lexer *lexer)
{
    for (;;) {
        if (isspace((unsigned char)*lexer->at))
            step(lexer);
        else if (strncmp(lexer->at, "/*", 2) == 0)
            skip_comment(lexer);
        else if (strncmp(lexer->at, "//", 2) == 0)
            while (*lexer->at != '\0' && *lexer->at != '\n')
                step(lexer);
        else
            return;
    }
}

static void lex_text(struct lexer *lexer)
{
    step(lexer);
    const char *start = lexer->at;
    size_t length = strcspn(start, "\"\n");
    bool ends = start[length] == '"';
    if (!ends) {
        fault(lexer->faults, lexer->token.place, "end it with \" on the same line",
              "a text begins here and does not end");
        length = strcspn(start, "{\n"); // what is described is not part of its description
    }
    lexer->token.start = start;
    lexer->token.length = length;
    lexer->at = start + length + ends;
}

static unsigned digit_of(char c)
{
    if (isdigit((unsigned char)c))
        return (unsigned)(c - '0');
    return isxdigit((unsigned char)c) ? (unsigned)(tolower((unsigned char)c) - 'a' + 10) : 99;
}

/// Decimal, 0x and 0o.
static void lex_number(struct lexer *lexer)
{
    struct token *token = &lexer->token;
    unsigned base = 10;
    if (lexer->at[0] == '0' && tolower((unsigned char)lexer->at[1]) == 'x')
        base = 16;
    else if (lexer->at[0] == '0' && tolower((unsigned char)lexer->at[1]) == 'o')
        base = 8;
    if (base != 10)
        lexer->at += 2;
    bool right = digit_of(*lexer->at) < base;
    for (; in_name(*lexer->at); lexer->at++) {
        unsigned digit = digit_of(*lexer->at);
        right = right && digit < base &&
                !__builtin_mul_overflow(token->number, base, &token->number) &&
                !__builtin_add_overflow(token->number, digit, &token->number);
    }
    token->length = (size_t)(lexer->at - token->start);
    if (right)
        return;
    fault(lexer->faults, token->place,
          "write digits alone, 0x and hexadecimal ones, or 0o and octal ones",
          "'%.*s' is no number of 64 bits", (int)token->length, token->start);
    token->number = 1; // which is right everywhere
}

void lex_next(struct lexer *lexer)
{
    lexer->previous = place_here(lexer);
    skip_blanks(lexer);
    struct token *token = &lexer->token;
    *token = (struct token){.kind = TOKEN_END, .place = place_here(lexer), .start = lexer->at};
    if (*lexer->at == '\0')
        return;
    if (*lexer->at == '"') {
        token->kind = TOKEN_TEXT;
        lex_text(lexer);
    } else if (isdigit((unsigned char)*lexer->at)) {
        token->kind = TOKEN_NUMBER;
        lex_number(lexer);
    } else {
        token->kind = isalpha((unsigned char)*lexer->at) ? TOKEN_NAME : TOKEN_MARK;
        do {
            step(lexer);
        } while (token->kind == TOKEN_NAME && in_name(*lexer->at));
        token->length = (size_t)(lexer->at - token->start);
    }
}

void lex_begin(struct lexer *lexer)
{
    lexer->line = 1;
    lexer->line_start = lexer->at;
    lex_next(lexer);
}

bool token_is(const struct token *token, const char *text)
{
    return (token->kind == TOKEN_NAME || token->kind == TOKEN_MARK) &&
           strlen(text) == token->length && memcmp(token->start, text, token->length) == 0;
}

const char *token_name(const struct token *token, char *buf, size_t bytes)
{
    if (token->kind == TOKEN_END)
        return "the end of the file";
    if (token->kind == TOKEN_MARK && !isprint((unsigned char)*token->start))
        snprintf(buf, bytes, "the byte 0x%02x", (unsigned char)*token->start);
    else
        snprintf(buf, bytes, token->kind == TOKEN_TEXT ? "the text \"%.*s\"" : "'%.*s'",
                 (int)(token->length < 40 ? token->length : 40), token->start);
    return buf;
}
