// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Services that domains of one core export. A pure table.
//
// E1 An index is one service's. None is used twice while there are others that were not, so that a
//    stale reference is most likely found to be one.
// E2 Indices below EXPORT_FIRST_INDEX are for those who ask for one: IREF_INDEX_SPAWND, spawnd only.

#pragma once

#include "kpi/errors.h"
#include "protocol/shares.h"

#define EXPORTS_MAX 128u
#define EXPORT_FIRST_INDEX 16u

struct export_entry {
    struct member owner; ///< domain 0: free
    uint32_t index;
};

/// Private to export_table.c; visible for allocation. All zero is an empty table.
struct export_table {
    struct table by_index;
    struct shares shares;
    uint32_t counter; ///< EXPORT_FIRST_INDEX less than the next index
    struct export_entry entries[EXPORTS_MAX];
};

/// Enters a service of `owner` with the index asked for (0: any), if its family has fewer than
/// `most`. SYS_ERR_RIGHTS (E1, E2); MON_ERR_LIMIT.
__attribute__((warn_unused_result)) errval_t export_table_add(struct export_table *table,
                                                              struct member owner, unsigned most,
                                                              uint32_t asked, uint32_t *index);

/// Takes a service of `domain` off the table. MON_ERR_NO_IREF.
__attribute__((warn_unused_result)) errval_t export_table_remove(struct export_table *table,
                                                                 domainid_t domain, uint32_t index);

/// Who exports a service; domain 0: nobody.
struct member export_table_owner(const struct export_table *table, uint32_t index);

/// Takes all services of a domain off the table.
void export_table_forget(struct export_table *table, domainid_t domain);
