// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Two domains of the same program on two cores with a UMP channel between them: the first starts
// the second, which exports a service under a name that both know.
#pragma once

#include "barrelfish/spawn_client.h"
#include "barrelfish/ump_chan.h"
#include "systest/systest.h"

#define PEERS_RING_BYTES 4096u

/// First domain: start `program` on `core` with these arguments, "peer" and the name before them,
/// and bind to it. False, with failed checks, if that cannot be done.
bool peers_start(struct ump_chan *chan, struct capref *peer, coreid_t core, const char *program,
                 const char *const args[]);

/// First domain: close the channel; check that the peer ends with status 0.
void peers_end(struct ump_chan *chan, struct capref peer);

/// Second domain: export under `name` and accept the first.
bool peers_accept(struct ump_chan *chan, const char *name);
