// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Accounts of clients: sums, forgetting, and the bound.
#include "suites.h"

#include "accounts.h"

static struct accounts accounts;

static void test_accounts(void)
{
    accounts.count = 0;
    CU_ASSERT_PTR_NULL(accounts_find(&accounts, 5));
    CU_ASSERT_TRUE(accounts_add(&accounts, 5, 100));
    CU_ASSERT_TRUE(accounts_add(&accounts, 6, 7));
    CU_ASSERT_TRUE(accounts_add(&accounts, 5, 20));
    CU_ASSERT_EQUAL(accounts_find(&accounts, 5)->bytes, 120);
    CU_ASSERT_EQUAL(accounts_find(&accounts, 5)->pieces, 2);
    accounts_forget(&accounts, 5);
    accounts_forget(&accounts, 5);
    CU_ASSERT_PTR_NULL(accounts_find(&accounts, 5));
    CU_ASSERT_EQUAL(accounts_find(&accounts, 6)->bytes, 7);
}

static void test_bound(void)
{
    accounts.count = 0;
    for (domainid_t domain = 1; domain <= ACCOUNTS_MAX; domain++) {
        CU_ASSERT_TRUE(accounts_add(&accounts, domain, 1));
    }
    CU_ASSERT_FALSE(accounts_add(&accounts, ACCOUNTS_MAX + 1, 1));
    CU_ASSERT_TRUE(accounts_add(&accounts, ACCOUNTS_MAX, 1));
    accounts_forget(&accounts, 1);
    CU_ASSERT_TRUE(accounts_add(&accounts, ACCOUNTS_MAX + 1, 1));
    CU_ASSERT_EQUAL(accounts_find(&accounts, ACCOUNTS_MAX)->bytes, 2);
}

CU_TestInfo accounts_tests[] = {
    {"accounts", test_accounts},
    {"bound", test_bound},
    CU_TEST_INFO_NULL,
};
