// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Who waits for input: served, in order, while its domain has the foreground; others wait until
// they have it, as a background job does. The UART is read while there is room: what comes beyond
// that stays with the sender, which the serial port holds back, so that nothing is lost however
// fast it comes.
#include "console.h"
#include "uart.h"

/// Output that editing all queued input can make, at most: three bytes for each, and two lines.
_Static_assert(3 * INPUT_QUEUE_BYTES + 4 * OUTPUT_LINE_BYTES <= OUTPUT_ECHO_BYTES, "O4");

static struct input input;
static struct client *first_reader;
static bool uart_pending = true; ///< there may be bytes in the UART
static struct foreground foreground;
static const volatile struct console_operator *operator_place;

void readers_init(const volatile struct console_operator *place)
{
    operator_place = place;
}

/// Whether it is known who may read.
static bool decided(void)
{
    domainid_t operator_domain = operator_place != NULL ? operator_place->domain : 0;
    if (operator_domain != 0 && foreground_now(&foreground) == 0)
        foreground_begin(&foreground, operator_domain);
    return operator_place == NULL || operator_domain != 0;
}

static bool may_read(const struct client *client)
{
    return operator_place == NULL || foreground_now(&foreground) == client->domain;
}

static bool awaits(const struct client *client)
{
    return client->awaits_interrupt;
}

static bool reads_raw(const struct client *client)
{
    return client->reads && client->wants == console_RAW;
}

/// Who is to hear of Ctrl-C: the nearest below the foreground that asked; nobody, NULL, while the
/// foreground waits for a raw byte, for then it is a key as any other. Who has read raw once and
/// takes no further key can be interrupted.
static struct client *interrupt_taker(void)
{
    struct client *taker = NULL;
    domainid_t domain = foreground_now(&foreground);
    if (clients_find(domain, reads_raw) != NULL)
        return NULL;
    for (unsigned below = 1; taker == NULL && domain != 0; below++) {
        domain = foreground_below(&foreground, below);
        taker = clients_find(domain, awaits);
    }
    return taker;
}

static void interrupted(struct client *client, bool typed)
{
    client->awaits_interrupt = false;
    (void)!console_await_interrupt_response__tx(client->binding, NOP_CONT, typed);
}

void readers_await_interrupt(struct client *client)
{
    client->awaits_interrupt = true;
    if (!decided() || may_read(client))
        interrupted(client, false);
}

/// Whoever has the foreground now need not wait for Ctrl-C any more: it is his key.
static void foreground_changed(void)
{
    struct client *waiter = clients_find(foreground_now(&foreground), awaits);
    if (waiter != NULL)
        interrupted(waiter, false);
}

void readers_foreground(struct client *client, domainid_t to)
{
    if (decided() && foreground_give(&foreground, client->domain, to))
        foreground_changed();
}

void readers_domain_ended(domainid_t domain)
{
    foreground_end(&foreground, domain);
    foreground_changed();
}

void readers_add(struct client *client, console_how_t wants, size_t bytes)
{
    if (client->reads)
        return;
    struct client **link = &first_reader;
    while (*link != NULL)
        link = &(*link)->next_reader;
    *link = client;
    client->next_reader = NULL;
    client->reads = true;
    client->wants = wants;
    client->wants_bytes = bytes < INPUT_LINE_BYTES ? bytes : INPUT_LINE_BYTES;
}

void readers_remove(struct client *client)
{
    for (struct client **link = &first_reader; *link != NULL; link = &(*link)->next_reader) {
        if (*link == client) {
            *link = client->next_reader;
            client->reads = false;
            return;
        }
    }
}

bool readers_undecided(void)
{
    return first_reader != NULL && !decided();
}

/// The first who may read; NULL: none of those who wait.
static struct client *next_reader(void)
{
    struct client *client = decided() ? first_reader : NULL;
    while (client != NULL && !may_read(client))
        client = client->next_reader;
    return client;
}

static void echo(void *st, const char *text, size_t bytes)
{
    struct client *client = st;
    output_write(&output, &client->line, text, bytes, false);
}

/// Tells whether the reader was answered. Without bytes the answer is the end of the input.
static bool serve(struct client *client)
{
    char bytes[INPUT_LINE_BYTES];
    size_t count;
    if (client->wants == console_RAW || input_is_data(&input)) {
        count = input_take(&input, bytes, client->wants_bytes);
        if (count == 0 && !input_ended(&input))
            return false;
    } else {
        if (output_room(&output) < OUTPUT_ECHO_BYTES)
            return false;
        enum input_line state = input_edit(&input, echo, client);
        output_push(&output, &client->line);
        if (state == INPUT_MORE)
            return false;
        count = state == INPUT_DONE ? input_line_take(&input, bytes, client->wants_bytes) : 0;
    }
    readers_remove(client);
    (void)!console_read_response__tx(client->binding, NOP_CONT, !input_is_data(&input), bytes,
                                     count);
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
        struct client *taker = input_is_data(&input) ? NULL : interrupt_taker();
        input.takes_interrupt = taker != NULL;
        uart_pending = uart_read(&c);
        if (uart_pending && input_add(&input, c))
            interrupted(taker, true);
    }
}

void readers_serve(void)
{
    struct client *reader;
    do {
        receive();
        reader = next_reader();
    } while (reader != NULL && serve(reader));
}
