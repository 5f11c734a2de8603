// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Those who use the console (if/console.h). A client is not listened to while there is no room for
// what it may send; then its channel fills, and it waits. An answer that a client has no room for
// is lost: the console waits for nobody.
//
// Circle: clients.c and readers.c: what a reader gets is an answer to its client, and a client that goes
// reads no more.
#include "console.h"

#include <stdlib.h>
#include <string.h>

#define CLIENTS_MAX 1024u
#define CLIENTS_USUAL 64u
/// Messages of one client that are handled before others get a turn.
#define MESSAGES_EACH_EVENT 32u
/// Times that unfinished lines are shown before what belongs together is, too.
#define MORE_TICKS 25u

static struct monitor_export service;
/// Channels of one domain: its share of the work that a look at all of them is.
#define CLIENTS_SHARE 4u

struct output output;
struct waitset *console_ws;
static void (*on_change)(void);
static struct client *clients;
/// Room for as many as there are most of the time: the console's memory does not go up and down.
static struct client usual_clients[CLIENTS_USUAL];
static bool usual_taken[CLIENTS_USUAL];
static unsigned clients_count;
static bool some_unfinished; ///< there may be a client with an unfinished line
static bool some_waiting;    ///< there may be one that waits for output to be taken

static void on_message(void *arg);

static struct client *client_get(void)
{
    for (unsigned i = 0; i < CLIENTS_USUAL; i++) {
        if (!usual_taken[i]) {
            usual_taken[i] = true;
            memset(&usual_clients[i], 0, sizeof(usual_clients[i]));
            return &usual_clients[i];
        }
    }
    return calloc(1, sizeof(struct client));
}

static void client_put(struct client *client)
{
    size_t index = ((uintptr_t)client - (uintptr_t)usual_clients) / sizeof(*client);
    if (index < CLIENTS_USUAL)
        usual_taken[index] = false;
    else
        free(client);
}

static bool any(const struct client *client)
{
    (void)client;
    return true;
}

static void client_free(struct client *client)
{
    domainid_t domain = client->domain;
    struct client **link = &clients;
    while (*link != client)
        link = &(*link)->next;
    *link = client->next;
    readers_remove(client);
    if (output_room(&output) < output_need(0) + 2)
        client->line.used = 0; // Nobody has taken output for long; an unfinished line is lost.
    else
        output_end(&output, &client->line);
    ump_chan_close(&client->chan);
    client_put(client);
    clients_count--;
    if (clients_find(domain, any) == NULL)
        readers_domain_ended(domain);
}

struct client *clients_find(domainid_t domain, bool (*holds)(const struct client *client))
{
    struct client *client = clients;
    while (client != NULL && !(client->domain == domain && holds(client)))
        client = client->next;
    return client;
}

static void send(struct client *client, enum console_op op, const char *data, size_t bytes,
                 unsigned flags)
{
    uint64_t words[UMP_PAYLOAD_WORDS] = {0};
    memcpy(words, data, bytes);
    (void)!ump_chan_send(&client->chan, words, (uint16_t)(console_ctrl(op, bytes) | flags));
}

void client_answer(struct client *client, const char *input, size_t bytes, bool data)
{
    size_t sent = 0;
    do {
        size_t part = bytes - sent < CONSOLE_MESSAGE_BYTES ? bytes - sent : CONSOLE_MESSAGE_BYTES;
        bool more = sent + part < bytes;
        send(client, CONSOLE_INPUT, input + sent, part,
             (more ? CONSOLE_MORE : 0) | (data ? CONSOLE_DATA : 0));
        sent += part;
    } while (sent < bytes);
}

void client_interrupted(struct client *client, bool typed)
{
    const char answer[1] = {typed};
    send(client, CONSOLE_INTERRUPTED, answer, sizeof(answer), 0);
}

static void handle(struct client *client, const volatile struct ump_message *message)
{
    uint64_t words[UMP_PAYLOAD_WORDS];
    for (unsigned i = 0; i < UMP_PAYLOAD_WORDS; i++)
        words[i] = message->data[i];
    uint16_t ctrl = message->header.control.header;
    size_t bytes = console_ctrl_bytes(ctrl);
    switch (console_ctrl_op(ctrl)) {
    case CONSOLE_WRITE:
        output_write(&output, &client->line, (const char *)words,
                     bytes < CONSOLE_MESSAGE_BYTES ? bytes : CONSOLE_MESSAGE_BYTES,
                     (ctrl & CONSOLE_MORE) != 0);
        client->ticks = 0;
        break;
    case CONSOLE_FLUSH:
        output_push(&output, &client->line);
        client->flushing = true;
        client->flush_mark = output.put;
        break;
    case CONSOLE_READ_LINE:
    case CONSOLE_READ_RAW:
        output_push(&output, &client->line);
        readers_add(client, (enum console_op)console_ctrl_op(ctrl), words[0] > 0 ? words[0] : 1);
        break;
    case CONSOLE_FOREGROUND:
        readers_foreground(client, words[0] <= UINT32_MAX ? (domainid_t)words[0] : 0);
        break;
    case CONSOLE_AWAIT_INTERRUPT:
        readers_await_interrupt(client);
        break;
    default:
        break; // Not understood, and there is no answer to it.
    }
}

static bool may_speak(const struct client *client)
{
    return !client->flushing && output_takes(&output, CONSOLE_MESSAGE_BYTES);
}

/// Listens to a client again, or notes that it must wait with what it may say.
static errval_t listen(struct client *client)
{
    client->stalled = !may_speak(client);
    some_waiting |= client->stalled;
    return client->stalled
               ? SYS_ERR_OK
               : ump_chan_register_recv(&client->chan, console_ws, MKCLOSURE(on_message, client));
}

static void on_message(void *arg)
{
    struct client *client = arg;
    volatile struct ump_message *message;
    errval_t err = SYS_ERR_OK;
    for (unsigned i = 0; i < MESSAGES_EACH_EVENT && err_is_ok(err) && may_speak(client); i++) {
        err = ump_chan_recv(&client->chan, &message);
        if (err_is_ok(err))
            handle(client, message);
    }
    some_unfinished |= client->line.used > 0;
    if (err_is_ok(err) || err_no(err) == LIB_ERR_NO_UMP_MSG) {
        ump_chan_flush(&client->chan);
        err = listen(client);
    }
    if (err_is_fail(err))
        client_free(client);
    on_change();
}

void clients_push(void)
{
    for (struct client *client = clients; client != NULL; client = client->next) {
        bool due = !client->line.more || ++client->ticks >= MORE_TICKS;
        if (due && output_takes(&output, 0))
            output_push(&output, &client->line);
        some_unfinished |= client->line.used > 0;
    }
}

bool clients_unfinished(void)
{
    bool some = some_unfinished;
    some_unfinished = false;
    return some;
}

void clients_output_taken(void)
{
    struct client *next;
    if (!some_waiting)
        return;
    some_waiting = false;
    for (struct client *client = clients; client != NULL; client = next) {
        next = client->next;
        if (client->flushing && output.taken >= client->flush_mark) {
            client->flushing = false;
            send(client, CONSOLE_FLUSHED, "", 0, 0);
        }
        if (client->stalled && err_is_fail(listen(client)))
            client_free(client);
    }
}

static bool has_share(domainid_t domain)
{
    unsigned count = 0;
    for (struct client *client = clients; client != NULL; client = client->next)
        count += client->domain == domain;
    return count < CLIENTS_SHARE;
}

static void connect(void *st, struct monitor_bind_request *request)
{
    (void)st;
    if (ump_request_is_large(request)) {
        (void)monitor_refuse(request, LIB_ERR_UMP_BUFSIZE);
        return;
    }
    struct client *client =
        clients_count < CLIENTS_MAX && !request->lmp && has_share(request->client) ? client_get()
                                                                                   : NULL;
    if (client == NULL) {
        (void)monitor_refuse(request, MON_ERR_LIMIT);
        return;
    }
    client->domain = request->client;
    errval_t err = ump_chan_accept(&client->chan, request);
    if (err_is_fail(err)) {
        client_put(client);
        return;
    }
    client->next = clients;
    clients = client;
    clients_count++;
    if (err_is_fail(listen(client)))
        client_free(client);
}

errval_t clients_init(iref_t *iref, void (*changed)(void))
{
    on_change = changed;
    return monitor_export_service(&service, 0, console_ws, connect, NULL, iref);
}
