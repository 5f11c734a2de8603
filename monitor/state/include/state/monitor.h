// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What all rooms of the monitor know: who this core is and what the machine looks like, which nobody
// changes after the start, and what the monitor waits on. All other state is its room's own. The
// monitor is one thread: a handler runs to its end, and none waits for another domain but for the
// memory server of the same core, which waits for nobody.

#pragma once

#include "barrelfish/barrelfish.h"
#include "kpi/bootinfo.h"
#include "protocol/boot_tree.h"
#include "protocol/cores.h"

struct monitor {
    coreid_t core;
    const struct bootinfo *bootinfo;
    struct boot_tree tree;
    struct waitset ws;
    struct lmp_server server;
    struct cores_state cores; ///< cores/ alone takes its steps
};
extern struct monitor monitor;
