// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What is changed in a function's body, one thing in each mutant. Declarations of types, constant
// tables, _Static_assert and what sizeof measures stay, as do assertions: right code cannot notice
// a weak one.
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mutate.h"

struct finder {
    struct tokens tokens;
    struct mutants found;
    size_t name; // of the function whose body is looked at
};

static bool is(const struct finder *f, size_t i, const char *text)
{
    return token_is(&f->tokens, i, text);
}

static bool is_any(const struct finder *f, size_t i, const char *const *texts)
{
    for (; *texts != NULL; texts++)
        if (is(f, i, *texts))
            return true;
    return false;
}

static size_t other_half(const struct finder *f, size_t i)
{
    return f->tokens.items[i].match;
}

/// Tokens `from` to `to`, the last included, become `now`, which is taken over.
static void add(struct finder *f, const char *operator, size_t from, size_t to, char *now)
{
    struct mutants *found = &f->found;
    if ((found->count & (found->count + 1)) == 0)
        found->items = realloc(found->items, (found->count + 1) * 2 * sizeof(*found->items));
    const struct token *first = &f->tokens.items[from], *last = &f->tokens.items[to];
    const struct token *name = &f->tokens.items[f->name];
    found->items[found->count++] =
        (struct mutant){operator, first->at, last->at + last->length - first->at, now, name->at,
                        name->length};
}

/// Text of tokens `from` to `to`, the last included.
static char *text_of(const struct finder *f, size_t from, size_t to)
{
    const struct token *first = &f->tokens.items[from], *last = &f->tokens.items[to];
    return strndup(f->tokens.text + first->at, last->at + last->length - first->at);
}

static bool is_operand(const struct finder *f, size_t i)
{
    static const char *const words[] = {"return", "case", "else", NULL};
    const struct token *token = &f->tokens.items[i];
    return is(f, i, ")") || is(f, i, "]") || token->kind == TOKEN_NUMBER ||
           (token->kind == TOKEN_WORD && !is_any(f, i, words));
}

static void mark(struct finder *f, size_t i)
{
    static const struct {
        const char *operator, * old, *now;
        bool binary; // else the same mark also has another meaning, with one operand
    } swaps[] = {
        {"relation", "<", "<=", true},        {"relation", "<=", "<", true},
        {"relation", ">", ">=", true},        {"relation", ">=", ">", true},
        {"relation", "==", "!=", true},       {"relation", "!=", "==", true},
        {"logic", "&&", "||", true},          {"logic", "||", "&&", true},
        {"arithmetic", "+", "-", true},       {"arithmetic", "-", "+", true},
        {"arithmetic", "&", "|", true},       {"arithmetic", "|", "&", true},
        {"arithmetic", "<<", ">>", true},     {"arithmetic", ">>", "<<", true},
        {"arithmetic", "+=", "-=", true},     {"arithmetic", "-=", "+=", true},
        {"arithmetic", "|=", "&=", true},     {"arithmetic", "&=", "|=", true},
        {"arithmetic", "++", "--", false},    {"arithmetic", "--", "++", false},
        {"constant", "true", "false", false}, {"constant", "false", "true", false},
    };
    for (size_t k = 0; k < sizeof(swaps) / sizeof(*swaps); k++)
        if (is(f, i, swaps[k].old) && (!swaps[k].binary || is_operand(f, i - 1)))
            add(f, swaps[k].operator, i, i, strdup(swaps[k].now));
}

static void number(struct finder *f, size_t i)
{
    char *old = text_of(f, i, i), *now = NULL;
    if (f->tokens.items[i].kind == TOKEN_NUMBER && strchr(old, '.') == NULL &&
        asprintf(&now, "(%s + 1)", old) > 0)
        add(f, "constant", i, i, now);
    free(old);
}

static size_t end_of_expression(const struct finder *f, size_t i, const char *const *ends)
{
    while (i < f->tokens.count && !is_any(f, i, ends))
        i = (other_half(f, i) > i ? other_half(f, i) : i) + 1;
    return i;
}

/// if, while: the condition turns round. With an else, that is the two branches swapped.
static void condition(struct finder *f, size_t i)
{
    if ((!is(f, i, "if") && !is(f, i, "while")) || !is(f, i + 1, "("))
        return;
    char *old = text_of(f, i + 1, other_half(f, i + 1)), *now;
    if (asprintf(&now, "(!%s)", old) > 0)
        add(f, "condition", i + 1, other_half(f, i + 1), now);
    free(old);
}

/// a ? b : c becomes a ? c : b.
static void choice(struct finder *f, size_t i)
{
    static const char *const colon[] = {":", ";", NULL}, *const nested[] = {"?", ";", NULL},
                             *const ends[] = {",", ";", ")", "]", "}", "?", NULL};
    if (!is(f, i, "?"))
        return;
    size_t between = end_of_expression(f, i + 1, colon);
    size_t end = end_of_expression(f, between, ends);
    if (!is(f, between, ":") || end_of_expression(f, i + 1, nested) < between || is(f, end, "?"))
        return;
    char *yes = text_of(f, i + 1, between - 1), *no = text_of(f, between + 1, end - 1), *now;
    if (asprintf(&now, "%s : %s", no, yes) > 0)
        add(f, "branches", i + 1, end - 1, now);
    free(yes);
    free(no);
}

static void result(struct finder *f, size_t i)
{
    static const char *const semicolon[] = {";", NULL}, *const plain[] = {"0", "true", "false",
                                                                          "NULL", NULL};
    if (!is(f, i, "return") || is(f, i + 1, ";"))
        return;
    size_t end = end_of_expression(f, i + 1, semicolon);
    if (end != i + 2 || !is_any(f, i + 1, plain)) {
        const struct token *last = &f->tokens.items[end - 1];
        bool good = last->length > 3 &&
                    memcmp(f->tokens.text + last->at + last->length - 3, "_OK", 3) == 0 &&
                    end == i + 2;
        add(f, "return", i + 1, end - 1, strdup(good ? "1" : "0"));
    }
}

static bool begins_statement(const struct finder *f, size_t i)
{
    static const char *const before[] = {";", "{", "}", "else", "do", ":", NULL}, *const heads[] = {
                                                                                      "if", "for",
                                                                                      "while",
                                                                                      "switch",
                                                                                      NULL};
    return is_any(f, i - 1, before) || (is(f, i - 1, ")") && other_half(f, i - 1) > 0 &&
                                        is_any(f, other_half(f, i - 1) - 1, heads));
}

/// A statement that is a call or a store is left out.
static void statement(struct finder *f, size_t i)
{
    static const char *const ends[] = {";", ")", "}", "]", NULL},
                             *const stops[] = {"=",  "+=", "-=", "*=",  "/=",  "%=",
                                               "&=", "|=", "^=", ">>=", "<<=", "++",
                                               "--", ";",  ")",  "}",   "]",   NULL},
                             *const after[] = {"(",  ".",   "->",  "[",  "=",  "+=",
                                               "-=", "*=",  "/=",  "%=", "&=", "|=",
                                               "^=", "<<=", ">>=", "++", "--", NULL},
                             *const never[] = {"if",     "for",  "while", "switch", "return",
                                               "sizeof", "case", "goto",  NULL};
    bool word = f->tokens.items[i].kind == TOKEN_WORD;
    if (!begins_statement(f, i) || is_any(f, i, never) || (word && !is_any(f, i + 1, after)) ||
        (!word && !is(f, i, "*") && !is(f, i, "(")))
        return;
    size_t end = end_of_expression(f, i, ends), store = end_of_expression(f, i, stops);
    if (!is(f, end, ";"))
        return;
    if (store < end)
        add(f, "store", i, end - 1, strdup("(void)0"));
    else if (is(f, end - 1, ")"))
        add(f, "call", i, end - 1, strdup("(void)0"));
}

/// The last token of what begins at `i` and stays as it is; i - 1 if nothing does.
static size_t untouched(const struct finder *f, size_t i)
{
    static const char *const types[] = {"struct", "union", "enum", NULL},
                             *const whole[] = {"assert", "kassert", "_Static_assert", "sizeof",
                                               NULL},
                             *const semicolon[] = {";", NULL};
    if (is_any(f, i, whole) && is(f, i + 1, "("))
        return other_half(f, i + 1);
    if (is(f, i, "static") && begins_statement(f, i))
        return end_of_expression(f, i, semicolon);
    if (is_any(f, i, types)) {
        size_t brace = is(f, i + 1, "{") ? i + 1 : i + 2;
        return is(f, brace, "{") && begins_statement(f, i) ? other_half(f, brace) : i - 1;
    }
    return i - 1;
}

static void body(struct finder *f, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        size_t last = untouched(f, i);
        if (last >= i) {
            i = last;
            continue;
        }
        mark(f, i);
        number(f, i);
        condition(f, i);
        choice(f, i);
        result(f, i);
        statement(f, i);
    }
}

/// The name of the function that the brace opens, its arguments being before it, attributes aside;
/// else 0.
static size_t function_of(const struct finder *f, size_t brace)
{
    size_t i = brace;
    while (i > 1 && is(f, i - 1, ")")) {
        size_t open = other_half(f, i - 1);
        if (open == 0 || !is(f, open - 1, "__attribute__"))
            return open > 0 ? open - 1 : 0;
        i = open - 1;
    }
    return 0;
}

struct mutants mutants_of(const char *text)
{
    struct finder f = {.tokens = tokens_of(text)};
    for (size_t i = 0; i < f.tokens.count; i++) {
        size_t end = other_half(&f, i);
        if (end <= i)
            continue;
        f.name = is(&f, i, "{") ? function_of(&f, i) : 0;
        if (f.name > 0)
            body(&f, i + 1, end);
        i = end;
    }
    tokens_free(&f.tokens);
    return f.found;
}

void mutants_free(struct mutants *mutants)
{
    for (size_t i = 0; i < mutants->count; i++)
        free(mutants->items[i].now);
    free(mutants->items);
}

char *mutant_apply(const struct mutant *mutant, const char *text)
{
    char *now;
    if (asprintf(&now, "%.*s%s%s", (int)mutant->at, text, mutant->now,
                 text + mutant->at + mutant->length) < 0)
        abort();
    return now;
}
