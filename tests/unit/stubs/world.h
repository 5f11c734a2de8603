// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What the stubs stand on, in the test's hand: the monitor, which connects a client with a service;
// memory, which can fail; capabilities and output, which are counted. Rings, channels and waitsets
// are the real ones.
#pragma once

#include "barrelfish/ump_chan.h"
#include "fibers.h"

#include <testlib/testlib.h>

#define WORLD_RING_BYTES 16384u

struct world {
    unsigned fail_memory_in; ///< the nth next allocation fails
    long blocks;             ///< allocated and not freed
    unsigned caps_destroyed;
    struct capref cap_destroyed; ///< the last
    unsigned printed;            ///< errors that were printed
    errval_t printed_error;
    char text[4096]; ///< the last that was printed
    errval_t export_error, bind_error, accept_error;
    uint64_t client_bytes; ///< of a client's rings, as it asks for them; 0: as the stubs do
    domainid_t client;     ///< who binds
    errval_t refused;      ///< monitor_refuse()
};
extern struct world world;

/// Begins anew, with `world` all zero.
void world_start(void);

/// What must be so at the end of a test: nothing is left but what was there at its beginning.
void world_end(void);

/// Two areas of memory for a channel's two directions, all zero.
struct rings {
    void *ends[2];
    size_t bytes;
};
struct rings rings_make(size_t bytes);
void rings_free(struct rings rings);

/// A test that runs in a process of its own, in a new world, and leaves nothing behind. One that hangs
/// is ended.
#define WORLD_TEST(name)                                                                           \
    static void in_##name(void)                                                                    \
    {                                                                                              \
        world_start();                                                                             \
        name();                                                                                    \
        world_end();                                                                               \
    }                                                                                              \
    TEST_ISOLATED(in_##name)
