// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// A server for many clients, none of which can keep it or the others waiting. Try `spawn 1 adder &`,
// then `adder client 41`.
//
// A server that is a client of another one binds and calls with continuations and goes on
// dispatching meanwhile, so two may bind to one another: `spawn 1 adder both east west &`, then
// `adder both west east`.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "barrelfish/barrelfish.h"
#include "barrelfish/blocking.h"
#include "barrelfish/nameservice_client.h"
#include "if/adder_defs.h"

#define PATIENCE_US 20000000

// ---- The server.

static bool answered;

static errval_t on_increment(struct adder_binding *binding, uint64_t number, uint64_t *sum)
{
    *sum = number + 1;
    answered = true;
    return SYS_ERR_OK;
}

static errval_t on_connect(void *st, struct adder_binding *binding)
{
    binding->rpc_rx_vtbl.increment_call = on_increment;
    return SYS_ERR_OK;
}

static errval_t offer(const char *name)
{
    iref_t iref;
    errval_t err = adder_export_blocking(NULL, on_connect, get_default_waitset(), &iref);
    return err_is_ok(err) ? nameservice_register(name, iref) : err;
}

// ---- A client. It serves nobody, so it may block; no call does for ever.

static int client_main(uint64_t number)
{
    struct adder_binding *binding;
    uint64_t sum = 0;
    iref_t iref;
    (void)blocking_set_limit(PATIENCE_US);
    errval_t err = nameservice_blocking_lookup("adder", &iref);
    if (err_is_ok(err))
        err = adder_bind_blocking(iref, get_default_waitset(), IDC_BIND_FLAGS_DEFAULT, &binding);
    if (err_is_ok(err))
        err = adder_increment(binding, number, &sum);
    if (err_is_ok(err))
        printf("%lu + 1 = %lu\n", (unsigned long)number, (unsigned long)sum);
    else
        DEBUG_ERR(err, "no answer");
    return err_is_fail(err);
}

// ---- A server that is also a client of another server.

static struct {
    struct adder_binding *binding;
    struct adder_increment__call call;
    uint64_t sum;
    bool bound, heard;
    errval_t err;
} other;

static void on_bound(void *st, errval_t err, struct adder_binding *binding)
{
    other.binding = binding;
    other.err = err;
    other.bound = true;
}

static void on_answer(void *arg)
{
    other.err = flounder_result(&other.call.async);
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
    iref_t iref;
    // This waits for what the other one does before it waits for us.
    errval_t err = nameservice_blocking_lookup(name, &iref);
    if (err_is_ok(err))
        err = adder_bind(iref, on_bound, NULL, get_default_waitset(), IDC_BIND_FLAGS_DEFAULT);
    if (err_is_ok(err))
        err = serve_until(&other.bound);
    if (err_is_ok(err))
        err = adder_increment__start(other.binding, &other.call, PATIENCE_US,
                                     MKCLOSURE(on_answer, NULL), 41, &other.sum);
    return err_is_ok(err) ? serve_until(&other.heard) : err;
}

static int both_main(const char *name, const char *others_name)
{
    errval_t err = offer(name);
    if (err_is_ok(err))
        err = ask_other(others_name);
    if (err_is_ok(err))
        err = serve_until(&answered); // the other one is to have its answer, too
    if (err_is_fail(err) || other.sum != 42)
        DEBUG_ERR(err, "%s gives up", name);
    return err_is_fail(err) || other.sum != 42;
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
