// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Services of a core: indices, who may have which, shares, and each place of the full table.
#include "protocol/export_table.h"

#include "if/monitor.h"
#include "kpi/spawn.h"
#include "testlib/testlib.h"

#include <string.h>

enum { SERVER = 20, OTHER = 21, MOST = 3 };

static struct export_table table;

static errval_t add(domainid_t domain, domainid_t family, uint32_t asked, uint32_t *index)
{
    errval_t err = export_table_add(&table, (struct member){domain, family}, MOST, asked, index);
    CU_ASSERT(table_valid(&table.by_index));
    return err;
}

static void test_indices(void)
{
    uint32_t first = 0, next = 0;
    memset(&table, 0, sizeof(table));
    CU_ASSERT_EQUAL(add(SERVER, SERVER, 0, &first), SYS_ERR_OK);
    CU_ASSERT_EQUAL(first, EXPORT_FIRST_INDEX);
    CU_ASSERT_EQUAL(export_table_owner(&table, first).domain, SERVER);
    CU_ASSERT_EQUAL(export_table_owner(&table, first + 1).domain, 0);
    CU_ASSERT_EQUAL(export_table_remove(&table, OTHER, first), MON_ERR_NO_IREF);
    CU_ASSERT_EQUAL(export_table_remove(&table, SERVER, first + 1), MON_ERR_NO_IREF);
    CU_ASSERT_EQUAL(export_table_remove(&table, SERVER, first), SYS_ERR_OK);
    CU_ASSERT_EQUAL(export_table_owner(&table, first).domain, 0);
    CU_ASSERT_EQUAL(add(SERVER, SERVER, 0, &next), SYS_ERR_OK);
    CU_ASSERT_EQUAL(next, first + 1); // E1
    table.counter = UINT32_MAX - EXPORT_FIRST_INDEX;
    CU_ASSERT_EQUAL(add(SERVER, SERVER, 0, &first), SYS_ERR_OK);
    CU_ASSERT_EQUAL(first, UINT32_MAX);
    CU_ASSERT_EQUAL(add(SERVER, SERVER, 0, &first), SYS_ERR_OK);
    CU_ASSERT_EQUAL(first, EXPORT_FIRST_INDEX); // and the next one is in use
    CU_ASSERT_EQUAL(add(OTHER, OTHER, 0, &first), SYS_ERR_OK);
    CU_ASSERT_EQUAL(first, next + 1);
}

static void test_asked(void)
{
    uint32_t index = 7;
    memset(&table, 0, sizeof(table));
    CU_ASSERT_EQUAL(add(SERVER, SERVER, IREF_INDEX_SPAWND, &index), SYS_ERR_RIGHTS);
    CU_ASSERT_EQUAL(add(DOMAIN_SPAWND, DOMAIN_SPAWND, 2, &index), SYS_ERR_RIGHTS);
    CU_ASSERT_EQUAL(index, 7);
    CU_ASSERT_EQUAL(add(DOMAIN_SPAWND, DOMAIN_SPAWND, IREF_INDEX_SPAWND, &index), SYS_ERR_OK);
    CU_ASSERT_EQUAL(index, IREF_INDEX_SPAWND);
    CU_ASSERT_EQUAL(add(DOMAIN_SPAWND, DOMAIN_SPAWND, IREF_INDEX_SPAWND, &index), SYS_ERR_RIGHTS);
    export_table_forget(&table, DOMAIN_SPAWND);
    CU_ASSERT_EQUAL(add(DOMAIN_SPAWND, DOMAIN_SPAWND, IREF_INDEX_SPAWND, &index), SYS_ERR_OK);
}

static void test_shares(void)
{
    uint32_t index;
    memset(&table, 0, sizeof(table));
    for (unsigned i = 0; i <= MOST; i++)
        CU_ASSERT_EQUAL(add(SERVER + 4 * i, SERVER, 0, &index),
                        i < MOST ? SYS_ERR_OK : MON_ERR_LIMIT);
    CU_ASSERT_EQUAL(add(OTHER, OTHER, 0, &index), SYS_ERR_OK);
    export_table_forget(&table, SERVER + 4);
    CU_ASSERT_EQUAL(add(SERVER, SERVER, 0, &index), SYS_ERR_OK);
    CU_ASSERT_EQUAL(add(SERVER, SERVER, 0, &index), MON_ERR_LIMIT);
    export_table_forget(&table, SERVER); // both of them
    CU_ASSERT_EQUAL(shares_count(&table.shares, SERVER), 1);
}

static void test_full(void)
{
    uint32_t index, last = 0;
    memset(&table, 0, sizeof(table));
    for (unsigned i = 0; i <= EXPORTS_MAX; i++)
        CU_ASSERT_EQUAL(add(100 + i, 100 + i, 0, &index),
                        i < EXPORTS_MAX ? SYS_ERR_OK : MON_ERR_LIMIT);
    for (unsigned i = 0; i < EXPORTS_MAX; i++) {
        CU_ASSERT_EQUAL(export_table_owner(&table, EXPORT_FIRST_INDEX + i).domain, 100 + i);
        CU_ASSERT_EQUAL(export_table_remove(&table, 100 + i, EXPORT_FIRST_INDEX + i), SYS_ERR_OK);
        CU_ASSERT_EQUAL(add(SERVER + i, 1000 + i, 0, &index), SYS_ERR_OK);
        CU_ASSERT(index > last);
        last = index;
        CU_ASSERT_EQUAL(add(OTHER, 5000, 0, &index), MON_ERR_LIMIT);
    }
}

TEST_SUITE("exported services") = {
    {"indices", test_indices},
    {"indices that are asked for", test_asked},
    {"a family has a share", test_shares},
    {"the full table, each place", test_full},
};
