// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Names of mutants, and lists of them (verdicts.h).
#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "verdicts.h"

/// One line: what is longer, or goes over lines, has its white space made one space.
static char *squeezed(const char *text, size_t length)
{
    char *line = malloc(length + 1);
    size_t n = 0;
    for (size_t i = 0; i < length; i++) {
        bool space = isspace((unsigned char)text[i]);
        if (!space || (n > 0 && line[n - 1] != ' '))
            line[n++] = space ? ' ' : text[i];
    }
    while (n > 0 && line[n - 1] == ' ')
        n--;
    line[n] = '\0';
    return line;
}

static char *change_of(const struct candidate *c)
{
    char *old = squeezed(c->text + c->mutant.at, c->mutant.length);
    char *now = squeezed(c->mutant.now, strlen(c->mutant.now)), *change;
    if (asprintf(&change, "%s: %s -> %s", c->mutant.operator, old, now) < 0)
        abort();
    free(old);
    free(now);
    return change;
}

char *candidate_name(const struct candidate *c)
{
    size_t line = 1;
    for (size_t i = 0; i < c->mutant.at; i++)
        line += c->text[i] == '\n';
    char *change = change_of(c), *name;
    if (asprintf(&name, "%s:%zu: %s", c->source, line, change) < 0)
        abort();
    free(change);
    return name;
}

static char *line_of(const struct candidate *c)
{
    size_t from = c->mutant.at;
    while (from > 0 && c->text[from - 1] != '\n')
        from--;
    return squeezed(c->text + from, strcspn(c->text + from, "\n"));
}

/// Whether `list` would call both the same, but for the number.
static bool is_alike(const struct candidate *a, const struct candidate *b)
{
    char *changes[] = {change_of(a), change_of(b)}, *lines[] = {line_of(a), line_of(b)};
    bool alike = a->mutant.function == b->mutant.function && strcmp(changes[0], changes[1]) == 0 &&
                 strcmp(lines[0], lines[1]) == 0;
    for (size_t i = 0; i < 2; i++) {
        free(changes[i]);
        free(lines[i]);
    }
    return alike;
}

/// Its number among those alike, from 1.
static unsigned number_of(const struct candidate *c)
{
    struct mutants mutants = mutants_of(c->text);
    unsigned number = 1;
    for (size_t i = 0; i < mutants.count && mutants.items[i].at < c->mutant.at; i++)
        number += is_alike(c, &(struct candidate){c->source, c->text, mutants.items[i], 0});
    mutants_free(&mutants);
    return number;
}

char *candidate_key(const struct candidate *c)
{
    char *change = change_of(c), *line = line_of(c), *key, digits[16] = "";
    unsigned number = number_of(c);
    if (number > 1)
        snprintf(digits, sizeof(digits), ".%u", number);
    if (asprintf(&key, "%s :: %.*s%s :: %s :: %s :: ", c->source, (int)c->mutant.function_length,
                 c->text + c->mutant.function, digits, change, line) < 0)
        abort();
    free(change);
    free(line);
    return key;
}

char *equivalent_why(const struct candidate *c, const char *list)
{
    char *key = list != NULL ? candidate_key(c) : NULL, *why = NULL;
    for (const char *at = list; at != NULL && why == NULL; at = strstr(at, key))
        if ((at == list || at[-1] == '\n') && strncmp(at, key, strlen(key)) == 0)
            why = strndup(at + strlen(key), strcspn(at + strlen(key), "\n"));
        else
            at++;
    free(key);
    return why;
}

/// A source that has changed makes its verdicts void.
static uint32_t hash_of(const char *text)
{
    uint32_t hash = 2166136261u;
    for (; *text != '\0'; text++)
        hash = (hash ^ (unsigned char)*text) * 16777619u;
    return hash;
}

char *verdict_line(const struct candidate *c, const char *verdict)
{
    char *name = candidate_name(c), *line;
    if (asprintf(&line, "%08x.%zu %s: %s\n", hash_of(c->text), c->mutant.at, verdict, name) < 0)
        abort();
    free(name);
    return line;
}

char *earlier_verdict(const struct candidate *c, const char *report)
{
    char *line = verdict_line(c, ""), *verdict = NULL;
    size_t key = strcspn(line, " ") + 1, rest = strlen(line) - key;
    for (const char *at = report; at != NULL && *at != '\0';) {
        size_t length = strcspn(at, "\n") + 1;
        if (strncmp(at, line, key) == 0 && length > key + rest &&
            strncmp(at + length - rest, line + key, rest) == 0)
            verdict = strndup(at + key, length - key - rest);
        at += length - (at[length - 1] == '\0');
    }
    free(line);
    return verdict;
}
