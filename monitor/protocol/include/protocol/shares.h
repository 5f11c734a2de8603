// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// How many entries of a bounded table each domain has, so that none gets more than its share
// (protocol/share.h) and nobody has to count them. Whoever enters or removes an entry says so here.

#pragma once

#include "protocol/share.h"
#include "protocol/table.h"

struct share {
    domainid_t domain;
    uint16_t count;
};

/// Private to shares.c; visible for allocation. All zero: nobody has anything.
struct shares {
    struct table table;
    struct share shares[TABLE_ENTRIES_MAX];
};

/// How many entries a domain has.
unsigned shares_count(const struct shares *shares, domainid_t domain);

/// A domain has one entry more. The table that it is about has TABLE_ENTRIES_MAX entries at most.
void shares_add(struct shares *shares, domainid_t domain);

/// A domain has one entry less. Ignored if it has none.
void shares_remove(struct shares *shares, domainid_t domain);
