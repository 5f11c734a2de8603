// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What ump_chan.c, ump_bind.c and ump_caps.c share; private to them.

#pragma once

#include "barrelfish/lmp_endpoints.h"
#include "barrelfish/ump_chan.h"

/// How domains wake one another. All NULL until the first bind or accept, which sees to it.
struct ump_waking {
    /// Where notifications arrive. A message there means only that the domain is to look at all its
    /// channels, which it does whenever it wakes up.
    struct lmp_endpoint *ep;
    void (*relay)(uint64_t id); ///< wakes the peer of a connection, for want of a Notify
};
extern struct ump_waking ump_waking;

/// ump_caps.c: asks the monitor; set by who binds (monitor_call()).
typedef errval_t ump_caps_call_fn(const uint64_t in[LMP_MSG_LENGTH], struct capref cap,
                                  uint64_t out[LMP_MSG_LENGTH], struct capref *got);
extern ump_caps_call_fn *ump_caps_call;
/// An event MONITOR_EVENT_CAP has come. Returns an empty slot for the next capability, if
/// one came. ump_caps_free() is for a channel of which the monitor knows no more.
struct capref ump_caps_arrived(struct ump_chan *uc, const uint64_t *words, struct capref cap);
void ump_caps_free(struct ump_chan *uc);

/// Prepares the waitset's part of a channel whose rings are made.
void ump_chan_setup(struct ump_chan *uc);
