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
/// Those of this core, by the index of the domain, or, of the trusted base, by its number.
static struct client *locals[DOMAINS_MAX + DOMAIN_DYNAMIC];
/// Strings are large for the C library's heap, which takes and gives back pages for them: those
/// that were used last stay for the next client, so that spawnd's memory does not go up and down.
static struct strings *spare_strings;

struct client *client_new(domainid_t domain, struct remote *remote)
{
    struct client *client = calloc(1, sizeof(*client));
    if (client == NULL)
        return NULL;
    client->domain = domain;
    client->remote = remote;
    client->next = clients;
    if (clients != NULL)
        clients->previous = client;
    clients = client;
    return client;
}

static struct client **local_of(domainid_t id)
{
    const struct domain *domain = domain_table_find(&domains, id);
    return domain != NULL ? &locals[DOMAIN_DYNAMIC + domain_table_index(&domains, domain)]
                          : &locals[id % DOMAIN_DYNAMIC];
}

struct client *client_local(domainid_t domain)
{
    struct client **local = local_of(domain);
    if (*local == NULL)
        *local = client_new(domain, NULL);
    return *local;
}

bool client_need_strings(struct client *client)
{
    if (client->strings == NULL) {
        client->strings = spare_strings != NULL ? spare_strings : malloc(sizeof(*client->strings));
        spare_strings = NULL;
        if (client->strings != NULL)
            memset(client->strings, 0, sizeof(*client->strings));
    }
    return client->strings != NULL;
}

void client_clear(struct client *client)
{
    if (spare_strings == NULL)
        spare_strings = client->strings;
    else
        free(client->strings);
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
    *(client->previous != NULL ? &client->previous->next : &clients) = client->next;
    if (client->next != NULL)
        client->next->previous = client->previous;
    client_clear(client);
    say_forget(client);
    free(client);
}

void client_forget_local(domainid_t domain)
{
    struct client **local = local_of(domain);
    if (*local != NULL) {
        client_free(*local);
        *local = NULL;
    }
}

unsigned client_count(domainid_t domain)
{
    unsigned count = 0;
    for (const struct client *client = clients; client != NULL; client = client->next)
        count += client->domain == domain && client->remote != NULL;
    return count;
}

void client_each(void (*func)(struct client *client, void *arg), void *arg)
{
    for (struct client *client = clients; client != NULL; client = client->next)
        func(client, arg);
}
