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
    if (line->used == 0) {
        return;
    }
    if (output->open != NULL && output->open != line) { // O2
        put(output, '\r');
        put(output, '\n');
    }
    for (size_t i = 0; i < line->used; i++) {
        if (line->text[i] == '\n') {
            put(output, '\r');
        }
        put(output, line->text[i]);
    }
    output->open = line->text[line->used - 1] == '\n' ? NULL : line;
    line->used = 0;
}

void output_write(struct output *output, struct output_line *line, const char *text, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        line->text[line->used++] = text[i];
        if (text[i] == '\n' || line->used == OUTPUT_LINE_BYTES) { // O1
            output_push(output, line);
        }
    }
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
    for (size_t i = 0; i < count; i++) {
        buf[i] = output->stream[(output->taken + i) % OUTPUT_STREAM_BYTES];
    }
    return count;
}

void output_take(struct output *output, size_t bytes)
{
    assert(bytes <= output->put - output->taken);
    output->taken += bytes;
}
