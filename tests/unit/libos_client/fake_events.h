// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The monitor's events, in the test's hand: in the place of monitor_events.c.
#pragma once

#include "client/monitor_events.h"

struct fake_events {
    errval_t begin_error;
    int held; ///< between begin and end
    struct monitor_wait *waits[8];
    unsigned waits_count, posts;
    systime_t deadline;
    errval_t wait_error;                        ///< of monitor_wait_block()
    void (*on_wait)(struct monitor_wait *wait); ///< what happens while a thread waits
    void (*on_hold)(void);                      ///< ... and just before it takes hold of events
    struct monitor_peer *peer;
    unsigned peers_removed, triggers, deregisters, destroyed_chans;
    struct event_closure triggered;
    struct waitset *triggered_on;
    errval_t trigger_error;
};
extern struct fake_events fake_events;

/// The event that a wait is for.
void fake_event(struct monitor_wait *wait, errval_t err, uint64_t value, struct capref cap);
