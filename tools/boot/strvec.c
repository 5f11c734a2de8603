// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The growing vector of strings behind every command that the runner starts. It grows by one slot
// at a time: the longest command has a few dozen arguments.
#include "strvec.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void append(struct strvec *vec, char *item)
{
    char **items = realloc(vec->items, (vec->count + 2) * sizeof(*items));
    if (item == NULL || items == NULL) {
        perror("stave-boot");
        exit(3);
    }
    items[vec->count++] = item;
    items[vec->count] = NULL;
    vec->items = items;
}

void strvec_add(struct strvec *vec, const char *format, ...)
{
    char *item = NULL;
    va_list args;
    va_start(args, format);
    if (vasprintf(&item, format, args) < 0)
        item = NULL;
    va_end(args);
    append(vec, item);
}

void strvec_add_all(struct strvec *vec, ...)
{
    va_list args;
    va_start(args, vec);
    for (const char *item = va_arg(args, const char *); item != NULL;
         item = va_arg(args, const char *))
        append(vec, strdup(item));
    va_end(args);
}

void strvec_free(struct strvec *vec)
{
    for (size_t i = 0; i < vec->count; i++)
        free(vec->items[i]);
    free(vec->items);
    *vec = (struct strvec){0};
}
