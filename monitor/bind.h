// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// One side of a connection between two domains, as the side's monitor knows it; private to bind.c
// (records, ends), bind_client.c and bind_server.c. If both domains are on this core there are
// two records with the same id.
//
// States, and the function that leads from each to the next:
//   WAITING  server's side, until the service is exported (spawnd being started) -> ASKED (offer)
//   ASKED    client: until the answer comes; server: until the domain has answered -> OPEN
//            (bind_reply, bound)
//   OPEN     messages flow -> CLOSED (close)
//   CLOSED   only until its last event has gone to the domain -> FREE (find_free)

#pragma once

#include "monitor.h"

enum side_state { SIDE_FREE, SIDE_WAITING, SIDE_ASKED, SIDE_OPEN, SIDE_CLOSED };

struct side {
    uint64_t id;
    enum side_state state;
    bool server; ///< else the client's side
    bool lmp;
    domainid_t domain; ///< on this core; 0 while WAITING
    domainid_t client;
    domainid_t payer; ///< on whose share it is: the client's, or, when CLOSED, the domain's that
                      ///< has not taken its last event yet
    coreid_t peer;    ///< core of the other side
    iref_t iref;
    uint64_t out_bytes, in_bytes; ///< as the client sees them
    struct capref cap;            ///< while WAITING: the frame or endpoint
    uint64_t client_notify[INTERMON_CAP_WORDS];
    bool relay_due;     ///< the other side's monitor could not be told yet
    struct event bound; ///< MONITOR_EVENT_BIND, _BIND_LMP or _BOUND
    struct event gone;
};

/// A free record on the share of `payer`, or NULL. It is the caller's when `state` is set.
struct side *side_alloc(domainid_t payer);
/// Tells whether a domain has as many records as one may have.
bool side_share_is_used(domainid_t payer);
struct side *side_find(uint64_t id, bool server);

/// Closes a side; with `tell` its domain gets MONITOR_EVENT_GONE.
void side_close(struct side *side, bool tell);

/// The client's side gets its answer. `cap` (or NULL_CAP) becomes the record's.
void side_bound(struct side *side, errval_t err, domainid_t server, struct capref cap);

/// Offers a connection to the domain that exports `side->iref`. `side` is filled in but for domain
/// and state; its cap is taken over. On an error it stays free and the capability is destroyed.
/// MON_ERR_LIMIT: that domain has used its share by not taking its events.
errval_t side_offer(struct side *side);

/// Answers the client of a server's side with an error.
void bind_answer(const struct side *side, errval_t err);

/// A capability for the Notify that `words` describe, wherever it is; NULL_CAP for zeros.
struct capref side_notify(const uint64_t *words, domainid_t local_domain);
