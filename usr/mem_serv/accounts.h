// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The accounts of a memory server, after KeyKOS's and EROS's space banks (Hardy, "KeyKOS
// Architecture", 1985; Shapiro et al., "EROS: a fast capability system", SOSP 1999): memory belongs
// to the account that it was allocated on until it is given back or the account ends, whoever holds
// capabilities to it meanwhile. What cannot be taken back when an account ends, because other cores
// may hold it, belongs to nobody: the account `ownerless`. Which memory is on an account is in
// held_ranges.h. Pure; private to the memory server.
#pragma once

#include "barrelfish/caddr.h"

#define ACCOUNTS_MAX 512u
#define ACCOUNT_NO_LIMIT UINT64_MAX

struct held_range;

/// An account's address stays the same as long as it exists.
struct account {
    domainid_t domain; ///< 0: unused, or ownerless
    bool ending;       ///< its domain has ended; nothing more is allocated
    uint32_t ended_by; ///< badge of who is told when all has come back
    uint32_t pieces;   ///< ranges held
    uint64_t bytes;    ///< held now
    uint64_t limit;    ///< that `bytes` may reach
    uint64_t given;    ///< bytes ever
    struct held_range *newest;
    struct capref revoke_ep; ///< told when memory is wanted back, or NULL_CAP
};

struct accounts {
    struct account ownerless;
    struct account list[ACCOUNTS_MAX];
};

void accounts_init(struct accounts *accounts);

/// A domain's account, or NULL; that of domain 0 is `ownerless`.
struct account *accounts_find(struct accounts *accounts, domainid_t domain);

/// The same, made if it is not there. NULL: there is no room for another.
struct account *accounts_get(struct accounts *accounts, domainid_t domain);

/// Give an account up that holds nothing.
void accounts_free(struct accounts *accounts, struct account *account);

/// Whether it may hold this much more.
bool account_may_take(const struct account *account, uint64_t bytes);
