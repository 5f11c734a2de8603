// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Two instances of this program, on two cores, talk: try `hello`, or `hello CORE`. The first offers
// the interface of hello.if and gives its number (iref) to the second, which binds to it and calls.
#include <stdio.h>
#include <stdlib.h>

#include "barrelfish/barrelfish.h"
#include "barrelfish/spawn_client.h"
#include "if/hello_defs.h"

static void check(errval_t err, const char *what)
{
    if (err_is_fail(err))
        USER_PANIC_ERR(err, "%s", what);
}

static errval_t on_greet(struct hello_binding *binding, const char *text, char *answer)
{
    printf("core %u heard: %s\n", disp_get_core_id(), text);
    snprintf(answer, 64, "hello to you, from core %u", disp_get_core_id());
    return SYS_ERR_OK; // now the answer is sent
}

static errval_t on_connect(void *st, struct hello_binding *binding)
{
    binding->rpc_rx_vtbl.greet_call = on_greet;
    return SYS_ERR_OK;
}

static int serve(void *st)
{
    messages_handler_loop(); // runs on_connect() and on_greet()
}

static int second(iref_t iref)
{
    struct hello_binding *binding;
    char answer[64];
    check(hello_bind_blocking(iref, get_default_waitset(), 0, &binding), "binding");
    check(hello_greet(binding, "hello", answer), "calling");
    return printf("core %u heard: %s\n", disp_get_core_id(), answer) > 0 ? 0 : EXIT_FAILURE;
}

int main(int argc, char *argv[])
{
    char number[32], *again[] = {argv[0], "second", number, NULL};
    struct capref domain;
    uint8_t status;
    iref_t iref;
    if (argc == 3)
        return second(strtoull(argv[2], NULL, 10));
    check(hello_export_blocking(NULL, on_connect, get_default_waitset(), &iref), "exporting");
    snprintf(number, sizeof(number), "%llu", (unsigned long long)iref);
    check(thread_create(serve, NULL) == NULL ? LIB_ERR_THREAD_CREATE : SYS_ERR_OK, "a thread");
    coreid_t core = argc == 2 ? (coreid_t)strtoul(argv[1], NULL, 10) : disp_get_core_id() == 0;
    check(spawn_program(core, argv[0], again, NULL, SPAWN_FLAGS_DEFAULT, &domain), "starting");
    return err_is_ok(spawn_wait(domain, &status, false)) ? status : EXIT_FAILURE;
}
