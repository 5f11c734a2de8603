// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Clients of other cores: each has a channel, a request is a message and so is its reply. A client
// that does not take its reply loses it; spawnd waits for nobody.
#include "spawnd.h"

#include "barrelfish/monitor_client.h"
#include "barrelfish/ump_chan.h"

#include <stdlib.h>
#include <string.h>

#define REMOTES_MAX 512u
#define REMOTES_EACH 4u ///< of one domain: each is a client with strings of its own

struct remote {
    struct ump_chan chan;
    struct client *client;
};

static struct monitor_export service;
static struct waitset *waitset;
static unsigned remotes_count;
static void (*handle)(struct client *client, const uint64_t words[SPAWND_WORDS], struct capref cap);

static void remote_free(struct remote *remote)
{
    client_free(remote->client);
    ump_chan_close(&remote->chan);
    free(remote);
    remotes_count--;
}

void remote_reply(struct remote *remote, const uint64_t words[SPAWND_WORDS])
{
    _Static_assert(SPAWND_WORDS == UMP_PAYLOAD_WORDS, "a reply is a message");
    (void)!ump_chan_send(&remote->chan, words, 0);
}

static void on_message(void *arg)
{
    struct remote *remote = arg;
    volatile struct ump_message *message;
    errval_t err = ump_chan_recv(&remote->chan, &message);
    if (err_is_ok(err)) {
        uint64_t words[SPAWND_WORDS];
        for (unsigned i = 0; i < SPAWND_WORDS; i++)
            words[i] = message->data[i];
        handle(remote->client, words, NULL_CAP);
    }
    if (err_is_ok(err) || err_no(err) == LIB_ERR_NO_UMP_MSG)
        err = ump_chan_register_recv(&remote->chan, waitset, MKCLOSURE(on_message, remote));
    if (err_is_fail(err))
        remote_free(remote);
}

static void connect(void *st, struct monitor_bind_request *request)
{
    (void)st;
    if (ump_request_is_large(request)) {
        (void)monitor_refuse(request, LIB_ERR_UMP_BUFSIZE);
        return;
    }
    bool room = remotes_count < REMOTES_MAX && client_count(request->client) < REMOTES_EACH;
    struct remote *remote = room && !request->lmp ? calloc(1, sizeof(*remote)) : NULL;
    struct client *client = remote != NULL ? client_new(request->client, remote) : NULL;
    if (client == NULL) {
        free(remote);
        (void)monitor_refuse(request, SPAWN_ERR_LIMIT);
        return;
    }
    client->family = request->family;
    remote->client = client;
    errval_t err = ump_chan_accept(&remote->chan, request);
    if (err_is_fail(err)) {
        client_free(client);
        free(remote);
        return;
    }
    remotes_count++;
    err = ump_chan_register_recv(&remote->chan, waitset, MKCLOSURE(on_message, remote));
    if (err_is_fail(err))
        remote_free(remote);
}

errval_t remote_init(struct waitset *ws,
                     void (*request)(struct client *client, const uint64_t words[SPAWND_WORDS],
                                     struct capref cap))
{
    handle = request;
    iref_t iref;
    waitset = ws;
    return monitor_export_service(&service, IREF_INDEX_SPAWND, ws, connect, NULL, &iref);
}
