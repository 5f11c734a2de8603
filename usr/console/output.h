// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What is to be shown, in order: the text of many writers as one stream for the UART. Pure and
// bounded.
//
// O1 Text of a line that is not finished is kept with its writer, and so is text of which the
//    writer has said that more belongs to it; up to OUTPUT_LINE_BYTES go into the stream as a
//    whole.
// O2 A line that is pushed unfinished stays its writer's: if another writer comes first, a newline
//    is put between the two.
// O3 Nothing is lost: output_write() needs output_room() for what it is given, as output_need()
//    says.
// O4 What is echoed of input finds room whatever is written: writers leave OUTPUT_ECHO_BYTES, so
//    that who reads a line does not wait for others to stop writing.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OUTPUT_STREAM_BYTES 32768u
#define OUTPUT_LINE_BYTES 2048u
#define OUTPUT_ECHO_BYTES 20480u

/// The unfinished line of one writer. All zero: empty.
struct output_line {
    size_t used;
    bool more; ///< it is unfinished because of what the writer said
    char text[OUTPUT_LINE_BYTES];
};

/// Private to output.c; visible for allocation. All zero: empty.
struct output {
    uint64_t put, taken;            ///< bytes ever; put - taken of them are in the stream
    const struct output_line *open; ///< whose unfinished line is the stream's last; NULL: none
    char stream[OUTPUT_STREAM_BYTES];
};

static inline size_t output_room(const struct output *output)
{
    return OUTPUT_STREAM_BYTES - (size_t)(output->put - output->taken);
}

/// Room that a write of `bytes` bytes may need at most.
static inline size_t output_need(size_t bytes)
{
    return 2 * (OUTPUT_LINE_BYTES + bytes) + 2;
}

/// Whether a writer may write `bytes` bytes, or push its line (O4).
static inline bool output_takes(const struct output *output, size_t bytes)
{
    return output_room(output) >= OUTPUT_ECHO_BYTES + output_need(bytes);
}

/// Add text; a newline becomes carriage return and newline. `more`: what comes next belongs to it.
void output_write(struct output *output, struct output_line *line, const char *text, size_t bytes,
                  bool more);

/// Put the unfinished line into the stream too. Needs output_need(0).
void output_push(struct output *output, struct output_line *line);

/// The writer goes: as output_push(), and the line is nobody's then.
void output_end(struct output *output, struct output_line *line);

/// Copy up to `bytes` bytes of the stream's front without taking them; returns their number.
size_t output_peek(const struct output *output, char *buf, size_t bytes);
void output_take(struct output *output, size_t bytes);
