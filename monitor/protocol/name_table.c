// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The name service's table, see protocol/name_table.h. Names are unordered and an entry that goes
// is replaced by the last; waiters keep the order in which they came, so that nobody is overtaken
// (C9).

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

static struct name_entry *find(const struct name_table *table, const struct name *name)
{
    for (unsigned i = 0; i < table->names_count; i++)
        if (memcmp(&table->names[i].name, name, sizeof(*name)) == 0)
            return (struct name_entry *)&table->names[i];
    return NULL;
}

errval_t name_table_register(struct name_table *table, const struct name *name, iref_t iref,
                             domainid_t owner)
{
    if (!name_valid(name) || iref == 0)
        return NS_ERR_NAME;
    if (find(table, name) != NULL)
        return NS_ERR_EXISTS;
    if (table->names_count == NAMES_MAX ||
        share_is_used(&table->names[0].owner, sizeof(table->names[0]), table->names_count, owner,
                      NAMES_SHARE))
        return MON_ERR_LIMIT;
    table->names[table->names_count++] = (struct name_entry){*name, iref, owner};
    return SYS_ERR_OK;
}

errval_t name_table_unregister(struct name_table *table, const struct name *name, domainid_t owner)
{
    struct name_entry *entry = find(table, name);
    if (entry == NULL || entry->owner != owner)
        return NS_ERR_NOT_FOUND;
    *entry = table->names[--table->names_count];
    return SYS_ERR_OK;
}

errval_t name_table_lookup(const struct name_table *table, const struct name *name, iref_t *iref)
{
    if (!name_valid(name))
        return NS_ERR_NAME;
    const struct name_entry *entry = find(table, name);
    if (entry == NULL)
        return NS_ERR_NOT_FOUND;
    *iref = entry->iref;
    return SYS_ERR_OK;
}

errval_t name_table_wait(struct name_table *table, const struct name_waiter *waiter)
{
    if (!name_valid(&waiter->name))
        return NS_ERR_NAME;
    if (find(table, &waiter->name) != NULL)
        return NS_ERR_EXISTS;
    if (table->waiters_count == NAME_WAITERS_MAX ||
        share_is_used(&table->waiters[0].domain, sizeof(table->waiters[0]), table->waiters_count,
                      waiter->domain, NAME_WAITERS_SHARE))
        return MON_ERR_LIMIT;
    table->waiters[table->waiters_count++] = *waiter;
    return SYS_ERR_OK;
}

static void remove_waiter(struct name_table *table, unsigned index)
{
    table->waiters_count--;
    memmove(&table->waiters[index], &table->waiters[index + 1],
            (table->waiters_count - index) * sizeof(table->waiters[0]));
}

bool name_table_take_waiter(struct name_table *table, struct name_waiter *waiter, iref_t *iref)
{
    for (unsigned i = 0; i < table->waiters_count; i++) {
        const struct name_entry *entry = find(table, &table->waiters[i].name);
        if (entry == NULL)
            continue;
        *waiter = table->waiters[i];
        *iref = entry->iref;
        remove_waiter(table, i);
        return true;
    }
    return false;
}

void name_table_forget(struct name_table *table, domainid_t domain)
{
    for (unsigned i = table->names_count; i-- > 0;)
        if (table->names[i].owner == domain)
            table->names[i] = table->names[--table->names_count];
    for (unsigned i = table->waiters_count; i-- > 0;)
        if (table->waiters[i].domain == domain)
            remove_waiter(table, i);
}
