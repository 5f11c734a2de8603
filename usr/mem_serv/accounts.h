// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What each client was ever given. A returned piece does not say who had it, so this only grows
// until the client is forgotten. Pure; private to the memory server.
#pragma once

#include "kpi/types.h"

#define ACCOUNTS_MAX 512u

struct account {
    domainid_t domain; ///< 0: unused
    uint32_t pieces;
    uint64_t bytes;
};

struct accounts {
    uint32_t count;
    struct account list[ACCOUNTS_MAX];
};

/// Note that a domain was given a piece. False: there is no room to note it.
bool accounts_add(struct accounts *accounts, domainid_t domain, uint64_t bytes);

/// A domain's account, or NULL.
const struct account *accounts_find(const struct accounts *accounts, domainid_t domain);

void accounts_forget(struct accounts *accounts, domainid_t domain);
