// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Who waits for input, served in order. The UART is read while there is room: what comes beyond that
// stays with the sender, which the serial port holds back, so that nothing is lost however fast it
// comes.
#include "console.h"
#include "uart.h"

/// Output that editing all queued input can make, at most: three bytes for each, and two lines.
#define ECHO_ROOM (3 * INPUT_QUEUE_BYTES + 4 * OUTPUT_LINE_BYTES)
_Static_assert(ECHO_ROOM < OUTPUT_STREAM_BYTES, "an empty stream has room for it");

static struct input input;
static struct client *first_reader;
static bool uart_pending = true; ///< there may be bytes in the UART

void readers_add(struct client *client, enum console_op wants, size_t bytes)
{
    if (client->wants != 0) {
        return;
    }
    struct client **link = &first_reader;
    while (*link != NULL) {
        link = &(*link)->next_reader;
    }
    *link = client;
    client->next_reader = NULL;
    client->wants = wants;
    client->wants_bytes = bytes < INPUT_LINE_BYTES ? bytes : INPUT_LINE_BYTES;
}

void readers_remove(struct client *client)
{
    for (struct client **link = &first_reader; *link != NULL; link = &(*link)->next_reader) {
        if (*link == client) {
            *link = client->next_reader;
            client->wants = 0;
            return;
        }
    }
}

bool readers_waiting(void)
{
    return first_reader != NULL;
}

static void echo(void *st, const char *text, size_t bytes)
{
    struct client *client = st;
    output_write(&output, &client->line, text, bytes);
}

// Tells whether the reader was answered. Without bytes the answer is the end of the input.
static bool serve(struct client *client)
{
    char bytes[INPUT_LINE_BYTES];
    size_t count;
    if (client->wants == CONSOLE_READ_RAW || input_is_data(&input)) {
        count = input_take(&input, bytes, client->wants_bytes);
        if (count == 0 && !input_ended(&input)) {
            return false;
        }
    } else {
        if (output_room(&output) < ECHO_ROOM) {
            return false;
        }
        enum input_line state = input_edit(&input, echo, client);
        output_push(&output, &client->line);
        if (state == INPUT_MORE) {
            return false;
        }
        count = state == INPUT_DONE ? input_line_take(&input, bytes, client->wants_bytes) : 0;
    }
    readers_remove(client);
    client_answer(client, bytes, count, input_is_data(&input));
    return true;
}

void readers_input_came(void)
{
    uart_pending = true;
}

void readers_no_input(void)
{
    input.framing.ended = true;
}

static void receive(void)
{
    char c;
    while (uart_pending && input_room(&input)) {
        uart_pending = uart_read(&c);
        if (uart_pending) {
            input_add(&input, c);
        }
    }
}

void readers_serve(void)
{
    do {
        receive();
    } while (readers_waiting() && serve(first_reader));
}
