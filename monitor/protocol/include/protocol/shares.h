// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// How many entries of a bounded table each family has, a domain and all that comes of it: so that
// no hostile one, with as many children as it likes, takes what others need. Whoever enters or
// removes an entry says so here.

#pragma once

#include "protocol/table.h"

/// A family may have one part in so many of a table: a single greedy one, or a broken one, leaves
/// most of it to the others, and an honest one needs far less.
#define SHARE_PARTS 4u
/// The same of a table that the whole machine uses, where each core may have a greedy one.
#define SHARE_PARTS_MACHINE 16u

/// Whether a family began on core `core`.
static inline bool family_began_on(domainid_t family, coreid_t core)
{
    return family >> 16 == core;
}

/// How many of a table's `entries` on core `core`, one of `cores`, a family may have; one that began
/// on another core less, for each core may have a greedy one.
unsigned shares_of(domainid_t family, coreid_t core, unsigned cores, unsigned entries);

/// Who asks, and on whose share that is. A family is named by the domain that began it.
struct member {
    domainid_t domain, family;
};

/// A member as messages carry it.
static inline uint64_t member_word(struct member member)
{
    return member.domain | (uint64_t)member.family << 32;
}

static inline struct member member_of_word(uint64_t word)
{
    return (struct member){(domainid_t)word, (domainid_t)(word >> 32)};
}

struct share {
    domainid_t family;
    uint16_t count;
};

/// Private to shares.c; visible for allocation. All zero: nobody has anything.
struct shares {
    struct table table;
    struct share shares[TABLE_ENTRIES_MAX];
};

/// How many entries a family has.
unsigned shares_count(const struct shares *shares, domainid_t family);

/// A family has one entry more. The table that it is about has TABLE_ENTRIES_MAX entries at most.
void shares_add(struct shares *shares, domainid_t family);

/// A family has one entry less. Ignored if it has none.
void shares_remove(struct shares *shares, domainid_t family);
