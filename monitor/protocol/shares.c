// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// See protocol/shares.h. A family without entries has no record, so that there are never more
// records than entries.

#include "protocol/shares.h"

#define FOREIGN_SHARE_MIN 8u

unsigned shares_of(domainid_t family, coreid_t core, unsigned cores, unsigned entries)
{
    unsigned foreign = entries / 2 / cores;
    if (family_began_on(family, core))
        return entries / SHARE_PARTS;
    return foreign < FOREIGN_SHARE_MIN ? FOREIGN_SHARE_MIN : foreign;
}

static uint16_t find(const struct shares *shares, domainid_t family)
{
    uint16_t i = table_first(&shares->table, family);
    while (i != TABLE_NONE && shares->shares[i].family != family)
        i = table_next(&shares->table, i);
    return i;
}

unsigned shares_count(const struct shares *shares, domainid_t family)
{
    uint16_t i = find(shares, family);
    return i == TABLE_NONE ? 0 : shares->shares[i].count;
}

void shares_add(struct shares *shares, domainid_t family)
{
    uint16_t i = find(shares, family);
    if (i == TABLE_NONE) {
        i = table_add(&shares->table, TABLE_ENTRIES_MAX, family);
        if (i == TABLE_NONE)
            return;
        shares->shares[i] = (struct share){.family = family};
    }
    shares->shares[i].count++;
}

void shares_remove(struct shares *shares, domainid_t family)
{
    uint16_t i = find(shares, family);
    if (i != TABLE_NONE && --shares->shares[i].count == 0)
        table_remove(&shares->table, family, i);
}
