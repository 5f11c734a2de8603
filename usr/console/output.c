// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The stream of all output.
#include "output.h"

#include <assert.h>
#include <string.h>

static void put(struct output *output, char c)
{
    assert(output_room(output) > 0); // O3
    output->stream[output->put++ % OUTPUT_STREAM_BYTES] = c;
}

void output_push(struct output *output, struct output_line *line)
{
    if (line->used == 0)
        return;
    if (output->open != NULL && output->open != line) { // O2
        put(output, '\r');
        put(output, '\n');
    }
    for (size_t i = 0; i < line->used; i++) {
        if (line->text[i] == '\n')
            put(output, '\r');
        put(output, line->text[i]);
    }
    output->open = line->text[line->used - 1] == '\n' ? NULL : line;
    line->used = 0;
    line->more = false;
}

/// The text up to its last newline. What follows that is pushed later.
static void push_lines(struct output *output, struct output_line *line)
{
    size_t whole = line->used;
    while (whole > 0 && line->text[whole - 1] != '\n')
        whole--;
    size_t rest = line->used - whole;
    line->used = whole;
    output_push(output, line);
    memmove(line->text, line->text + whole, rest);
    line->used = rest;
}

void output_write(struct output *output, struct output_line *line, const char *text, size_t bytes,
                  bool more)
{
    for (size_t i = 0; i < bytes; i++) {
        line->text[line->used++] = text[i];
        if (line->used == OUTPUT_LINE_BYTES) // O1
            push_lines(output, line);
        if (line->used == OUTPUT_LINE_BYTES)
            output_push(output, line);
    }
    line->more = more && line->used > 0;
    if (!line->more)
        push_lines(output, line);
}

void output_end(struct output *output, struct output_line *line)
{
    output_push(output, line);
    if (output->open == line) {
        put(output, '\r');
        put(output, '\n');
        output->open = NULL;
    }
}

size_t output_peek(const struct output *output, char *buf, size_t bytes)
{
    size_t there = (size_t)(output->put - output->taken);
    size_t count = bytes < there ? bytes : there;
    for (size_t i = 0; i < count; i++)
        buf[i] = output->stream[(output->taken + i) % OUTPUT_STREAM_BYTES];
    return count;
}

void output_take(struct output *output, size_t bytes)
{
    assert(bytes <= output->put - output->taken);
    output->taken += bytes;
}
