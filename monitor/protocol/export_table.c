// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// See protocol/export_table.h for E1 and E2.

#include "protocol/export_table.h"

#include "if/monitor.h"
#include "kpi/spawn.h"

#include <assert.h>

static uint16_t find(const struct export_table *table, uint32_t index)
{
    uint16_t i = table_first(&table->by_index, index);
    while (i != TABLE_NONE && table->entries[i].index != index)
        i = table_next(&table->by_index, i);
    return i;
}

static void remove_entry(struct export_table *table, uint16_t i)
{
    struct export_entry *entry = &table->entries[i];
    table_remove(&table->by_index, entry->index, i);
    shares_remove(&table->shares, entry->owner.family);
    *entry = (struct export_entry){.index = 0};
}

static uint32_t new_index(struct export_table *table)
{
    uint32_t index;
    do {
        index = EXPORT_FIRST_INDEX + table->counter++;
    } while (index < EXPORT_FIRST_INDEX || find(table, index) != TABLE_NONE);
    return index;
}

errval_t export_table_add(struct export_table *table, struct member owner, unsigned most,
                          uint32_t asked, uint32_t *index)
{
    bool spawnd = (uint16_t)owner.domain == DOMAIN_SPAWND;
    if (asked != 0 && (asked != IREF_INDEX_SPAWND || !spawnd || find(table, asked) != TABLE_NONE))
        return SYS_ERR_RIGHTS;
    if (table->by_index.count == EXPORTS_MAX || shares_count(&table->shares, owner.family) >= most)
        return MON_ERR_LIMIT;
    *index = asked == 0 ? new_index(table) : asked;
    assert(asked != 0 || *index >= EXPORT_FIRST_INDEX); // E2
    table->entries[table_add(&table->by_index, EXPORTS_MAX, *index)] =
        (struct export_entry){owner, *index};
    shares_add(&table->shares, owner.family);
    return SYS_ERR_OK;
}

errval_t export_table_remove(struct export_table *table, domainid_t domain, uint32_t index)
{
    uint16_t i = find(table, index);
    if (i == TABLE_NONE || table->entries[i].owner.domain != domain)
        return MON_ERR_NO_IREF;
    remove_entry(table, i);
    return SYS_ERR_OK;
}

struct member export_table_owner(const struct export_table *table, uint32_t index)
{
    uint16_t i = find(table, index);
    return i == TABLE_NONE ? (struct member){0} : table->entries[i].owner;
}

void export_table_forget(struct export_table *table, domainid_t domain)
{
    for (uint16_t i = 0; i < table->by_index.used; i++)
        if (table->entries[i].owner.domain == domain)
            remove_entry(table, i);
}
