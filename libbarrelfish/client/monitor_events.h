// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Events from the monitor, as the clients in this library use them; private to monitor_client.c,
// monitor_export.c, ump_bind.c and nameservice_client.c. A request whose completion is an event is
// sent between monitor_events_begin() and monitor_events_end(), and its wait is added before the
// latter: events are not handled meanwhile, so that none can come before its wait is known.
// ME1 A wait is on the list until its event has come or it is forgotten.
// ME2 Events are held back only once they have begun.

#pragma once

#include "barrelfish/monitor_client.h"
#include "barrelfish/threads.h"

/// What waits for one event.
struct monitor_wait {
    struct list place;
    enum monitor_event event;
    uint64_t id;
    errval_t err;      ///< result
    uint64_t value;    ///< result: word 3
    struct capref cap; ///< result
    struct thread_sem sem;
    void (*done)(struct monitor_wait
                     *wait); ///< called by the events' thread, or NULL: the semaphore is posted
    void *st;
};

/// One side of a connection, and who is told about it: that the other side is gone; and of
/// MONITOR_EVENT_CAP, with a capability or NULL_CAP, in place of which an empty slot comes back.
struct monitor_peer {
    struct list place;
    uint64_t id;
    bool server;
    void (*gone)(struct monitor_peer *peer);
    struct capref (*cap)(struct monitor_peer *peer, const uint64_t *words, struct capref cap);
};

/// Starts the events' thread if need be and holds events back. On an error nothing is held.
LIB_MUST_CHECK errval_t monitor_events_begin(void);
void monitor_events_end(void);
/// As monitor_events_begin(), once they have begun.
void monitor_events_hold(void);

/// Between begin and end.
void monitor_wait_add(struct monitor_wait *wait, enum monitor_event event, uint64_t id,
                      void (*done)(struct monitor_wait *wait), void *st);
/// After end: waits for the event, until a time at the latest (0: for ever), and returns its error.
/// LIB_ERR_TIMEOUT: the wait is forgotten, and what comes for it is dropped.
errval_t monitor_wait_block(struct monitor_wait *wait, systime_t deadline);
/// The same for a wait that is to go on: it is not forgotten.
bool monitor_wait_try(struct monitor_wait *wait, systime_t deadline);

/// Between begin and end, or from `done`.
void monitor_peer_add(struct monitor_peer *peer);
/// Between begin and end.
void monitor_peer_remove(struct monitor_peer *peer);

/// Takes a request to bind back that nobody answers. Returns LIB_ERR_BIND_TIMEOUT because of `err`.
errval_t monitor_bind_give_up(uint64_t id, errval_t err);

/// A client wants to bind. Called by the events' thread; set before the first service is exported.
extern void (*monitor_bind_requested)(struct monitor_bind_request *request);
