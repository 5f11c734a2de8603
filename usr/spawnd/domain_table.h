// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The domains of one core that spawnd knows: those that run, and, as long as there is room, how
// those that ran have ended. Pure and bounded; an entry's index is stable and may be used to keep
// more about a domain elsewhere. What a request costs does not depend on how many there are.
//
// T1 Numbers begin at DOMAIN_DYNAMIC and are given round robin, so that one comes again only after
//    all others. The operator's is fixed.
// T2 No two entries have the same ID.
// T3 A running domain is never pushed out; of those that have ended the one that ended first is.
// T4 A running domain's parent is whoever spawned it, or, when that has ended here, its parent. Of
//    what has ended on another core nothing is heard, but who began the family is above all of it.
// T5 Each running domain belongs to the family of the domain that spawned it, on whatever core. What
//    the trusted base and the operator start begins a family, which has its ID. A family has here
//    FAMILY_MAX running domains at most, whoever of it has ended, and all that began on other cores
//    FOREIGN_MAX together.
// T6 Memory is taken back from RECLAIMS_MAX domains of a family at once, at most.
#pragma once

#include "if/mem_serv.h"
#include "if/spawnd.h"
#include "kpi/errors.h"

#define DOMAINS_MAX 256u
#define FAMILY_MAX (DOMAINS_MAX / 4)
#define FOREIGN_MAX (DOMAINS_MAX / 2)
#define RECLAIMS_MAX (MEM_SERV_RECLAIMS_MAX / 4)

struct domain {
    domainid_t id; ///< 0: the entry is free
    domainid_t parent;
    enum spawnd_state state;
    bool ending;     ///< runs no more, but is not over yet; spawnd's (end.c)
    bool reclaiming; ///< memory is being taken back from it; spawnd's (requests.c)
    uint16_t family; ///< index + 1, while it runs
    uint16_t next;   ///< index + 1 of the next in its bucket, or in the free list
    uint16_t ended_before, ended_after; ///< index + 1 of its neighbours among those that ended
    uint64_t status;                    ///< exit status or enum dispatcher_death
    char name[SPAWND_NAME_BYTES];
    char command[SPAWND_COMMAND_BYTES]; ///< its arguments, separated by blanks
};

/// Private to domain_table.c, as what follows; visible for allocation.
struct family {
    uint16_t running; ///< on this core; 0: unused
    domainid_t id;    ///< of the domain that began it
};

struct domain_table {
    coreid_t core;
    uint16_t next_number;
    unsigned running, foreign;
    uint16_t free_list, oldest, newest; ///< index + 1; of those that have ended
    uint16_t buckets[DOMAINS_MAX];
    struct family families[DOMAINS_MAX];
    struct domain domains[DOMAINS_MAX];
};

void domain_table_init(struct domain_table *table, coreid_t core);

/// Enter a running domain under a new ID; the name is cut if need be. `family`: of a parent of
/// another core. `as_operator`: under the ID of the operator. NULL: all entries run, or too many of
/// its family (T5), or the operator runs.
struct domain *domain_table_add(struct domain_table *table, domainid_t parent, domainid_t family,
                                const char *name, bool as_operator);

/// The family of a domain that runs.
domainid_t domain_table_family(const struct domain_table *table, const struct domain *domain);

/// Keep what a domain was started as, cut if need be.
void domain_set_command(struct domain *domain, size_t argc, const char *const *argv);

/// Take an entry out, whatever its state.
void domain_table_remove(struct domain_table *table, struct domain *domain);

/// The entry of an ID, or NULL.
struct domain *domain_table_find(struct domain_table *table, domainid_t id);

/// The running domain with the least ID from `from` on, or NULL.
struct domain *domain_table_next(struct domain_table *table, domainid_t from);

/// A running domain has ended; the entry stays, and its children get its parent (T4).
void domain_table_end(struct domain_table *table, struct domain *domain, enum spawnd_state state,
                      uint64_t status);

/// Whether a client may end a running domain or take memory from it: it has spawned the domain or an
/// ancestor of it, or it is the operator.
bool domain_table_may_end(struct domain_table *table, domainid_t client,
                          const struct domain *domain);

/// Whether memory may be taken back from one more domain of this one's family (T6), that one.
bool domain_table_may_reclaim(const struct domain_table *table, const struct domain *domain);

static inline unsigned domain_table_running(const struct domain_table *table)
{
    return table->running;
}

static inline unsigned domain_table_index(const struct domain_table *table,
                                          const struct domain *domain)
{
    return (unsigned)(domain - table->domains);
}

bool domain_table_valid(const struct domain_table *table);
