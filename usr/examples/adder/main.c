// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// A server for many clients, none of which can keep it or the others waiting: the pattern of the
// docs/write.md ("Channels between cores"). Try `spawn 1 adder &`, then `adder client 41`.
//
// A server never blocks on a client. It owes each at most one answer; while there is no room for
// that, because the client does not read, it takes no further request from this client, and waits
// for room as it waits for everything else: on its waitset. A server that is a client of another
// one binds with a continuation and goes on dispatching meanwhile, so two may bind to one another:
// `spawn 1 adder both east west &`, then `adder both west east`.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "barrelfish/barrelfish.h"
#include "barrelfish/blocking.h"
#include "barrelfish/nameservice_client.h"
#include "barrelfish/ump_chan.h"

#define CHANNEL_BYTES 2048 // of each direction: 32 lines, 30 of them for messages
#define TURN 32            // requests of one client before others have theirs
#define PATIENCE_US 20000000

// ---- The server.

struct client {
    struct ump_chan chan;
    uint64_t reply[UMP_PAYLOAD_WORDS];
    bool owed; // the reply has not been sent yet
};

static unsigned answered;

/// One step: sends what is owed, or takes a request.
static errval_t serve_one(struct client *client)
{
    volatile struct ump_message *msg;
    errval_t err;
    if (client->owed) {
        err = ump_chan_send(&client->chan, client->reply, 0); // does not block
        client->owed = err_is_fail(err);
        answered += err_is_ok(err);
        return err;
    }
    err = ump_chan_recv(&client->chan, &msg);
    if (err_is_ok(err)) {
        client->reply[0] = msg->data[0] + 1;
        client->owed = true;
    }
    return err;
}

/// Runs when the client has sent something, or has made room for what it is owed.
static void serve(void *arg)
{
    struct client *client = arg;
    errval_t err = SYS_ERR_OK;
    for (int i = 0; i < 2 * TURN && err_is_ok(err); i++)
        err = serve_one(client);
    if (client->owed && (err_is_ok(err) || err_no(err) == LIB_ERR_UMP_FULL))
        err = ump_chan_register_send(&client->chan, get_default_waitset(), MKCLOSURE(serve, arg));
    else if (err_is_ok(err) || err_no(err) == LIB_ERR_NO_UMP_MSG)
        err = ump_chan_register_recv(&client->chan, get_default_waitset(), MKCLOSURE(serve, arg));
    if (err_is_fail(err)) { // LIB_ERR_CHAN_CLOSED: the client has gone
        ump_chan_close(&client->chan);
        free(client);
    }
}

static void connect(void *st, struct monitor_bind_request *request)
{
    (void)st;
    struct client *client = calloc(1, sizeof(*client));
    if (client == NULL)
        (void)monitor_refuse(request, LIB_ERR_MALLOC_FAIL);
    else if (err_is_fail(ump_chan_accept(&client->chan, request)))
        free(client); // it has given up meanwhile
    else
        serve(client);
}

static errval_t offer(const char *name)
{
    static struct monitor_export service;
    iref_t iref;
    errval_t err = monitor_export_service(&service, 0, get_default_waitset(), connect, NULL, &iref);
    return err_is_ok(err) ? nameservice_register(name, iref) : err;
}

// ---- A client. It serves nobody, so it may block; no call does for ever.

static int client_main(uint64_t number)
{
    struct ump_chan chan;
    volatile struct ump_message *msg;
    uint64_t words[UMP_PAYLOAD_WORDS] = {number};
    iref_t iref;
    (void)blocking_set_limit(PATIENCE_US);
    errval_t err = nameservice_blocking_lookup("adder", &iref);
    if (err_is_ok(err))
        err = ump_chan_bind_blocking(&chan, iref, CHANNEL_BYTES, CHANNEL_BYTES);
    if (err_is_fail(err)) {
        DEBUG_ERR(err, "no connection");
        return EXIT_FAILURE;
    }
    err = ump_chan_send_blocking(&chan, words, 0);
    if (err_is_ok(err))
        err = ump_chan_recv_blocking(&chan, &msg);
    if (err_is_ok(err))
        printf("%lu + 1 = %lu\n", (unsigned long)number, (unsigned long)msg->data[0]);
    else
        DEBUG_ERR(err, "no answer");
    ump_chan_close(&chan);
    return err_is_fail(err);
}

// ---- A server that is also a client of another server.

static struct {
    struct ump_chan chan;
    bool bound, heard;
    errval_t err;
} other;

static void on_bound(void *st, errval_t err, struct ump_chan *chan, struct capref notify)
{
    (void)st;
    (void)chan;
    (void)notify;
    other.bound = true;
    other.err = err;
}

static void on_answer(void *arg)
{
    volatile struct ump_message *msg;
    (void)arg;
    other.err = ump_chan_recv(&other.chan, &msg);
    other.heard = true;
}

/// Serves until something has happened, but not for ever.
static errval_t serve_until(const bool *happened)
{
    systime_t deadline = systime_now() + us_to_systime(PATIENCE_US);
    errval_t err = SYS_ERR_OK;
    while (err_is_ok(err) && !*happened)
        err = event_dispatch_until(get_default_waitset(), deadline);
    return err_is_ok(err) ? other.err : err;
}

static errval_t ask_other(const char *name)
{
    struct ump_bind_continuation cont = {on_bound, NULL};
    const uint64_t words[UMP_PAYLOAD_WORDS] = {41};
    iref_t iref;
    // This waits for what the other one does before it waits for us.
    errval_t err = nameservice_blocking_lookup(name, &iref);
    if (err_is_ok(err)) {
        err = ump_chan_bind(&other.chan, cont, NULL, iref, NULL, CHANNEL_BYTES, CHANNEL_BYTES,
                            NULL_CAP);
    }
    if (err_is_ok(err))
        err = serve_until(&other.bound);
    if (err_is_ok(err))
        err = ump_chan_send(&other.chan, words, 0); // a new ring has room
    if (err_is_ok(err)) {
        err =
            ump_chan_register_recv(&other.chan, get_default_waitset(), MKCLOSURE(on_answer, NULL));
    }
    return err_is_ok(err) ? serve_until(&other.heard) : err;
}

static int both_main(const char *name, const char *others_name)
{
    errval_t err = offer(name);
    if (err_is_ok(err))
        err = ask_other(others_name);
    systime_t deadline = systime_now() + us_to_systime(PATIENCE_US);
    while (err_is_ok(err) && answered == 0) // the other one is to have its answer, too
        err = event_dispatch_until(get_default_waitset(), deadline);
    if (err_is_fail(err))
        DEBUG_ERR(err, "%s gives up", name);
    return err_is_fail(err);
}

// ---- Which of them this is.

static const char usage[] =
    "usage: adder &                  offer the service: a server, which waits for clients\n"
    "       adder client NUMBER      ask it what NUMBER + 1 is\n"
    "       adder both NAME OTHER    offer NAME, and ask OTHER\n";

static int server_main(void)
{
    errval_t err = offer("adder");
    if (err_is_fail(err))
        USER_PANIC_ERR(err, "the service cannot be offered");
    printf("adder: waits for clients (`adder client 41` is one), until it is ended by kill, or by "
           "Ctrl-C\nif it was started without &\n");
    messages_handler_loop();
}

int main(int argc, char *argv[])
{
    if (argc == 1)
        return server_main();
    if (argc == 3 && strcmp(argv[1], "client") == 0) {
        char *end;
        uint64_t number = strtoull(argv[2], &end, 0);
        if (end != argv[2] && *end == '\0')
            return client_main(number);
    }
    if (argc == 4 && strcmp(argv[1], "both") == 0)
        return both_main(argv[2], argv[3]);
    printf("%s", usage);
    return 2;
}
