// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The name service's table: names of services with their interface references, and those who wait
// for a name that is not there yet. Pure and bounded; it lives in the monitor of core 0. What a
// lookup costs does not depend on how many names there are, nor on which ones: where a name is
// depends on a seed that nobody knows who registers names.

#pragma once

#include "kpi/errors.h"
#include "protocol/shares.h"

#define NAME_BYTES_MAX 48u ///< of a name; shorter ones are padded with zeros
#define NAMES_MAX TABLE_ENTRIES_MAX
#define NAMES_SHARE (NAMES_MAX / SHARE_PARTS_MACHINE) ///< of one family
#define NAME_WAITERS_MAX TABLE_ENTRIES_MAX
#define NAME_WAITERS_SHARE (NAME_WAITERS_MAX / SHARE_PARTS_MACHINE) ///< of one family

/// A name as messages carry it. Valid: not empty, zeros only at the end.
struct name {
    char text[NAME_BYTES_MAX];
};

/// Who waits: the core whose monitor asked, and the number under which it did.
struct name_waiter {
    struct name name;
    struct member who;
    coreid_t core;
    uint64_t token;
};

struct name_entry {
    struct name name;
    iref_t iref;
    struct member owner;
};

/// Private to name_table, but for the seed; visible for allocation. All zero is an empty table.
struct name_table {
    uint64_t seed; ///< set while the table is empty
    struct table by_name;
    struct table waiting_by_name;
    struct shares name_shares;
    struct shares waiter_shares;
    struct name_entry names[NAMES_MAX];           ///< iref 0: free
    struct name_waiter waiters[NAME_WAITERS_MAX]; ///< no name: free
};

/// Tells whether a name that came in a message is valid.
bool name_valid(const struct name *name);

/// Registers a name. Afterwards take the waiters with name_table_take_waiter().
///
/// \return NS_ERR_NAME if the name or the iref (0) is invalid, NS_ERR_EXISTS, MON_ERR_LIMIT if the
///         table, or its share of the owner's family, is full
__attribute__((warn_unused_result)) errval_t name_table_register(struct name_table *table,
                                                                 const struct name *name,
                                                                 iref_t iref, struct member owner);

/// Removes a name that `owner` registered.
///
/// \return NS_ERR_NOT_FOUND if there is no such name or another domain registered it
__attribute__((warn_unused_result)) errval_t
name_table_unregister(struct name_table *table, const struct name *name, domainid_t owner);

/// Finds the reference of a name.
///
/// \return NS_ERR_NOT_FOUND, NS_ERR_NAME
__attribute__((warn_unused_result)) errval_t
name_table_lookup(const struct name_table *table, const struct name *name, iref_t *iref);

/// Adds a waiter for a name that is not registered.
///
/// \return NS_ERR_NAME, NS_ERR_EXISTS if it is registered, MON_ERR_LIMIT if too many wait, or too
///         many of this family
__attribute__((warn_unused_result)) errval_t name_table_wait(struct name_table *table,
                                                             const struct name_waiter *waiter);

/// Takes a waiter for `name`, if that is registered, off the table, the one that came first; false
/// if there is none.
bool name_table_take_waiter(struct name_table *table, const struct name *name,
                            struct name_waiter *waiter, iref_t *iref);

/// Removes all names and waiters of a domain that has ended.
void name_table_forget(struct name_table *table, domainid_t domain);

/// Checks the tables: every name and every waiter is where it is looked for.
bool name_table_valid(const struct name_table *table);
