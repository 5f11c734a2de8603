// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Memory of an interface, freed as a whole.
#include <err.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "flounder.h"

struct arena_block {
    struct arena_block *next;
    max_align_t memory[];
};

void *arena_alloc(struct arena *arena, size_t bytes)
{
    struct arena_block *block = calloc(1, sizeof(*block) + bytes);
    if (block == NULL)
        err(1, "out of memory");
    block->next = arena->blocks;
    arena->blocks = block;
    return block->memory;
}

char *arena_text(struct arena *arena, const char *text, size_t length)
{
    return memcpy(arena_alloc(arena, length + 1), text, length);
}

char *arena_format(struct arena *arena, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *text = arena_alloc(arena, (size_t)length + 1);
    va_start(args, format);
    vsnprintf(text, (size_t)length + 1, format, args);
    va_end(args);
    return text;
}

void arena_free(struct arena *arena)
{
    for (struct arena_block *block = arena->blocks, *next; block != NULL; block = next) {
        next = block->next;
        free(block);
    }
    arena->blocks = NULL;
}
