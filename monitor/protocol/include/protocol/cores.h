// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Which cores are up, and who says so: a pure machine. A core's starter waits for its "up" until a
// deadline, and reports to core 0. Core 0 decides: when each core has come up or has failed the boot
// is complete. Then it sends the map of those that are up down the start tree, and again whenever a
// late one comes. Every monitor reads its own copy.
//
// States of a child: OFF -> (started) STARTING -> (said_up, notified) UP
//
// R1 A core that was reported to be up stays so.
// R2 That a core has failed is reported once, for it and all that it would have started. One of
//    these that comes up after all is reported by its own starter.
// R3 A map is taken from the starter only, and sent on before anybody of this core is told.

#pragma once

#include "if/intermon_defs.h"
#include "protocol/boot_tree.h"
#include "protocol/effects.h"

#define CORES_MAP_WORDS (BOOTINFO_CORES_MAX / 64)
#define CORES_EFFECTS_MAX (BOOT_CHILDREN_MAX + 1u)

enum cores_child_state { CORES_CHILD_OFF, CORES_CHILD_STARTING, CORES_CHILD_UP };

/// Private to cores.c; visible for allocation, and for reading. Made by cores_init().
struct cores_state {
    coreid_t core;
    const struct boot_tree *tree;
    uint64_t up[CORES_MAP_WORDS]; ///< bit map
    bool complete;
    uint8_t children[BOOTINFO_CORES_MAX]; ///< enum cores_child_state
    // Core 0 only.
    uint8_t states[BOOTINFO_CORES_MAX]; ///< enum monitor_core_state
    uint64_t start_tsc[BOOTINFO_CORES_MAX];
};

enum cores_event_kind {
    CORES_NO_EVENT,
    // INTERMON_UP of `core`, INTERMON_REPORT, INTERMON_CORES, that came from neighbour `from`
    CORES_BEGUN = INTERMON_OPS_COUNT, ///< this core is up: tsc
    CORES_STARTED,                    ///< child `core`: err
    CORES_DEADLINE,                   ///< child `core` had its time
    CORES_AWAITED, ///< by `domain`, known: there is a record of it as a domain of this core
    // Results of effects.
    CORES_NOTIFIED ///< core, tsc, err
};

enum cores_effect_kind {
    CORES_SEND_REPORT = 1, ///< to core 0: core, failed, tsc
    CORES_SET_NOTIFY,      ///< what wakes child `core`, as the message says. Result: _NOTIFIED
    CORES_STOP_DEADLINE,   ///< of child `core`
    CORES_SEND_MAP,        ///< to child `core`
    CORES_REPLY,           ///< to `domain`: the map
    CORES_REFUSE,          ///< reply to `domain`: err
    CORES_KEEP,            ///< `domain`, until _REPLY_ALL
    CORES_REPLY_ALL        ///< to all that were kept: the map
};

struct cores_event {
    unsigned kind; ///< enum cores_event_kind
    coreid_t core, from;
    bool known;
    domainid_t domain;
    errval_t err;
    uint64_t tsc;
    struct intermon_message message;
};

struct cores_effect {
    enum cores_effect_kind kind;
    coreid_t core;
    bool failed;
    domainid_t domain;
    errval_t err;
    uint64_t tsc;
};

MACHINE(cores, CORES_EFFECTS_MAX);

/// The tree must stay.
void cores_init(struct cores_state *state, coreid_t core, const struct boot_tree *tree);

/// Whether a core is up, as far as this core knows; false for cores that do not exist.
bool cores_is_up(const struct cores_state *state, coreid_t core);

/// How many are.
unsigned cores_count_up(const struct cores_state *state);
