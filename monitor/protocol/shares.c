// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// See protocol/shares.h. A domain without entries has no record, so that there are never more
// records than entries.

#include "protocol/shares.h"

static uint16_t find(const struct shares *shares, domainid_t domain)
{
    uint16_t i = table_first(&shares->table, domain);
    while (i != TABLE_NONE && shares->shares[i].domain != domain)
        i = table_next(&shares->table, i);
    return i;
}

unsigned shares_count(const struct shares *shares, domainid_t domain)
{
    uint16_t i = find(shares, domain);
    return i == TABLE_NONE ? 0 : shares->shares[i].count;
}

void shares_add(struct shares *shares, domainid_t domain)
{
    uint16_t i = find(shares, domain);
    if (i == TABLE_NONE) {
        i = table_add(&shares->table, TABLE_ENTRIES_MAX, domain);
        if (i == TABLE_NONE)
            return;
        shares->shares[i] = (struct share){.domain = domain};
    }
    shares->shares[i].count++;
}

void shares_remove(struct shares *shares, domainid_t domain)
{
    uint16_t i = find(shares, domain);
    if (i != TABLE_NONE && --shares->shares[i].count == 0)
        table_remove(&shares->table, domain, i);
}
