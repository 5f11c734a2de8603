// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The console's line discipline.
#include "input.h"

#include <assert.h>
#include <string.h>

#define CTRL(letter) ((letter)&0x1f)
#define KEY_DELETE 0x7f

void input_add(struct input *input, char c)
{
    assert(input_room(input) > 0);
    input->queue[(input->first + input->count++) % INPUT_QUEUE_BYTES] = c;
}

size_t input_take(struct input *input, char *buf, size_t bytes)
{
    size_t count = bytes < input->count ? bytes : input->count;
    for (size_t i = 0; i < count; i++) {
        buf[i] = input->queue[(input->first + i) % INPUT_QUEUE_BYTES];
    }
    input->first = (input->first + count) % INPUT_QUEUE_BYTES;
    input->count -= count;
    return count;
}

static void erase(struct input *input, size_t count, input_echo_fn echo, void *st)
{
    for (; count > 0; count--) {
        input->length--;
        echo(st, "\b \b", 3);
    }
}

static void edit_key(struct input *input, char key, input_echo_fn echo, void *st)
{
    if (key == KEY_DELETE || key == '\b') {
        erase(input, input->length > 0 ? 1 : 0, echo, st);
    } else if (key == CTRL('u')) {
        erase(input, input->length, echo, st);
    } else if (((unsigned char)key >= ' ' || key == '\t') && input->length + 1 < INPUT_LINE_BYTES) {
        input->line[input->length++] = key;
        echo(st, &key, 1);
    }
}

enum input_line input_edit(struct input *input, input_echo_fn echo, void *st)
{
    char key;
    while (!input->done && input_take(input, &key, 1) == 1) {
        bool second = key == '\n' && input->after_return;
        input->after_return = key == '\r';
        if (second) {
            continue;
        }
        if (key == INPUT_END && input->length == 0) {
            return INPUT_ENDED;
        }
        if (key == '\r' || key == '\n') {
            input->line[input->length++] = '\n'; // edit_key() leaves room for it
            input->done = true;
            echo(st, "\n", 1);
        } else {
            edit_key(input, key, echo, st);
        }
    }
    return input->done ? INPUT_DONE : INPUT_MORE;
}

size_t input_line_take(struct input *input, char *buf, size_t bytes)
{
    assert(input->done);
    size_t left = input->length - input->taken;
    size_t count = bytes < left ? bytes : left;
    memcpy(buf, input->line + input->taken, count);
    input->taken += count;
    if (input->taken == input->length) {
        input->length = input->taken = 0;
        input->done = false;
    }
    return count;
}
