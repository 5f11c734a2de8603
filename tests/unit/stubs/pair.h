// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Two bindings of an interface at the ends of one channel; and a peer that has no stub, but sends the
// lines that the test wants.
#pragma once

#include "stub/stub.h"
#include "use.h"
#include "world.h"

enum { CLIENT, SERVER };

/// One end: a binding, or a hostile peer's channel.
struct end {
    const struct flounder_interface *interface;
    const struct use *use;
    struct waitset ws;
    void *binding; ///< NULL: it is not open
    bool server, concluded;
    errval_t bound; ///< what the continuation got
    struct ear ear;
    bool later;
    void (*on_bound)(struct end *end);
};

struct pair {
    struct rings rings;
    struct end ends[2];
};

/// Binds both ends, which may speak other interfaces than that of `use` (NULL: they do not), and hands
/// them its handlers. The ends of a binding that has not come about are NULL.
void pair_begin(struct pair *pair, const struct use *use, size_t ring_bytes,
                const struct flounder_interface *client, const struct flounder_interface *server);
/// The same, and both must be open.
void pair_open(struct pair *pair, const struct use *use, size_t ring_bytes);

/// Closes what is open.
void pair_close(struct pair *pair);

/// Dispatches events of both ends until there is none.
void pair_run(struct pair *pair);

struct flounder_stub *end_stub(struct end *end);

/// A thread that dispatches an end's events for ever, and the end of all of these.
void end_serve(struct end *end);
void end_serving_stops(void);

/// A peer without a stub.
struct peer {
    struct rings rings;
    struct urpc_chan chan;
    struct end end; ///< the binding that it has before it
};

/// The binding listens, and has not heard anything.
void peer_begin(struct peer *peer, const struct use *use, size_t ring_bytes, bool binding_connects);
/// The same, open.
void peer_open(struct peer *peer, const struct use *use, size_t ring_bytes, bool binding_connects);
void peer_close(struct peer *peer);

/// The lines that a message is sent in.
struct lines {
    unsigned count;
    struct urpc_msg at[2 + VIEW_BYTES / FLOUNDER_LINE_BYTES];
};
void lines_of(struct lines *lines, unsigned number, unsigned call, const void *bytes, size_t count);

/// Sends a line; the binding has not seen it yet.
void peer_line(struct peer *peer, unsigned ctrl, const void *bytes, size_t count);
/// Sends a message of these bytes as the stubs would.
void peer_message(struct peer *peer, unsigned number, unsigned call, const void *bytes,
                  size_t count);
void peer_words(struct peer *peer, unsigned number, uint64_t word, uint64_t second, uint64_t third);
void peer_run(struct peer *peer);

/// Takes a line that the binding has sent; false: there is none.
bool peer_take(struct peer *peer, uint64_t words[URPC_WORDS], uint16_t *ctrl);

/// What a binding of `interface` says of itself to be welcome.
void peer_hello(struct peer *peer, const struct flounder_interface *interface);
