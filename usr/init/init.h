// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What the files of init know of one another.
#pragma once

#include "barrelfish/barrelfish.h"
#include "barrelfish/bootmodule.h"
#include "barrelfish/spawn.h"

/// Exit status of a machine that cannot go on.
#define INIT_STATUS_DEAD 3u

// init_boot.c

/// What the CPU driver told init.
const struct bootinfo *init_bootinfo(void);

/// Says why, and stops the machine with INIT_STATUS_DEAD.
void init_die(errval_t err, const char *format, ...)
    __attribute__((format(printf, 2, 3), noreturn));

/// The module of this name, mapped; dies if the boot image lacks it.
const struct bootinfo_module *init_need_module(const char *name);

// init_memory.c

/// Memory that the monitor gets: its capabilities are init's until they are given away.
struct init_remainder {
    size_t count;
    struct bootinfo_region regions[BOOTINFO_REGIONS_MAX]; ///< slot: unused
    struct capref caps[BOOTINFO_REGIONS_MAX];
};

/// Divide all memory, start the memory server on core 0's share, and use it from now on. Returns
/// its self endpoint.
struct capref init_start_mem_serv(struct init_remainder *remainder);

// init_trusted.c

/// Start the monitor, which gets the remainder. Returns its self endpoint.
struct capref init_start_monitor(const struct init_remainder *remainder, struct capref mem_serv_ep);

/// Start spawnd, and let init reach it.
void init_start_spawnd(struct capref monitor_ep, struct capref mem_serv_ep);

// init_modules.c

/// Start all modules that are marked; the shell gets an endpoint of the monitor to halt the machine
/// with. Should the shell end by itself, the machine stops.
void init_start_marked(struct capref monitor_ep);
