// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What came over the serial line: a queue of bytes, and a line that is being edited out of them.
// Pure and bounded. Bytes become a line only when somebody wants a line, so that what is typed
// ahead can still be read raw. Keys in a line: backspace (a whole character), Ctrl-U (all), Enter,
// Ctrl-D (the end of the input, on an empty line); other control characters are ignored.
//
// N1 Nothing is lost: who adds looks for input_room() first, and a line that is longer than the
//    editor's memory is given in pieces, of which only the last ends with a newline.
// N2 Data (of a pipe: text/framing.h) is not edited: every byte is given as it came.
// N3 No reader gets bytes from behind the end of a line that it got: they are the next one's.
#pragma once

#include "text/framing.h"

#define INPUT_QUEUE_BYTES 4096u
#define INPUT_LINE_BYTES 1024u
#define INPUT_END 0x04

enum input_line {
    INPUT_MORE, ///< the line is not finished
    INPUT_DONE, ///< input_line_take() gives it, or a piece of it
    INPUT_ENDED ///< end of the input
};

/// Private to input.c but for takes_interrupt; visible for allocation. All zero: empty.
struct input {
    struct framing framing;
    bool takes_interrupt; ///< set by who owns this: Ctrl-C, if it is typed, is not for the reader
    size_t first, count;
    char queue[INPUT_QUEUE_BYTES];
    bool done;
    bool after_return;
    size_t length, taken;
    char line[INPUT_LINE_BYTES];
};

/// Shows text to the user.
typedef void (*input_echo_fn)(void *st, const char *text, size_t bytes);

/// Whether a byte can be added.
static inline bool input_room(const struct input *input)
{
    return INPUT_QUEUE_BYTES - input->count >= FRAMING_DECODED_MAX;
}

/// Whether the input is data, not typed.
static inline bool input_is_data(const struct input *input)
{
    return input->framing.source == FRAMING_PIPE;
}

/// Whether all that ever comes has been taken from the queue.
static inline bool input_ended(const struct input *input)
{
    return input->framing.ended && input->count == 0;
}

/// A byte came over the line; there must be room. True: it was Ctrl-C and is to interrupt; what was
/// typed before it and not yet read is forgotten.
bool input_add(struct input *input, char c);

/// Take up to `bytes` raw bytes, at most to the end of a line; returns their number. What was
/// edited for a reader who has gone comes first.
size_t input_take(struct input *input, char *buf, size_t bytes);

/// Edit the line with the bytes that there are, as far as its end.
enum input_line input_edit(struct input *input, input_echo_fn echo, void *st);

/// Take up to `bytes` bytes of a finished line or piece, its newline included; returns their
/// number. The rest stays, and is finished too.
size_t input_line_take(struct input *input, char *buf, size_t bytes);
