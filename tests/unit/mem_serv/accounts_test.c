// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Accounts of clients: finding, limits, and the bound.
#include "suites.h"

#include "accounts.h"

static struct accounts accounts;

static void test_accounts(void)
{
    accounts_init(&accounts);
    CU_ASSERT_PTR_NULL(accounts_find(&accounts, 5));
    struct account *five = accounts_get(&accounts, 5), *six = accounts_get(&accounts, 6);
    CU_ASSERT(five != NULL && six != NULL && five != six);
    CU_ASSERT_PTR_EQUAL(accounts_get(&accounts, 5), five);
    CU_ASSERT(five->bytes == 0 && five->limit == ACCOUNT_NO_LIMIT);
    five->limit = 7;
    accounts_free(&accounts, five);
    CU_ASSERT_PTR_NULL(accounts_find(&accounts, 5));
    CU_ASSERT_PTR_EQUAL(accounts_find(&accounts, 6), six);
    CU_ASSERT_PTR_EQUAL(accounts_find(&accounts, 0), &accounts.ownerless);
    CU_ASSERT_EQUAL(accounts_get(&accounts, 5)->limit, ACCOUNT_NO_LIMIT);
}

static void test_limits(void)
{
    accounts_init(&accounts);
    struct account *account = accounts_get(&accounts, 5);
    CU_ASSERT(account_may_take(account, UINT64_MAX));
    account->bytes = 100;
    CU_ASSERT_FALSE(account_may_take(account, UINT64_MAX)); // the sum would wrap around
    account->limit = 120;
    CU_ASSERT(account_may_take(account, 20) && !account_may_take(account, 21));
    account->limit = 90; // lowered below what it holds
    CU_ASSERT_FALSE(account_may_take(account, 0));
    account->limit = ACCOUNT_NO_LIMIT;
    account->ending = true;
    CU_ASSERT_FALSE(account_may_take(account, 1));
}

static void test_bound(void)
{
    accounts_init(&accounts);
    for (domainid_t domain = 1; domain <= ACCOUNTS_MAX; domain++) {
        CU_ASSERT_PTR_NOT_NULL(accounts_get(&accounts, domain));
    }
    CU_ASSERT_PTR_NULL(accounts_get(&accounts, ACCOUNTS_MAX + 1));
    accounts_free(&accounts, accounts_find(&accounts, 1));
    CU_ASSERT_PTR_NOT_NULL(accounts_get(&accounts, ACCOUNTS_MAX + 1));
}

CU_TestInfo accounts_tests[] = {
    {"accounts", test_accounts},
    {"limits", test_limits},
    {"bound", test_bound},
    CU_TEST_INFO_NULL,
};
