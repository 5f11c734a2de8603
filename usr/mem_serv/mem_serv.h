// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What the files of the memory server know of one another. It has one thread.
#pragma once

#include "barrelfish/barrelfish.h"
#include "barrelfish/lmp_rpc.h"
#include "barrelfish/systime.h"
#include "free_ranges.h"
#include "held_ranges.h"

// memory.c: what is free and what is whose.

extern struct accounts accounts;
extern struct held_ranges held;

/// Begins with everything that the server was given; its own needs are served from it. Its own
/// account is that of its domain.
LIB_MUST_CHECK errval_t memory_init(void);

/// Takes a piece for an account. LIB_ERR_RAM_ALLOC_LIMIT, SPAWN_ERR_NO_DOMAIN (it is ending),
/// LIB_ERR_MALLOC_FAIL (no room to note it), those of pieces_take().
LIB_MUST_CHECK errval_t memory_take(struct account *account, const struct free_request *request,
                                    struct capref *ret, genpaddr_t *base);

/// Makes the memory of a RAM capability free, which empties its slot. On an error it stays there.
LIB_MUST_CHECK errval_t memory_put(struct capref cap);

/// Takes what the CPU driver has returned.
void memory_drain(void);

/// Tells a domain (0: none) and a few others in their pages of information what has changed.
void memory_publish(domainid_t domain);

/// Gives an account up; what is still on it belongs to nobody from then on.
void memory_end(struct account *account);

/// Fills up the bookkeeping's reserves; call when nothing else is under way.
void memory_refill(void);

// reclaim.c: taking back by force.

LIB_MUST_CHECK errval_t reclaim_init(void);

/// Takes back all that is on an account, whose domain has ended, and gives it up; then `badge` is
/// told, as by tell_forgotten().
void reclaim_all(struct account *account, uint32_t badge);

/// Begins to ask a domain for memory; `done_ep`, which is the callee's on success, is told of the
/// end (MEM_SERV_RECLAIMED). LIB_ERR_RECLAIM_BUSY.
LIB_MUST_CHECK errval_t reclaim_begin(struct account *account, uint64_t bytes,
                                      delayus_t deadline_us, struct capref done_ep);

/// Memory has come back or was given: some may have given enough now.
void reclaim_held_changed(void);

/// Tells a client that the domain which it wanted to be forgotten is (MEM_SERV_FORGOTTEN).
void tell_forgotten(uint32_t badge, domainid_t domain);

// main.c

extern struct lmp_server server;
