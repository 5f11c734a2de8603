// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Direct channels between any two monitors, made on demand: a pure machine. The asker allocates the
// frame and sends it along the tree; from then on:
//   asked, at CONNECT:   maps, answers CONNECTED along the tree, then *sends* directly; does not
//                        read the new ring yet
//   asker, at CONNECTED: everything that the other sent along the tree has arrived: *reads* the new
//                        ring; sends SWITCH along the tree, then sends directly
//   asked, at SWITCH:    everything that the asker sent along the tree has arrived: reads the new
//                        ring
//
// States of a peer: NONE -> (connect_wanted) ASKED -> (notified) OPEN
//                   NONE or ASKED -> (requested) ANSWERED -> (switched) OPEN
// and back to NONE if one of the effects between fails.
//
// N1 The order of messages is kept (IM1), for the reasons above.
// N2 No channel stays half open: whatever can fail is done before CONNECTED says so, and there is
//    room for answers (IM4). A channel that did not come about is gone on both sides, and is asked
//    for again some messages later.
// N3 If both ask at once, the request of the core with the lower number counts and the other is
//    refused.
// N4 Requests have numbers, so that a refusal that comes late is not taken for that of the next.

#pragma once

#include "if/intermon_defs.h"
#include "protocol/boot_tree.h"
#include "protocol/effects.h"

#define CONNECT_EFFECTS_MAX 3u

enum connect_peer_state { CONNECT_NONE, CONNECT_ASKED, CONNECT_ANSWERED, CONNECT_OPEN };

struct connect_peer {
    enum connect_peer_state state;
    uint64_t number; ///< of the last request to it
};

/// Private to connect.c; visible for allocation. Made by connect_init().
struct connect_state {
    coreid_t core;
    struct connect_peer peers[BOOTINFO_CORES_MAX];
};

enum connect_event_kind {
    CONNECT_NO_EVENT,
    // INTERMON_CONNECT, INTERMON_CONNECTED, INTERMON_SWITCHED of the peer
    CONNECT_WANTED = INTERMON_OPS_COUNT, ///< up: the peer is
    // Results of effects.
    CONNECT_SENT,     ///< err
    CONNECT_ACCEPTED, ///< number, err
    CONNECT_NOTIFIED  ///< err
};

enum connect_effect_kind {
    CONNECT_ASK = 1,    ///< make a frame and a channel, send it with `number`. Result: _SENT
    CONNECT_TAKE_BACK,  ///< destroy what was made for that
    CONNECT_ACCEPT,     ///< make a channel of the frame in the message. Result: CONNECT_ACCEPTED
    CONNECT_REFUSE,     ///< the frame in the message is not wanted
    CONNECT_REPLY,      ///< along the tree: number, err
    CONNECT_SET_NOTIFY, ///< what wakes the peer, as the message says. Result: CONNECT_NOTIFIED
    CONNECT_SEND_SWITCH,
    CONNECT_READ, ///< the new ring from now on
    CONNECT_WRITE ///< to the new ring from now on, no longer along the tree
};

struct connect_event {
    unsigned kind; ///< enum connect_event_kind
    coreid_t peer; ///< less than BOOTINFO_CORES_MAX
    bool up;
    uint64_t number;
    errval_t err;
    struct intermon_message message;
};

struct connect_effect {
    enum connect_effect_kind kind;
    coreid_t peer;
    uint64_t number;
    errval_t err;
};

MACHINE(connect, CONNECT_EFFECTS_MAX);

/// Neighbours in the tree have a channel already.
void connect_init(struct connect_state *state, coreid_t core, const struct boot_tree *tree);
