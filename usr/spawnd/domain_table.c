// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The table of domains: an array that is searched, as it is small and requests are rare.
#include "domain_table.h"

#include "kpi/spawn.h"

#include <string.h>

void domain_table_init(struct domain_table *table, coreid_t core)
{
    memset(table, 0, sizeof(*table));
    table->core = core;
    table->next_number = DOMAIN_DYNAMIC;
}

static domainid_t new_id(struct domain_table *table)
{
    domainid_t id;
    do {
        id = (domainid_t)table->core << 16 | table->next_number;
        table->next_number = (uint16_t)(table->next_number < UINT16_MAX ? table->next_number + 1u
                                                                        : DOMAIN_DYNAMIC); // T1
    } while (domain_table_find(table, id) != NULL); // T2; ends: fewer entries than numbers
    return id;
}

// A free entry, or that of the domain that ended first (T3).
static struct domain *free_entry(struct domain_table *table)
{
    struct domain *best = NULL;
    for (unsigned i = 0; i < DOMAINS_MAX; i++) {
        struct domain *domain = &table->domains[i];
        if (domain->id == 0) {
            return domain;
        }
        if (domain->state != SPAWND_RUNNING && (best == NULL || domain->ended < best->ended)) {
            best = domain;
        }
    }
    return best;
}

struct domain *domain_table_add(struct domain_table *table, domainid_t parent, const char *name)
{
    struct domain *domain = free_entry(table);
    if (domain == NULL) {
        return NULL;
    }
    memset(domain, 0, sizeof(*domain));
    domain->id = new_id(table);
    domain->parent = parent;
    domain->state = SPAWND_RUNNING;
    memcpy(domain->name, name, strnlen(name, SPAWND_NAME_BYTES - 1));
    table->running++;
    return domain;
}

void domain_table_remove(struct domain_table *table, struct domain *domain)
{
    table->running -= domain->state == SPAWND_RUNNING;
    memset(domain, 0, sizeof(*domain));
}

struct domain *domain_table_find(struct domain_table *table, domainid_t id)
{
    for (unsigned i = 0; id != 0 && i < DOMAINS_MAX; i++) {
        if (table->domains[i].id == id) {
            return &table->domains[i];
        }
    }
    return NULL;
}

struct domain *domain_table_next(struct domain_table *table, domainid_t from)
{
    struct domain *best = NULL;
    for (unsigned i = 0; i < DOMAINS_MAX; i++) {
        struct domain *domain = &table->domains[i];
        if (domain->id != 0 && domain->state == SPAWND_RUNNING && domain->id >= from &&
            (best == NULL || domain->id < best->id)) {
            best = domain;
        }
    }
    return best;
}

void domain_table_end(struct domain_table *table, struct domain *domain, enum spawnd_state state,
                      uint64_t status)
{
    table->running -= domain->state == SPAWND_RUNNING;
    domain->state = state;
    domain->status = status;
    domain->ended = ++table->ends;
}

unsigned domain_table_running(const struct domain_table *table)
{
    return table->running;
}

bool domain_table_valid(const struct domain_table *table)
{
    unsigned running = 0;
    for (unsigned i = 0; i < DOMAINS_MAX; i++) {
        const struct domain *domain = &table->domains[i];
        if (domain->id == 0) {
            continue;
        }
        running += domain->state == SPAWND_RUNNING;
        if (domain->id >> 16 != table->core || (domain->id & UINT16_MAX) < DOMAIN_DYNAMIC ||
            domain->name[SPAWND_NAME_BYTES - 1] != '\0') {
            return false;
        }
        for (unsigned j = 0; j < i; j++) {
            if (table->domains[j].id == domain->id) {
                return false; // T2
            }
        }
    }
    return running == table->running;
}
