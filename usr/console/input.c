// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The console's line discipline.
#include "input.h"

#include "text/utf8.h"

#include <assert.h>
#include <string.h>

#define CTRL(letter) ((letter)&0x1f)
#define KEY_DELETE 0x7f

static void line_empty(struct input *input)
{
    input->length = input->taken = 0;
    input->done = false;
}

bool input_add(struct input *input, char c)
{
    char bytes[FRAMING_DECODED_MAX];
    assert(input_room(input));
    size_t count = framing_decode(&input->framing, c, bytes);
    if (count == 1 && bytes[0] == CTRL('c') && input->takes_interrupt && !input_is_data(input)) {
        input->count = 0;
        line_empty(input);
        return true;
    }
    for (size_t i = 0; i < count; i++)
        input->queue[(input->first + input->count++) % INPUT_QUEUE_BYTES] = bytes[i];
    return false;
}

static char front(const struct input *input)
{
    return input->queue[input->first];
}

static char take_front(struct input *input)
{
    char c = front(input);
    input->first = (input->first + 1) % INPUT_QUEUE_BYTES;
    input->count--;
    return c;
}

size_t input_take(struct input *input, char *buf, size_t bytes)
{
    size_t count = 0;
    if (input->length > 0) {
        input->done = true;
        count = input_line_take(input, buf, bytes);
    }
    bool ends = count > 0 && buf[count - 1] == '\n';
    while (count < bytes && input->count > 0 && !ends) { // N3
        char c = take_front(input);
        buf[count++] = c;
        input->after_return = c == '\r';
        ends = c == '\n' || (c == '\r' && !input_is_data(input));
    }
    return count;
}

/// Takes characters off the line's end, down to `length` bytes.
static void erase(struct input *input, size_t length, input_echo_fn echo, void *st)
{
    while (input->length > length) {
        size_t bytes = utf8_last(input->line, input->length);
        input->length -= bytes;
        for (size_t i = utf8_columns(input->line + input->length, bytes); i > 0; i--)
            echo(st, "\b \b", 3);
    }
}

static bool is_text(char key)
{
    return ((unsigned char)key >= ' ' && key != KEY_DELETE) || key == '\t';
}

/// Whether a piece of the line must be given before this key has room in it. One that ends with a
/// whole character, if it is text; and a newline must always have room.
static bool is_full(const struct input *input, char key)
{
    size_t room = INPUT_LINE_BYTES - 1 - input->length;
    return is_text(key) && (room == 0 || (room < UTF8_BYTES_MAX && !utf8_continues(key)));
}

static void edit_key(struct input *input, char key, input_echo_fn echo, void *st)
{
    if (key == KEY_DELETE || key == '\b') {
        erase(input, input->length > 0 ? input->length - 1 : 0, echo, st);
    } else if (key == CTRL('u')) {
        erase(input, 0, echo, st);
    } else if (is_text(key)) {
        input->line[input->length++] = key;
        echo(st, &key, 1);
    }
}

enum input_line input_edit(struct input *input, input_echo_fn echo, void *st)
{
    while (!input->done && input->count > 0) {
        if (is_full(input, front(input))) { // N1
            input->done = true;
            break;
        }
        char key = take_front(input);
        bool second = key == '\n' && input->after_return;
        input->after_return = key == '\r';
        if (second)
            continue;
        if (key == INPUT_END && input->length == 0)
            return INPUT_ENDED;
        if (key == '\r' || key == '\n') {
            input->line[input->length++] = '\n'; // is_full() leaves room for it
            input->done = true;
            echo(st, "\n", 1);
        } else {
            edit_key(input, key, echo, st);
        }
    }
    input->done |= input_ended(input) && input->length > 0;
    return input->done ? INPUT_DONE : input_ended(input) ? INPUT_ENDED : INPUT_MORE;
}

size_t input_line_take(struct input *input, char *buf, size_t bytes)
{
    assert(input->done);
    size_t left = input->length - input->taken;
    size_t count = bytes < left ? bytes : left;
    memcpy(buf, input->line + input->taken, count);
    input->taken += count;
    if (input->taken == input->length)
        line_empty(input);
    return count;
}
