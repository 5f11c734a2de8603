// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Those who use the console (console.if). A client is not listened to while there is no room for
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
/// Bindings of one domain: its share of the work that a look at all of them is.
#define CLIENTS_SHARE 4u
/// Times that unfinished lines are shown before what belongs together is, too.
#define MORE_TICKS 25u

struct output output;
struct waitset *console_ws;
static struct client *clients;
/// Room for as many as there are most of the time: the console's memory does not go up and down.
static struct client usual_clients[CLIENTS_USUAL];
static struct console_binding usual_bindings[CLIENTS_USUAL];
static bool usual_taken[CLIENTS_USUAL];
static unsigned clients_count;
static bool some_unfinished; ///< there may be a client with an unfinished line
static bool some_flushing;   ///< there may be one that waits for output to be taken
static bool full;            ///< there is no room for what a client may say

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

struct client *clients_find(domainid_t domain, bool (*holds)(const struct client *client))
{
    struct client *client = clients;
    while (client != NULL && !(client->domain == domain && holds(client)))
        client = client->next;
    return client;
}

/// Listens to a client, or not while there is no room for what it may say, or its flush is not
/// answered.
static void listen(struct client *client)
{
    bool pause = full || client->flushing;
    (void)client->binding->control(client->binding, pause ? IDC_CONTROL_PAUSE : IDC_CONTROL_RESUME);
}

/// Output has become more or less: listens to all, or to nobody.
static void look_for_room(void)
{
    if (output_takes(&output, console__write_text_MAX_ARGUMENT_SIZE) == !full)
        return;
    full = !full;
    for (struct client *client = clients; client != NULL; client = client->next)
        listen(client);
}

static void on_write(struct console_binding *binding, bool more, const char *text, size_t bytes)
{
    struct client *client = binding->st;
    output_write(&output, &client->line, text, bytes, more);
    client->ticks = 0;
    some_unfinished = client->line.used > 0; // an event is of one client
    look_for_room();
}

static void on_flush(struct console_binding *binding)
{
    struct client *client = binding->st;
    output_push(&output, &client->line);
    client->flushing = some_flushing = true;
    client->flush_mark = output.put;
    listen(client);
    look_for_room();
}

static void on_read(struct console_binding *binding, console_how_t how, size_t most)
{
    struct client *client = binding->st;
    output_push(&output, &client->line);
    readers_add(client, how, most > 0 ? most : 1);
    look_for_room();
}

static void on_foreground(struct console_binding *binding, domainid_t domain)
{
    readers_foreground(binding->st, domain);
}

static void on_await_interrupt(struct console_binding *binding)
{
    readers_await_interrupt(binding->st);
}

/// The client has gone, or has said what nobody understands.
static void on_end(struct console_binding *binding, errval_t err)
{
    (void)err;
    struct client *client = binding->st, **link = &clients;
    domainid_t domain = client->domain;
    while (*link != client)
        link = &(*link)->next;
    *link = client->next;
    readers_remove(client);
    if (output_room(&output) < output_need(0) + 2)
        client->line.used = 0; // Nobody has taken output for long; an unfinished line is lost.
    else
        output_end(&output, &client->line);
    client_put(client);
    clients_count--;
    if (clients_find(domain, any) == NULL)
        readers_domain_ended(domain);
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

void clients_output_changed(void)
{
    look_for_room();
    if (!some_flushing)
        return;
    some_flushing = false;
    for (struct client *client = clients; client != NULL; client = client->next) {
        if (client->flushing && output.taken >= client->flush_mark) {
            client->flushing = false;
            (void)!console_flush_response__tx(client->binding, NOP_CONT);
            listen(client);
        }
        some_flushing |= client->flushing;
    }
}

static bool has_share(domainid_t domain)
{
    unsigned count = 0;
    for (struct client *client = clients; client != NULL; client = client->next)
        count += client->domain == domain;
    return count < CLIENTS_SHARE;
}

static errval_t on_connect(void *st, struct console_binding *binding)
{
    (void)st;
    errval_t err = binding->control(binding, IDC_CONTROL_RESUME);
    if (err_is_fail(err))
        return err; // it could not be paused
    domainid_t domain = flounder_peer(&binding->stub);
    struct client *client = clients_count < CLIENTS_MAX && has_share(domain) ? client_get() : NULL;
    if (client == NULL)
        return MON_ERR_LIMIT;
    client->domain = domain;
    client->binding = binding;
    client->next = clients;
    clients = client;
    clients_count++;
    binding->st = client;
    binding->error_handler = on_end;
    binding->rx_vtbl = (struct console_rx_vtbl){.write = on_write,
                                                .flush_call = on_flush,
                                                .read_call = on_read,
                                                .foreground = on_foreground,
                                                .await_interrupt_call = on_await_interrupt};
    listen(client);
    return SYS_ERR_OK;
}

errval_t clients_init(iref_t *iref)
{
    errval_t err = console_export_blocking(NULL, on_connect, console_ws, iref);
    if (err_is_ok(err))
        flounder_lend_memory(*iref, usual_bindings, CLIENTS_USUAL);
    return err;
}
