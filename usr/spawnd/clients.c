// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Those who have asked for something, and what they have sent for a domain to be started. A client
// of this core lives as long as its domain, one of another core as long as its channel; both are
// bounded by the tables of domains and of channels.
#include "spawnd.h"

#include "barrelfish/capabilities.h"

#include <stdlib.h>
#include <string.h>

static struct client *clients;
// Strings are large for the C library's heap, which takes and gives back pages for them: those that
// were used last stay for the next client, so that spawnd's memory does not go up and down.
static struct strings *spare_strings;

struct client *client_new(domainid_t domain, struct remote *remote)
{
    struct client *client = calloc(1, sizeof(*client));
    if (client == NULL) {
        return NULL;
    }
    client->domain = domain;
    client->remote = remote;
    client->next = clients;
    clients = client;
    return client;
}

struct client *client_local(domainid_t domain)
{
    for (struct client *client = clients; client != NULL; client = client->next) {
        if (client->domain == domain && client->remote == NULL) {
            return client;
        }
    }
    return client_new(domain, NULL);
}

bool client_need_strings(struct client *client)
{
    if (client->strings == NULL) {
        client->strings = spare_strings != NULL ? spare_strings : malloc(sizeof(*client->strings));
        spare_strings = NULL;
        if (client->strings != NULL) {
            memset(client->strings, 0, sizeof(*client->strings));
        }
    }
    return client->strings != NULL;
}

void client_clear(struct client *client)
{
    if (spare_strings == NULL) {
        spare_strings = client->strings;
    } else {
        free(client->strings);
    }
    client->strings = NULL;
    for (unsigned i = 0; i < SPAWND_ARGCN_SLOTS; i++) {
        if (!capref_is_null(client->argcaps[i])) {
            cap_drop(client->argcaps[i]);
            client->argcaps[i] = NULL_CAP;
        }
    }
}

void client_free(struct client *client)
{
    struct client **link = &clients;
    while (*link != client) {
        link = &(*link)->next;
    }
    *link = client->next;
    client_clear(client);
    say_forget(client);
    free(client);
}

void client_forget_local(domainid_t domain)
{
    for (struct client *client = clients; client != NULL; client = client->next) {
        if (client->domain == domain && client->remote == NULL) {
            client_free(client);
            return;
        }
    }
}

unsigned client_count(domainid_t domain)
{
    unsigned count = 0;
    for (const struct client *client = clients; client != NULL; client = client->next) {
        count += client->domain == domain && client->remote != NULL;
    }
    return count;
}

void client_each(void (*func)(struct client *client, void *arg), void *arg)
{
    for (struct client *client = clients; client != NULL; client = client->next) {
        func(client, arg);
    }
}
