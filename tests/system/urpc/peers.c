// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Connecting two domains of one program.
#include "peers.h"

#include <stdio.h>
#include <string.h>

#include "barrelfish/domain.h"
#include "barrelfish/nameservice_client.h"

#define ARGS_MAX 8u
#define NAME_BYTES 32u

bool peers_start(struct ump_chan *chan, struct capref *peer, coreid_t core, const char *program,
                 const char *const args[])
{
    static unsigned number;
    char name[NAME_BYTES];
    snprintf(name, sizeof(name), "test_peer.%x.%u", disp_get_domain_id(), number++);
    char *argv[ARGS_MAX + 4] = {(char *)program, "peer", name};
    for (unsigned i = 0; i < ARGS_MAX && args[i] != NULL; i++)
        argv[i + 3] = (char *)args[i];
    iref_t iref;
    return EXPECT_OK(spawn_program(core, program, argv, NULL, SPAWN_FLAGS_DEFAULT, peer)) &&
           EXPECT_OK(nameservice_blocking_lookup(name, &iref)) &&
           EXPECT_OK(ump_chan_bind_blocking(chan, iref, PEERS_RING_BYTES, PEERS_RING_BYTES));
}

void peers_end(struct ump_chan *chan, struct capref peer)
{
    uint8_t status = 1;
    EXPECT_OK(spawn_wait(peer, &status, false));
    EXPECT(status == 0);
    ump_chan_close(chan);
}

struct acceptance {
    struct ump_chan *chan;
    bool done;
};

static void on_connect(void *st, struct monitor_bind_request *request)
{
    struct acceptance *acceptance = st;
    if (acceptance->done) {
        EXPECT_OK(monitor_refuse(request, LIB_ERR_BIND_REFUSED));
        return;
    }
    EXPECT_OK(ump_chan_accept(acceptance->chan, request));
    acceptance->done = true;
}

bool peers_accept(struct ump_chan *chan, const char *name)
{
    static struct monitor_export service; // must live as long as it is exported
    struct acceptance acceptance = {chan, false};
    iref_t iref;
    if (!EXPECT_OK(monitor_export_service(&service, 0, get_default_waitset(), on_connect,
                                          &acceptance, &iref)) ||
        !EXPECT_OK(nameservice_register(name, iref)))
        return false;
    while (!acceptance.done)
        if (!EXPECT_OK(event_dispatch(get_default_waitset())))
            return false;
    EXPECT_OK(nameservice_unregister(name));
    EXPECT_OK(monitor_unexport_service(&service));
    return true;
}
