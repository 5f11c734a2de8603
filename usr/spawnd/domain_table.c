// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The table of domains: an array with chains over indices, by ID, of what is free, and of those
// that have ended by age.
#include "domain_table.h"

#include "kpi/spawn.h"

#include <string.h>

void domain_table_init(struct domain_table *table, coreid_t core)
{
    memset(table, 0, sizeof(*table));
    table->core = core;
    table->next_number = DOMAIN_DYNAMIC;
    table->free_list = 1;
    for (unsigned i = 0; i + 1 < DOMAINS_MAX; i++)
        table->domains[i].next = (uint16_t)(i + 2);
}

static uint16_t number_of(const struct domain_table *table, const struct domain *domain)
{
    return (uint16_t)(domain_table_index(table, domain) + 1);
}

static struct domain *at(struct domain_table *table, uint16_t number)
{
    return number != 0 ? &table->domains[number - 1] : NULL;
}

static uint16_t *bucket_of(struct domain_table *table, domainid_t id)
{
    return &table->buckets[id % DOMAINS_MAX];
}

struct domain *domain_table_find(struct domain_table *table, domainid_t id)
{
    uint16_t number = id != 0 ? *bucket_of(table, id) : 0;
    while (number != 0 && table->domains[number - 1].id != id)
        number = table->domains[number - 1].next;
    return at(table, number);
}

static struct family *running_family(struct domain_table *table, domainid_t id)
{
    unsigned left = table->running; // of those whose family was not looked at
    for (struct family *family = table->families; left > 0; left -= family++->running)
        if (family->running != 0 && family->id == id)
            return family;
    return NULL;
}

/// There is always one: more families are there than domains that run.
static struct family *unused_family(struct domain_table *table)
{
    struct family *family = table->families;
    while (family->running != 0)
        family++;
    return family;
}

static bool is_foreign(const struct domain_table *table, const struct family *family)
{
    return family->id >> 16 != table->core;
}

static domainid_t new_id(struct domain_table *table)
{
    domainid_t id;
    do {
        id = (domainid_t)table->core << 16 | table->next_number;
        table->next_number = (uint16_t)(table->next_number < UINT16_MAX ? table->next_number + 1u
                                                                        : DOMAIN_DYNAMIC); // T1
    } while (domain_table_find(table, id) != NULL || running_family(table, id) != NULL);
    // T2, T5; ends: fewer entries than numbers.
    return id;
}

static void take_off_ended(struct domain_table *table, struct domain *domain)
{
    struct domain *before = at(table, domain->ended_before);
    struct domain *after = at(table, domain->ended_after);
    *(before != NULL ? &before->ended_after : &table->oldest) = domain->ended_after;
    *(after != NULL ? &after->ended_before : &table->newest) = domain->ended_before;
}

static void leave_family(struct domain_table *table, const struct domain *domain)
{
    struct family *family = &table->families[domain->family - 1];
    family->running--;
    table->foreign -= is_foreign(table, family);
    table->running--;
}

void domain_set_command(struct domain *domain, size_t argc, const char *const *argv)
{
    size_t used = 0, room = sizeof(domain->command) - 1;
    for (size_t i = 0; i < argc && used < room; i++) {
        if (i > 0)
            domain->command[used++] = ' ';
        size_t length = strnlen(argv[i], room - used);
        memcpy(domain->command + used, argv[i], length);
        used += length;
    }
    domain->command[used] = '\0';
    for (size_t i = 0; i < used; i++) // who lists it is not to be led to believe more
        if (domain->command[i] < ' ' || domain->command[i] > '~')
            domain->command[i] = '?';
}

void domain_table_remove(struct domain_table *table, struct domain *domain)
{
    uint16_t *link = bucket_of(table, domain->id), number = number_of(table, domain);
    if (domain->state == SPAWND_RUNNING)
        leave_family(table, domain);
    else
        take_off_ended(table, domain);
    while (*link != number)
        link = &table->domains[*link - 1].next;
    *link = domain->next;
    *domain = (struct domain){.next = table->free_list};
    table->free_list = number;
}

/// Whoever spawns and is of no family.
static bool is_trusted(domainid_t id)
{
    return (id & UINT16_MAX) < DOMAIN_DYNAMIC;
}

/// The family of a new child of this parent, whose own it is; NULL: it has no room (T5).
static struct family *join_family(struct domain_table *table, domainid_t parent, domainid_t id)
{
    const struct domain *spawner = domain_table_find(table, parent);
    bool local = spawner != NULL && spawner->family != 0;
    struct family *family =
        local ? &table->families[spawner->family - 1] : running_family(table, id);
    if (family == NULL) {
        family = unused_family(table);
        family->id = id;
    }
    bool full = family->running >= FAMILY_MAX ||
                (is_foreign(table, family) && table->foreign >= FOREIGN_MAX);
    return full ? NULL : family;
}

struct domain *domain_table_add(struct domain_table *table, domainid_t parent, domainid_t family_id,
                                const char *name, bool as_operator)
{
    domainid_t operator_id = (domainid_t)table->core << 16 | DOMAIN_OPERATOR;
    bool is_there = as_operator && domain_table_find(table, operator_id) != NULL;
    if (is_there || (table->free_list == 0 && table->oldest == 0))
        return NULL;
    bool begins = is_trusted(parent);
    struct family *family = begins ? unused_family(table) : join_family(table, parent, family_id);
    if (family == NULL)
        return NULL;
    domainid_t id = as_operator ? operator_id : new_id(table);
    family->id = begins ? id : family->id;
    if (table->free_list == 0)
        domain_table_remove(table, at(table, table->oldest)); // T3
    struct domain *domain = at(table, table->free_list);
    table->free_list = domain->next;
    *domain = (struct domain){
        .id = id,
        .parent = parent,
        .state = SPAWND_RUNNING,
        .family = (uint16_t)(family - table->families + 1),
    };
    memcpy(domain->name, name, strnlen(name, SPAWND_NAME_BYTES - 1));
    domain->next = *bucket_of(table, domain->id);
    *bucket_of(table, domain->id) = number_of(table, domain);
    family->running++;
    table->foreign += is_foreign(table, family);
    table->running++;
    return domain;
}

struct domain *domain_table_next(struct domain_table *table, domainid_t from)
{
    struct domain *best = NULL;
    for (unsigned i = 0; i < DOMAINS_MAX; i++) {
        struct domain *domain = &table->domains[i];
        if (domain->id != 0 && domain->state == SPAWND_RUNNING && domain->id >= from &&
            (best == NULL || domain->id < best->id))
            best = domain;
    }
    return best;
}

void domain_table_end(struct domain_table *table, struct domain *domain, enum spawnd_state state,
                      uint64_t status)
{
    struct domain *newest = at(table, table->newest);
    leave_family(table, domain);
    domain->family = 0;
    domain->ending = false;
    domain->state = state;
    domain->status = status;
    domain->ended_before = table->newest;
    domain->ended_after = 0;
    table->newest = number_of(table, domain);
    *(newest != NULL ? &newest->ended_after : &table->oldest) = table->newest;
    unsigned left = table->running;
    for (struct domain *child = table->domains; left > 0; child++) {
        if (child->id == 0 || child->state != SPAWND_RUNNING)
            continue;
        left--;
        if (child->parent == domain->id)
            child->parent = domain->parent; // T4
    }
}

bool domain_table_may_end(struct domain_table *table, domainid_t client,
                          const struct domain *domain)
{
    if (domain->id != client && domain_table_family(table, domain) == client)
        return true; // T4
    // The way up ends: a parent ran before its children, and IDs come again after all others.
    for (unsigned i = 0; domain != NULL && i < DOMAINS_MAX; i++) {
        if (domain->parent == client)
            return true;
        domain = domain_table_find(table, domain->parent);
    }
    return client == DOMAIN_OPERATOR; // on the boot core
}

domainid_t domain_table_family(const struct domain_table *table, const struct domain *domain)
{
    return table->families[domain->family - 1].id;
}

bool domain_table_may_reclaim(const struct domain_table *table, const struct domain *domain)
{
    unsigned count = 0;
    for (unsigned i = 0; i < DOMAINS_MAX; i++) {
        const struct domain *other = &table->domains[i];
        count += other->family == domain->family && other->reclaiming;
    }
    return !domain->reclaiming && count < RECLAIMS_MAX;
}

static bool entry_valid(const struct domain_table *table, const struct domain *domain)
{
    uint16_t number = (uint16_t)domain->id;
    bool running = domain->state == SPAWND_RUNNING;
    return domain->id >> 16 == table->core &&
           (number >= DOMAIN_DYNAMIC || number == DOMAIN_OPERATOR) &&
           domain->name[SPAWND_NAME_BYTES - 1] == '\0' && running == (domain->family != 0) &&
           domain_table_find((struct domain_table *)table, domain->id) == domain; // T2
}

static bool families_valid(const struct domain_table *table)
{
    unsigned members[DOMAINS_MAX] = {0}, foreign = 0;
    for (unsigned i = 0; i < DOMAINS_MAX; i++)
        if (table->domains[i].family != 0)
            members[table->domains[i].family - 1]++;
    for (unsigned i = 0; i < DOMAINS_MAX; i++) {
        const struct family *family = &table->families[i];
        foreign += is_foreign(table, family) ? family->running : 0;
        if (family->running != members[i] || family->running > FAMILY_MAX)
            return false;
    }
    return foreign == table->foreign && foreign <= FOREIGN_MAX;
}

bool domain_table_valid(const struct domain_table *table)
{
    unsigned running = 0, used = 0, unused = 0, ended = 0;
    for (unsigned i = 0; i < DOMAINS_MAX; i++) {
        const struct domain *domain = &table->domains[i];
        used += domain->id != 0;
        running += domain->id != 0 && domain->state == SPAWND_RUNNING;
        if (domain->id != 0 && !entry_valid(table, domain))
            return false;
    }
    for (uint16_t n = table->free_list; n != 0 && unused <= DOMAINS_MAX; unused++)
        n = table->domains[n - 1].next;
    for (uint16_t n = table->oldest; n != 0 && ended <= DOMAINS_MAX; ended++)
        n = table->domains[n - 1].ended_after;
    return running == table->running && used + unused == DOMAINS_MAX && ended == used - running &&
           families_valid(table);
}
