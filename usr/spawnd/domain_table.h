// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The domains of one core that spawnd knows: those that run, and, as long as there is room, how
// those that ran have ended. Pure and bounded; an entry's index is stable and may be used to keep
// more about a domain elsewhere.
//
// T1 Numbers begin at DOMAIN_DYNAMIC and are given round robin, so that one comes again only after
//    all others.
// T2 No two entries have the same ID.
// T3 A running domain is never pushed out; of those that have ended the one that ended first is.
#pragma once

#include "if/spawnd.h"
#include "kpi/errors.h"

#define DOMAINS_MAX 256u

struct domain {
    domainid_t id; ///< 0: the entry is free
    domainid_t parent;
    enum spawnd_state state;
    uint64_t status; ///< exit status or enum dispatcher_death
    uint64_t ended;  ///< order in which domains have ended
    char name[SPAWND_NAME_BYTES];
};

/// Private to domain_table.c; visible for allocation.
struct domain_table {
    coreid_t core;
    uint16_t next_number;
    unsigned running;
    uint64_t ends; ///< ends ever
    struct domain domains[DOMAINS_MAX];
};

void domain_table_init(struct domain_table *table, coreid_t core);

/// Enter a running domain under a new ID; the name is cut if need be. NULL: all entries run.
struct domain *domain_table_add(struct domain_table *table, domainid_t parent, const char *name);

/// Take an entry out, whatever its state.
void domain_table_remove(struct domain_table *table, struct domain *domain);

/// The entry of an ID, or NULL.
struct domain *domain_table_find(struct domain_table *table, domainid_t id);

/// The running domain with the least ID from `from` on, or NULL.
struct domain *domain_table_next(struct domain_table *table, domainid_t from);

/// A running domain has ended; the entry stays.
void domain_table_end(struct domain_table *table, struct domain *domain, enum spawnd_state state,
                      uint64_t status);

unsigned domain_table_running(const struct domain_table *table);

static inline unsigned domain_table_index(const struct domain_table *table,
                                          const struct domain *domain)
{
    return (unsigned)(domain - table->domains);
}

bool domain_table_valid(const struct domain_table *table);
