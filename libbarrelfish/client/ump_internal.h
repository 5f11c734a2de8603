// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What ump_chan.c and ump_bind.c share; private to them.

#pragma once

#include "barrelfish/lmp_endpoints.h"
#include "barrelfish/ump_chan.h"

/// The domain's endpoint for notifications, NULL until the first bind or accept. A message there
/// means only that the domain is to look at all its channels, which it does whenever it wakes up.
extern struct lmp_endpoint *ump_notify_ep;

/// Prepares the waitset's part of a channel whose rings are made.
void ump_chan_setup(struct ump_chan *uc);
