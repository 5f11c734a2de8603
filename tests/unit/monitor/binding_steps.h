// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// One binding machine, and events for it, for its suites: of core CORE out of CORES, with a service
// here and one on core PEER.
#pragma once

#include "if/monitor.h"
#include "protocol/binding.h"
#include "testlib/testlib.h"
#include "urpc/urpc.h"

enum { CORE = 1, PEER = 2, CORES = 4 };
enum { CLIENT = CORE << 16 | 20, STRANGER, SERVER, FAR = PEER << 16 | 20 };
enum { BYTES = 4096, FAMILY_MOST = BINDING_ENDS_MAX / 4 + CORES };
#define HERE IREF_MAKE(CORE, 16)
#define THERE IREF_MAKE(PEER, 16)
#define SPAWND_HERE IREF_MAKE(CORE, IREF_INDEX_SPAWND)

extern struct binding_state state;
extern struct binding_effects out; ///< of the last step

/// A domain that is a family of its own.
static inline struct member alone(domainid_t domain)
{
    return (struct member){domain, domain};
}

void steps_begin(void);

/// Takes a step, after which the state must be valid, and expects these kinds of effects, ended by
/// 0. Events to domains are taken at once if `take`.
void step(struct binding_event event, bool take, ...);

/// A request of a domain, and a message of PEER's monitor, about connection `id`.
struct binding_event asks(enum binding_event_kind kind, domainid_t who, uint64_t id);
struct binding_event says(enum intermon_op op, uint64_t id);
/// A request of a connection to `iref`, of this core's exported by SERVER.
struct binding_event wants(enum binding_event_kind kind, iref_t iref);
/// The result of the last step's last effect.
struct binding_event result(enum binding_event_kind kind, errval_t err);

/// The last effect of the last step.
static inline const struct binding_effect *last(void)
{
    return &out.list[out.count - 1];
}

/// Makes a connection and returns its number: its client's end here, ASKED or OPEN, to PEER; the
/// server's end of one from there; both ends here.
uint64_t make_asked(void);
uint64_t make_open(void);
uint64_t make_offered(uint64_t id);
uint64_t make_local(bool answered);
