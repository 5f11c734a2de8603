// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What was typed: a queue of bytes, and a line that is being edited out of them. Pure and bounded.
// Bytes become a line only when somebody wants a line, so that what is typed ahead can still be
// read raw. Keys in a line: backspace, Ctrl-U (all), Enter, Ctrl-D (the end of the input, on an
// empty line); other control characters are ignored.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define INPUT_QUEUE_BYTES 4096u
#define INPUT_LINE_BYTES 1024u
#define INPUT_END 0x04

enum input_line {
    INPUT_MORE, ///< the line is not finished
    INPUT_DONE, ///< input_line_take() gives it
    INPUT_ENDED ///< end of the input
};

/// Private to input.c; visible for allocation. All zero: empty.
struct input {
    size_t first, count;
    char queue[INPUT_QUEUE_BYTES];
    bool done;
    bool after_return;
    size_t length, taken;
    char line[INPUT_LINE_BYTES];
};

/// Shows text to the user.
typedef void (*input_echo_fn)(void *st, const char *text, size_t bytes);

static inline size_t input_room(const struct input *input)
{
    return INPUT_QUEUE_BYTES - input->count;
}

/// A byte was typed; there must be room.
void input_add(struct input *input, char c);

/// Take up to `bytes` raw bytes; returns their number.
size_t input_take(struct input *input, char *buf, size_t bytes);

/// Edit the line with the bytes that there are, as far as its end.
enum input_line input_edit(struct input *input, input_echo_fn echo, void *st);

/// Take up to `bytes` bytes of a finished line, its newline included; returns their number. The
/// rest stays, and is a finished line too.
size_t input_line_take(struct input *input, char *buf, size_t bytes);
