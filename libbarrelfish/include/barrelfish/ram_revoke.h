// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Visible revocation, the holder's side: a domain is told when memory is wanted back, chooses what
// to give, and is told what it lost if that was not enough in time. Source: Engler, Kaashoek,
// O'Toole, "Exokernel", SOSP 1995 (visible revocation, abort protocol, repossession vector).
//
// Memory is given by deleting the last capability that covers it. Lost are whole pieces, as they
// were allocated, the newest first: pages that were mapped there fault from then on. So a domain
// that registers here and wants to live keeps enough that it can give, or handles the faults.
#pragma once

#include "barrelfish/caddr.h"
#include "barrelfish/systime.h"
#include "barrelfish/waitset.h"

struct lmp_endpoint;

/// Give `bytes` back before `deadline`, also after this has returned. Memory allocated meanwhile
/// counts against it.
typedef void (*ram_revoke_wanted_t)(void *arg, gensize_t bytes, systime_t deadline);

/// The memory from `base` on is gone with all that was made of it, but for objects that other cores
/// may hold. Slots that named it are empty and remain the domain's.
typedef void (*ram_revoke_lost_t)(void *arg, genpaddr_t base, gensize_t bytes);

/// Private to ram_revoke.c; visible for allocation.
struct ram_revoke {
    struct waitset *ws;
    struct lmp_endpoint *ep;
    struct capref cap;
    ram_revoke_wanted_t wanted;
    ram_revoke_lost_t lost;
    void *arg;
};

/// Be told, in the place of an earlier registration, by callbacks from event_dispatch(ws). Either
/// may be NULL. Errors: of endpoint_create() and lmp_rpc_call(); LIB_ERR_NOT_IMPLEMENTED: this
/// domain uses no memory server.
LIB_MUST_CHECK errval_t ram_revoke_register(struct ram_revoke *revoke, struct waitset *ws,
                                            ram_revoke_wanted_t wanted, ram_revoke_lost_t lost,
                                            void *arg);

/// Be told nothing any more: what is wanted back is taken at once then.
errval_t ram_revoke_deregister(struct ram_revoke *revoke);
