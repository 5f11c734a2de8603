// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// One side of a connection between two domains, as the side's monitor knows it; private to bind.c
// (records, ends), bind_client.c, bind_server.c and channel_memory.c. If both domains are on this
// core there are two records with the same id.
//
// States, and the function that leads from each to the next:
//   PROBING  client's side, until the server's monitor says that the service is there -> FILLING
//            (begin)
//   FILLING  client's side, while it drives the making of the memory -> ASKED (finish)
//   WAITING  server's side, until the service is exported (spawnd being started) -> ASKED (offer)
//   ASKED    client: until the answer comes; server: until the domain has answered -> OPEN
//            (bind_reply, bound)
//   OPEN     messages flow -> CLOSED (close)
//   CLOSED   only until its last event has gone to the domain -> FREE (side_free)
//
// B1 Everything that can be checked is checked before anything is made, the other monitor's part
//    first; memory is made in steps, each of which the client asks for.
// B2 A side is on the share of the client's family (it is the client that asks), until the client's
//    part in it is over: what a server has not been told of by then it is not told at all, and of
//    what it knows the record stays on a share of the server's family until it has taken the event.
//    Where that is used up it is told by one event for all (MONITOR_EVENT_CHECK). So neither a
//    server that takes no events nor a client that closes many connections keeps others from being
//    served.

#pragma once

#include "monitor.h"
#include "protocol/shares.h"

enum side_state {
    SIDE_FREE,
    SIDE_PROBING,
    SIDE_FILLING,
    SIDE_WAITING,
    SIDE_ASKED,
    SIDE_OPEN,
    SIDE_CLOSED
};

struct side {
    uint64_t id;
    enum side_state state;
    bool server; ///< else the client's side
    bool lmp;
    bool left;              ///< (B2) on the server's share
    domainid_t domain;      ///< on this core; 0 while WAITING
    struct member client;   ///< on whose share it is, unless `left`
    domainid_t peer_domain; ///< on the client's side, from FILLING on: the server
    coreid_t peer;          ///< core of the other side
    iref_t iref;
    uint64_t out_bytes, in_bytes; ///< as the client sees them
    struct capref ram;            ///< while FILLING: what the frame is made of
    struct capref cap;            ///< while FILLING, WAITING: the frame or endpoint
    uint64_t client_notify[INTERMON_CAP_WORDS];
    bool relay_due;          ///< the other side's monitor could not be told yet
    struct side *next_relay; ///< in bind.c's list of these
    struct event bound;      ///< MONITOR_EVENT_BIND, _BIND_LMP or _BOUND
    struct event gone;
};

/// How many connections, and frames of channels, a family may have.
unsigned side_share(domainid_t family);

/// A record for a side on the client's share, or NULL.
struct side *side_alloc(uint64_t id, bool server, struct member client);
void side_free(struct side *side);
/// Tells whether a family has as many records as one may have.
bool side_share_is_used(domainid_t family);
/// The side of a connection that is not closed, or NULL.
struct side *side_find(uint64_t id, bool server);

/// Closes a side; with `tell` its domain gets MONITOR_EVENT_GONE. It may be free afterwards.
void side_close(struct side *side, bool tell);

/// The client's side gets its answer. `cap` (or NULL_CAP) becomes the record's. It may be free
/// afterwards.
void side_bound(struct side *side, errval_t err, domainid_t server, struct capref cap);

/// The event that an offer, or the answer to it, is told with.
void side_post_bound(struct side *side, const uint64_t *words, struct capref cap);

/// Offers a connection to the domain that exports `side->iref`. `side` is filled in but for domain
/// and state; its cap is taken over. On an error it is freed and the capability is destroyed.
errval_t side_offer(struct side *side);

/// The domain that serves an iref of this core, also if it is still to be started; 0: none.
domainid_t side_server_of(iref_t iref);

/// Answers the client of a server's side with an error.
void bind_answer(const struct side *side, errval_t err);

/// A capability for the Notify that `words` describe, wherever it is; NULL_CAP for zeros.
struct capref side_notify(const uint64_t *words, domainid_t local_domain);

// channel_memory.c: the frames of channels.

/// Lends a client the memory for a channel, and gets it. Sets ram and cap.
///
/// \return MON_ERR_LIMIT, MON_ERR_SPAWN_LIMITED, LIB_ERR_RAM_ALLOC_LIMIT, SPAWN_ERR_NO_DOMAIN,
///         errors of slot_alloc() and ram_alloc_bytes()
errval_t channel_memory_begin(struct side *side);
/// Makes some of it usable. SYS_ERR_AGAIN: there is more to do. Then `cap` is the frame.
errval_t channel_memory_step(struct side *side);
/// Gives back what the two above have made, if anything.
void channel_memory_cancel(struct side *side);
