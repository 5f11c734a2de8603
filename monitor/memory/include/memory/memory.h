// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The memory that a monitor holds at its start, and its core's memory server; private to the
// monitor.

#pragma once

#include "barrelfish/spawn.h"
#include "kpi/bootinfo.h"

struct memory_source {
    struct capref cap;
    struct bootinfo_region region;
};

/// Lists the RAM and KCB regions to be divided; on a further core nothing can be allocated from
/// then until memory_own() has returned,. `sources` has room for BOOTINFO_REGIONS_MAX.
errval_t memory_sources(struct memory_source *sources, unsigned *count);

/// Takes this core's own share: on a further core starts the memory server with it and uses that
/// from then on. Core 0's share was taken by init, so that nothing may come here.
errval_t memory_own(struct memory_source *own, unsigned count);

/// The memory server's self endpoint, unbadged; on core 0 this monitor's own endpoint of it.
struct capref memory_server_ep(void);

/// Loads a boot module as a new domain, which does not run yet. Fills in the image, its name, whom
/// the CPU driver tells of its death, and the Kernel capability for information; the rest is the
/// caller's. SPAWN_ERR_NO_MODULE.
errval_t memory_spawn_module(const char *name, struct spawn_params *params, struct spawn_info *si);
