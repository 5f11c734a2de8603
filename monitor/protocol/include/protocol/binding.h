// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Connections between domains, as the monitors at their two ends know them: a pure machine, (state,
// event) -> (new state, effects). The monitor carries the effects out (exec/binding.c). If both
// domains are on this core there are two ends with the same id. Messages between the domains do not
// pass here; once a connection is open a monitor only remembers whom to tell when one end is gone.
//
// States of an end, and the function that leads from each to the next:
//   PROBING  client's, until the server's monitor says that the service is there -> FILLING (begin)
//   FILLING  client's, while it drives the making of the memory -> ASKED (offer_memory)
//   WAITING  server's, until the service is exported (spawnd being started) -> ASKED (binding_offer)
//   ASKED    client: until the answer comes; server: until the domain has answered -> OPEN
//            (binding_tell_bound, accepted)
//   OPEN     messages flow -> CLOSED (other_gone)
//   CLOSED   only until its last event has gone to the domain -> FREE (told)
//
// Capabilities go from an OPEN end to the other one by way of the monitors, each with a number:
//   sent (caps_out) -> at the other end's monitor (caps_here) -> its domain (caps_held) -> taken by
//   it, which the other end's monitor owes the sender's (caps_taken) -> the sender's domain is owed
//   to be told (caps_room)
// One that cannot get there is an error with its number.
//
// B1 Everything that can be checked is checked before anything is made, the other monitor's part
//    first; memory is made in steps, each of which the client asks for.
// B2 An end is on the share of the client's family (it is the client that asks), until the client's
//    part in it is over: what a server has not been told of by then it is not told at all, and of
//    what it knows the end stays on a share of the server's family until it has taken the event.
//    Where that is used up it is told by one event for all (BINDING_TELL_CHECK). So neither a server
//    that takes no events nor a client that closes many connections keeps others from being served.
// B3 At most BINDING_CAPS_MAX capabilities of each direction are sent and not taken. A domain is told
//    of them in the order of their numbers, one at a time, and of the connection's end after those
//    that are here by then.
// B4 What an end owes, to its domain or to the other end's monitor, is done at BINDING_RETRY: an end
//    that owes something is in the list `due`, or in `failed` if there was no room.
//
// EF2 (effects.h) holds: what comes in between is BINDING_TOLD.

#pragma once

#include "if/intermon_defs.h"
#include "if/monitor.h"
#include "kpi/errors.h"
#include "kpi/list.h"
#include "protocol/effects.h"
#include "protocol/shares.h"

#define BINDING_ENDS_MAX 512u
#define BINDING_LEFT_SHARE 32u ///< of a server's family (B2)
#define BINDING_EFFECTS_MAX 4u
#define BINDING_CAPS_MAX MONITOR_CAPS_MAX

enum binding_end_state {
    BINDING_FREE,
    BINDING_PROBING,
    BINDING_FILLING,
    BINDING_WAITING,
    BINDING_ASKED,
    BINDING_OPEN,
    BINDING_CLOSED
};

struct binding_end {
    uint64_t id;
    enum binding_end_state state;
    bool server; ///< else the client's
    bool lmp;
    bool left;                ///< (B2) on the server's share
    uint8_t telling;          ///< enum binding_told, those on their way to the domain
    bool gone_due;            ///< its domain is to be told that the other one is gone
    bool relay_due;           ///< the other end's monitor could not be told yet
    struct list due;          ///< (B4) place in a list
    coreid_t peer;            ///< core of the other end
    domainid_t server_domain; ///< at the client's end, from FILLING on
    struct member owner;      ///< the domain on this core; 0 while WAITING
    struct member client;     ///< on whose share it is, unless `left`
    iref_t iref;
    uint64_t out_bytes, in_bytes; ///< as the client sees them
    // (B3) Numbers, of the next one; those here by number, and whether they are given away; counts.
    uint8_t caps_sent, caps_told;
    uint8_t caps_here, caps_given;
    uint8_t caps_out, caps_held, caps_taken, caps_room;
};

/// Private to binding; visible for allocation, and to read what an effect names. Made by
/// binding_init().
struct binding_state {
    coreid_t core;
    unsigned cores;
    uint32_t sequence;
    struct list due, failed; ///< (B4)
    struct table by_id;
    struct shares clients, servers;
    struct binding_end ends[BINDING_ENDS_MAX];
};

/// Events that a domain gets about an end.
enum binding_told { BINDING_TOLD_BOUND = 1, BINDING_TOLD_GONE = 2, BINDING_TOLD_CAP = 4 };

enum binding_event_kind {
    BINDING_NO_EVENT,
    // INTERMON_BIND_PROBE, INTERMON_BIND_PROBED, INTERMON_BIND, INTERMON_BIND_REPLY, INTERMON_GONE,
    // INTERMON_RELAY, INTERMON_CONNECTION_CAP and INTERMON_CAPS_TAKEN of the monitor of `core`;
    // exporter
    // Requests of a domain, `who`.
    BINDING_REQUEST = INTERMON_OPS_COUNT, ///< iref, exporter, up, known, out_bytes, in_bytes
    BINDING_REQUEST_LMP,    ///< iref, exporter, known, endpoint_err: of what came along
    BINDING_REQUEST_MEMORY, ///< id
    BINDING_REQUEST_ANSWER, ///< id, err: its answer to an offer, endpoint_err: of what came along
    BINDING_REQUEST_DISCONNECT, ///< id
    BINDING_REQUEST_RELAY,      ///< id
    BINDING_REQUEST_CHECK,      ///< id
    BINDING_REQUEST_CAP, ///< id, server, gives; a capability, endpoint_err: what speaks against it,
                         ///< or err in its place
    BINDING_REQUEST_TAKEN, ///< id, server, count
    // Of an end.
    BINDING_ENDED,   ///< its domain, `who`, has ended
    BINDING_SERVICE, ///< what it waits for: err, or exporter
    BINDING_TOLD,    ///< its domain has got `told`, or never will
    BINDING_RETRY,   ///< what is due is to be done (B4), if there is room
    // Results of effects.
    BINDING_SENT, ///< what: _SEND_PROBE, _OFFER, _GONE (who: 0 or who asked for it), _RELAY, _CAP or
                  ///< _TAKEN, _TELL_CAP; err
    BINDING_MEMORY,   ///< err, also SYS_ERR_AGAIN; exporter
    BINDING_RECEIVED, ///< err, exporter, out_bytes: of the frame
    BINDING_NEEDED    ///< err: spawnd will not come
};

enum binding_effect_kind {
    // Replies to `domain`.
    BINDING_REPLY = 1,    ///< err
    BINDING_REPLY_ID,     ///< id: the memory is not ready, or is not wanted
    BINDING_REPLY_FRAME,  ///< id, the end's frame, of which a copy stays
    BINDING_REPLY_NOTIFY, ///< what wakes `of`, or (0) the end's client on its core
    // What an end's domain is told; BINDING_TOLD follows.
    BINDING_TELL_OFFER, ///< with the end's capability, which goes
    BINDING_TELL_BOUND, ///< id, err, of: the server, cap
    BINDING_TELL_GONE,  ///< id
    BINDING_TELL_CAP,   ///< (B3) the one with `number`, if `has`; count: taken by the other side.
                        ///< Result: BINDING_SENT
    // What `domain` is told, and no result.
    BINDING_TELL_CHECK, ///< some of its connections are gone
    BINDING_WAKE,
    // What `message` says, to the monitor of `core`.
    BINDING_SEND_PROBE, ///< Result: BINDING_SENT
    BINDING_SEND_PROBED,
    BINDING_SEND_OFFER,  ///< with the end's frame, which goes, and what wakes `domain`. Result:
                         ///< BINDING_SENT
    BINDING_SEND_ANSWER, ///< with what wakes the server, if it has accepted
    BINDING_SEND_GONE,   ///< Result, unless domain is 0: BINDING_SENT
    BINDING_SEND_RELAY,  ///< for `domain` or 0. Result: BINDING_SENT
    BINDING_SEND_CAP,   ///< with the request's capability, unless it says err. Result: BINDING_SENT
    BINDING_SEND_TAKEN, ///< Result: BINDING_SENT
    // What an end holds.
    BINDING_MEMORY_BEGIN, ///< lend and get it, `most` at most, and do a step. Result: _MEMORY
    BINDING_MEMORY_STEP,  ///< make some of it usable. Result: BINDING_MEMORY
    BINDING_KEEP,         ///< the endpoint that came with the request
    BINDING_MOVE,         ///< what end `from` holds
    BINDING_CLEAR,        ///< give back what it holds, take back what its domain was not told yet
    BINDING_RECEIVE,      ///< the capability in the message. Result: BINDING_RECEIVED
    BINDING_REFUSE,       ///< that is not wanted
    BINDING_KEEP_CAP,     ///< by its number: `cap`, GIVEN (or err) or MESSAGE (or what it says)
    BINDING_NEED_SPAWND   ///< Result: BINDING_NEEDED if it fails
};

/// A capability for BINDING_TELL_BOUND: none, the endpoint that came with the request, the Notify
/// that the message describes, that of the server's domain on this core.
enum binding_cap { BINDING_CAP_NONE, BINDING_CAP_GIVEN, BINDING_CAP_MESSAGE, BINDING_CAP_SERVER };

struct binding_event {
    unsigned kind; ///< enum binding_event_kind
    enum binding_effect_kind what;
    uint16_t end;
    uint8_t told;
    uint8_t count; ///< of capabilities
    bool server;   ///< it is the server that speaks
    bool gives;    ///< the capability's right to grant goes along
    bool up;       ///< the iref's core is
    bool known;    ///< there is a record of `who` as a domain of this core
    coreid_t core;
    struct member who;
    struct member exporter; ///< of iref, if it is this core's; domain 0: nobody
    uint64_t id;
    iref_t iref;
    errval_t err, endpoint_err;
    uint64_t out_bytes, in_bytes;
    struct intermon_message message;
};

struct binding_effect {
    enum binding_effect_kind kind;
    enum binding_cap cap;
    uint16_t end, from;
    uint8_t number, count;
    bool gives, has;
    bool limited_too; ///< _MEMORY_BEGIN: also for a client whose memory is limited
    coreid_t core;
    domainid_t domain, of;
    unsigned most;
    uint64_t id;
    errval_t err;
    struct intermon_message message;
};

MACHINE(binding, BINDING_EFFECTS_MAX);

void binding_init(struct binding_state *state, coreid_t core, unsigned cores);

/// The first end from `from` on that belongs to `domain`, or (0) that waits for spawnd; TABLE_NONE.
uint16_t binding_next_of(const struct binding_state *state, uint16_t from, domainid_t domain);

/// How many connections, and frames of channels, a family may have.
unsigned binding_share(const struct binding_state *state, domainid_t family);

/// Checks that shares count what is in the table, that every end that owes something is in a list,
/// and B3.
bool binding_valid(const struct binding_state *state);
