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

char *equivalent_why(const struct candidate *c, const char *list)
{
    char *change = change_of(c), *line = line_of(c), *key, *why = NULL;
    if (asprintf(&key, "%s :: %s :: %s :: ", c->source, change, line) < 0)
        abort();
    for (const char *at = list; at != NULL && why == NULL; at = strstr(at, key))
        if ((at == list || at[-1] == '\n') && strncmp(at, key, strlen(key)) == 0)
            why = strndup(at + strlen(key), strcspn(at + strlen(key), "\n"));
        else
            at++;
    free(change);
    free(line);
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
