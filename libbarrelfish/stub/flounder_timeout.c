// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What is told of a call that has waited too long: for whom, and for whom that one waits. A thread that
// waits says so on the page that its dispatcher shares with the CPU driver, and spawnds tell it.
#include "stub.h"

#include "barrelfish/debug.h"
#include "barrelfish/spawn_client.h"

#include <stdio.h>

#define TEXT_BYTES 512u

/// `INTERFACE.RPC: `, of the message's signature, and then who waits for whom.
static void tell(const struct flounder_interface *interface, unsigned number, domainid_t peer,
                 char *text, size_t bytes)
{
    const char *name = strchr(interface->messages[number - 1].signature, ' ') + 1;
    int length = snprintf(text, bytes, "%.*s: ", (int)strcspn(name, "("), name);
    if (length >= 0 && (size_t)length < bytes)
        spawn_tell_waits(peer, text + length, bytes - (size_t)length);
}

void flounder_tell_waits(const struct flounder_stub *stub, unsigned number, char *text,
                         size_t bytes)
{
    tell(stub->interface, number, stub->peer, text, bytes);
}

void flounder_timed_out(const struct flounder_interface *interface, unsigned number,
                        domainid_t peer)
{
    char text[TEXT_BYTES];
    tell(interface, number, peer, text, sizeof(text));
    DEBUG_ERR(LIB_ERR_RECV_TIMEOUT, "%s", text);
}
