// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The name service's table, see protocol/name_table.h. Waiters for a name keep the order in which
// they came (HT1), so that nobody is overtaken (C9).

#include "protocol/name_table.h"

#include <string.h>

bool name_valid(const struct name *name)
{
    size_t length = 0;
    while (length < NAME_BYTES_MAX && name->text[length] != '\0')
        length++;
    for (size_t i = length; i < NAME_BYTES_MAX; i++)
        if (name->text[i] != '\0')
            return false;
    return length > 0;
}

/// Mixes a name with the seed, word by word: without it nobody can choose names that lie where
/// another's does.
static uint64_t key_of(const struct name_table *table, const struct name *name)
{
    uint64_t key = table->seed;
    for (size_t i = 0; i < sizeof(name->text); i += sizeof(uint64_t)) {
        uint64_t word;
        memcpy(&word, &name->text[i], sizeof(word));
        key = (key ^ word) * UINT64_C(0xff51afd7ed558ccd); // MurmurHash3's
        key ^= key >> 32;
    }
    return key;
}

static uint16_t find(const struct name_table *table, const struct name *name)
{
    uint16_t i = table_first(&table->by_name, key_of(table, name));
    while (i != TABLE_NONE && memcmp(&table->names[i].name, name, sizeof(*name)) != 0)
        i = table_next(&table->by_name, i);
    return i;
}

static void remove_name(struct name_table *table, uint16_t i)
{
    table_remove(&table->by_name, key_of(table, &table->names[i].name), i);
    shares_remove(&table->name_shares, table->names[i].owner.family);
    table->names[i] = (struct name_entry){.iref = 0};
}

static void remove_waiter(struct name_table *table, uint16_t i)
{
    table_remove(&table->waiting_by_name, key_of(table, &table->waiters[i].name), i);
    shares_remove(&table->waiter_shares, table->waiters[i].who.family);
    table->waiters[i] = (struct name_waiter){.token = 0};
}

errval_t name_table_register(struct name_table *table, const struct name *name, iref_t iref,
                             struct member owner)
{
    if (!name_valid(name) || iref == 0)
        return NS_ERR_NAME;
    if (find(table, name) != TABLE_NONE)
        return NS_ERR_EXISTS;
    if (shares_count(&table->name_shares, owner.family) >= NAMES_SHARE)
        return MON_ERR_LIMIT;
    uint16_t i = table_add(&table->by_name, NAMES_MAX, key_of(table, name));
    if (i == TABLE_NONE)
        return MON_ERR_LIMIT;
    table->names[i] = (struct name_entry){*name, iref, owner};
    shares_add(&table->name_shares, owner.family);
    return SYS_ERR_OK;
}

errval_t name_table_unregister(struct name_table *table, const struct name *name, domainid_t owner)
{
    uint16_t i = find(table, name);
    if (i == TABLE_NONE || table->names[i].owner.domain != owner)
        return NS_ERR_NOT_FOUND;
    remove_name(table, i);
    return SYS_ERR_OK;
}

errval_t name_table_lookup(const struct name_table *table, const struct name *name, iref_t *iref)
{
    if (!name_valid(name))
        return NS_ERR_NAME;
    uint16_t i = find(table, name);
    if (i == TABLE_NONE)
        return NS_ERR_NOT_FOUND;
    *iref = table->names[i].iref;
    return SYS_ERR_OK;
}

errval_t name_table_wait(struct name_table *table, const struct name_waiter *waiter)
{
    if (!name_valid(&waiter->name))
        return NS_ERR_NAME;
    if (find(table, &waiter->name) != TABLE_NONE)
        return NS_ERR_EXISTS;
    if (shares_count(&table->waiter_shares, waiter->who.family) >= NAME_WAITERS_SHARE)
        return MON_ERR_LIMIT;
    uint16_t i = table_add(&table->waiting_by_name, NAME_WAITERS_MAX, key_of(table, &waiter->name));
    if (i == TABLE_NONE)
        return MON_ERR_LIMIT;
    table->waiters[i] = *waiter;
    shares_add(&table->waiter_shares, waiter->who.family);
    return SYS_ERR_OK;
}

bool name_table_take_waiter(struct name_table *table, const struct name *name,
                            struct name_waiter *waiter, iref_t *iref)
{
    uint16_t entry = find(table, name);
    if (entry == TABLE_NONE)
        return false;
    uint16_t i = table_first(&table->waiting_by_name, key_of(table, name));
    while (i != TABLE_NONE && memcmp(&table->waiters[i].name, name, sizeof(*name)) != 0)
        i = table_next(&table->waiting_by_name, i);
    if (i == TABLE_NONE)
        return false;
    *waiter = table->waiters[i];
    *iref = table->names[entry].iref;
    remove_waiter(table, i);
    return true;
}

void name_table_forget(struct name_table *table, domainid_t domain)
{
    for (uint16_t i = 0; i < table->by_name.used; i++)
        if (table->names[i].iref != 0 && table->names[i].owner.domain == domain)
            remove_name(table, i);
    for (uint16_t i = 0; i < table->waiting_by_name.used; i++)
        if (table->waiters[i].name.text[0] != '\0' && table->waiters[i].who.domain == domain)
            remove_waiter(table, i);
}

bool name_table_valid(const struct name_table *table)
{
    unsigned names = 0, waiters = 0;
    for (unsigned i = 0; i < NAMES_MAX; i++)
        names += table->names[i].iref != 0 ? 1 : 0;
    for (unsigned i = 0; i < NAME_WAITERS_MAX; i++)
        waiters += table->waiters[i].name.text[0] != '\0' ? 1 : 0;
    return table_valid(&table->by_name) && table_valid(&table->waiting_by_name) &&
           table->by_name.count == names && table->waiting_by_name.count == waiters;
}
