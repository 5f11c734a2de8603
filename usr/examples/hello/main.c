// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// A first domain: two instances of this program, on two cores, talk over a channel. Try `hello` at
// the prompt, or `hello CORE`.
//
// What happens: the first instance offers a service (an "export"), which gets a number that is
// valid in the whole machine, its iref. It starts this same program on another core and passes the
// iref as an argument. The second instance binds to the iref. The two cores' monitors connect the
// two; from then on the two domains share a ring of cache lines and nobody else takes part. A
// message is 56 bytes.
//
// Domains are ordinary C programs: main(), printf(), malloc() and threads come from the C library.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "barrelfish/barrelfish.h"     // waitsets, threads, errors
#include "barrelfish/blocking.h"       // how long calls wait
#include "barrelfish/monitor_client.h" // which cores there are; services
#include "barrelfish/spawn_client.h"   // starting programs
#include "barrelfish/ump_chan.h"       // channels between cores

#define CHANNEL_BYTES 2048 // of each direction: 30 messages can be on their way
#define ROUNDS 3
#define PATIENCE_US 20000000 // a working peer answers at once; who does not is given up

/// A channel carries words; what they mean is up to the two who talk. Here: a line of text.
static errval_t say(struct ump_chan *chan, const char *text)
{
    uint64_t words[UMP_PAYLOAD_WORDS] = {0};
    snprintf((char *)words, sizeof(words), "%s", text);
    return ump_chan_send_blocking(chan, words,
                                  0); // blocks while the ring is full, but not for ever
}

static errval_t hear(struct ump_chan *chan, char text[UMP_PAYLOAD_BYTES])
{
    volatile struct ump_message *message;
    errval_t err = ump_chan_recv_blocking(chan, &message); // polls a while, then sleeps
    for (unsigned i = 0; err_is_ok(err) && i < UMP_PAYLOAD_WORDS; i++) {
        uint64_t word = message->data[i];
        memcpy(text + i * sizeof(word), &word, sizeof(word));
    }
    text[UMP_PAYLOAD_BYTES - 1] = '\0'; // never trust what another domain sends
    return err;
}

// ---- The second instance: binds to the first, hears its messages and answers.

static int second(iref_t iref)
{
    struct ump_chan chan;
    char text[UMP_PAYLOAD_BYTES], answer[UMP_PAYLOAD_BYTES];
    errval_t err = ump_chan_bind_blocking(&chan, iref, CHANNEL_BYTES, CHANNEL_BYTES);
    for (int round = 0; round < ROUNDS && err_is_ok(err); round++) {
        err = hear(&chan, text);
        if (err_is_ok(err)) {
            printf("core %u heard: %s\n", disp_get_core_id(), text);
            snprintf(answer, sizeof(answer), "answer %d from core %u", round, disp_get_core_id());
            err = say(&chan, answer);
        }
    }
    if (err_is_fail(err))
        DEBUG_ERR(err, "the second instance gives up");
    return err_is_ok(err) ? EXIT_SUCCESS : EXIT_FAILURE;
}

// ---- The first instance: offers the service, starts the second one, and talks to it.

static struct ump_chan channel;
static bool connected;

/// Runs when a client binds. The domain decides whether it accepts; this one takes the first.
static void on_connect(void *st, struct monitor_bind_request *request)
{
    (void)st;
    if (connected) {
        (void)monitor_refuse(request, MON_ERR_LIMIT);
        return;
    }
    connected = err_is_ok(ump_chan_accept(&channel, request));
}

/// Another core than this one, if there is another.
static coreid_t other_core(void)
{
    struct monitor_cores cores;
    coreid_t own = disp_get_core_id();
    if (err_is_fail(monitor_get_cores(&cores)) || cores.up_count < 2)
        return own;
    coreid_t core = own;
    do {
        core = (coreid_t)((core + 1) % cores.cores_count);
    } while ((cores.up[core / 64] >> core % 64 & 1) == 0);
    return core;
}

static errval_t talk(void)
{
    char text[UMP_PAYLOAD_BYTES];
    errval_t err = SYS_ERR_OK;
    for (int round = 0; round < ROUNDS && err_is_ok(err); round++) {
        snprintf(text, sizeof(text), "hello %d from core %u", round, disp_get_core_id());
        err = say(&channel, text);
        if (err_is_ok(err))
            err = hear(&channel, text);
        if (err_is_ok(err))
            printf("core %u heard: %s\n", disp_get_core_id(), text);
    }
    return err;
}

static int first(char *name, coreid_t core)
{
    static struct monitor_export service;
    struct capref domain;
    iref_t iref;
    uint8_t status = EXIT_FAILURE;
    // Events of this service are handled by whoever dispatches the default waitset.
    errval_t err = monitor_export(&service, 0, get_default_waitset(), on_connect, NULL, &iref);
    if (err_is_ok(err)) {
        char number[32];
        snprintf(number, sizeof(number), "%llu", (unsigned long long)iref);
        char *const argv[] = {name, "second", number, NULL}; // this program, whatever its name
        err = spawn_program(core, name, argv, NULL, SPAWN_FLAGS_DEFAULT, &domain);
    }
    systime_t deadline = systime_now() + us_to_systime(PATIENCE_US);
    while (err_is_ok(err) && !connected)
        err = event_dispatch_until(get_default_waitset(), deadline); // runs on_connect()
    if (err_is_ok(err))
        err = talk();
    if (err_is_ok(err))
        err = spawn_wait(domain, &status, false);
    if (err_is_fail(err))
        DEBUG_ERR(err, "the first instance gives up");
    return err_is_ok(err) ? status : EXIT_FAILURE;
}

int main(int argc, char *argv[])
{
    (void)blocking_set_limit(PATIENCE_US); // of every blocking call, hear() included
    if (argc == 3 && strcmp(argv[1], "second") == 0)
        return second((iref_t)strtoull(argv[2], NULL, 10));
    char *end = "";
    unsigned long core = argc == 2 ? strtoul(argv[1], &end, 10) : other_core();
    if (argc > 2 || *end != '\0' || core > UINT8_MAX) {
        printf("usage: %s [CORE], where the second instance is to run\n", argv[0]);
        return 2;
    }
    return first(argv[0], (coreid_t)core);
}
