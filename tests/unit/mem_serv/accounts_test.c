// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Accounts of clients: finding, the tree of payers, limits, what is lent, and the bound; and random
// changes, after each of which the sums must be right (A2) and no closed account may be left that
// is not needed (A4).
#include <testlib/testlib.h>

#include "accounts.h"
#include "kpi/errors.h"

static struct accounts accounts;

#define RECORDS ((uint64_t)ACCOUNT_RECORDS_BYTES)

static struct account *open_account(domainid_t domain, struct account *payer)
{
    struct account *account = NULL;
    CU_ASSERT_EQUAL_FATAL(accounts_open(&accounts, domain, payer, &account), SYS_ERR_OK);
    return account;
}

static errval_t try_open(domainid_t domain, struct account *payer)
{
    struct account *unused;
    return err_no(accounts_open(&accounts, domain, payer, &unused));
}

static void test_accounts(void)
{
    accounts_init(&accounts);
    CU_ASSERT_PTR_NULL(accounts_find(&accounts, 5));
    struct account *five = accounts_get(&accounts, 5), *six = accounts_get(&accounts, 6);
    CU_ASSERT(five != NULL && six != NULL && five != six);
    CU_ASSERT_PTR_EQUAL(accounts_get(&accounts, 5), five);
    CU_ASSERT(five->bytes == 0 && five->counted == 0 && five->limit == ACCOUNT_NO_LIMIT);
    five->limit = 7;
    accounts_close(&accounts, five);
    CU_ASSERT_PTR_NULL(accounts_find(&accounts, 5));
    CU_ASSERT_PTR_EQUAL(accounts_find(&accounts, 6), six);
    CU_ASSERT_PTR_EQUAL(accounts_find(&accounts, 0), &accounts.ownerless);
    CU_ASSERT_EQUAL(accounts_get(&accounts, 5)->limit, ACCOUNT_NO_LIMIT);
    CU_ASSERT_EQUAL(try_open(5, NULL), SPAWN_ERR_ID_IN_USE);
    CU_ASSERT_EQUAL(try_open(0, NULL), SPAWN_ERR_ID_IN_USE);
    CU_ASSERT_TRUE(accounts_valid(&accounts));
}

static void test_limits(void)
{
    accounts_init(&accounts);
    struct account *account = accounts_get(&accounts, 5);
    CU_ASSERT(account_may_take(account, UINT64_MAX));
    CU_ASSERT_FALSE(account_is_limited(account));
    account_count(account, 100);
    CU_ASSERT_FALSE(account_may_take(account, UINT64_MAX)); // the sum would wrap around
    account->limit = 120;
    CU_ASSERT(account_may_take(account, 20) && !account_may_take(account, 21));
    account->limit = 90; // lowered below what it holds
    CU_ASSERT_FALSE(account_may_take(account, 0));
    account->limit = ACCOUNT_NO_LIMIT;
    account->ending = true;
    CU_ASSERT_FALSE(account_may_take(account, 1));
}

/// A limit covers what one spawns, and what those spawn, whoever of them has ended.
static void test_payers(void)
{
    accounts_init(&accounts);
    struct account *top = open_account(20, NULL), *limited = open_account(21, top);
    struct account *child = open_account(22, limited), *grandchild = open_account(23, child);
    limited->limit = 3 * RECORDS + 100;
    CU_ASSERT_EQUAL(account_lend(grandchild, 60), SYS_ERR_OK);
    CU_ASSERT(account_is_limited(grandchild) && !account_is_limited(top));
    CU_ASSERT(limited->counted == 3 * RECORDS + 60 && top->counted == 4 * RECORDS + 60);
    CU_ASSERT(account_may_take(child, 40) && !account_may_take(child, 41));
    CU_ASSERT(account_may_take(grandchild, 40) && !account_may_take(grandchild, 41));
    CU_ASSERT(account_may_take(top, 1000));
    CU_ASSERT_EQUAL(try_open(24, grandchild), LIB_ERR_RAM_ALLOC_LIMIT);
    accounts_close(&accounts, child); // without a limit: nobody needs it
    CU_ASSERT_PTR_EQUAL(grandchild->payer, limited);
    struct account *other = open_account(25, limited); // in the place of what was closed
    accounts_close(&accounts, limited);                // for two: it is needed
    CU_ASSERT(other->payer == limited && grandchild->payer == limited);
    CU_ASSERT_PTR_NULL(accounts_find(&accounts, 21));
    CU_ASSERT_EQUAL(try_open(21, NULL), SPAWN_ERR_ID_IN_USE);
    CU_ASSERT(account_may_take(other, RECORDS + 40) && !account_may_take(other, RECORDS + 41));
    CU_ASSERT_TRUE(accounts_valid(&accounts));
    accounts_close(&accounts, other); // then for one only, which has its limit from then on
    CU_ASSERT(grandchild->payer == top && grandchild->limit == 3 * RECORDS + 100);
    CU_ASSERT_EQUAL(try_open(21, NULL), SYS_ERR_OK);
    CU_ASSERT_TRUE(accounts_valid(&accounts));
}

static void test_lent(void)
{
    accounts_init(&accounts);
    struct account *payer = open_account(20, NULL), *account = open_account(21, payer);
    payer->limit = 2 * RECORDS + 100;
    CU_ASSERT_EQUAL(err_no(account_lend(account, 101)), LIB_ERR_RAM_ALLOC_LIMIT);
    CU_ASSERT_EQUAL(err_no(account_lend(account, UINT64_MAX)), LIB_ERR_RAM_ALLOC_LIMIT);
    CU_ASSERT_EQUAL(account_lend(account, 70), SYS_ERR_OK);
    CU_ASSERT_EQUAL(account_lend(account, 30), SYS_ERR_OK);
    CU_ASSERT_FALSE(account_may_take(payer, 1));
    CU_ASSERT_EQUAL(err_no(accounts_unlend(&accounts, account, 101)), SYS_ERR_ARGS);
    account->ending = true;
    CU_ASSERT_EQUAL(err_no(account_lend(account, 0)), SPAWN_ERR_NO_DOMAIN);
    accounts_close(&accounts, account); // what is lent stays counted
    CU_ASSERT(payer->counted == RECORDS + 100 && payer->children == 1);
    CU_ASSERT_PTR_EQUAL(accounts_find_closed(&accounts, 21), account);
    CU_ASSERT_EQUAL(accounts_unlend(&accounts, account, 30), SYS_ERR_OK);
    CU_ASSERT_TRUE(accounts_valid(&accounts));
    CU_ASSERT_EQUAL(accounts_unlend(&accounts, account, 70), SYS_ERR_OK);
    CU_ASSERT_PTR_NULL(accounts_find_closed(&accounts, 21));
    CU_ASSERT(payer->counted == RECORDS && payer->children == 0);
    CU_ASSERT_TRUE(accounts_valid(&accounts));
}

static void test_bound(void)
{
    accounts_init(&accounts);
    for (domainid_t domain = 1; domain <= ACCOUNTS_MAX; domain++)
        CU_ASSERT_PTR_NOT_NULL(accounts_get(&accounts, domain));
    CU_ASSERT_PTR_NULL(accounts_get(&accounts, ACCOUNTS_MAX + 1));
    CU_ASSERT_EQUAL(try_open(ACCOUNTS_MAX + 1, NULL), LIB_ERR_MALLOC_FAIL);
    accounts_close(&accounts, accounts_find(&accounts, 1));
    CU_ASSERT_PTR_NOT_NULL(accounts_get(&accounts, ACCOUNTS_MAX + 1));
    CU_ASSERT_TRUE(accounts_valid(&accounts));
}

enum { IDS = 40, ROUNDS = 20000 };

static void change(struct test_random *random, domainid_t domain, uint64_t *lent)
{
    struct account *account = accounts_find(&accounts, domain);
    struct account *payer = accounts_find(&accounts, (domainid_t)test_random_below(random, IDS));
    uint64_t bytes = test_random_below(random, 5000);
    payer = payer == &accounts.ownerless ? NULL : payer;
    switch (test_random_below(random, 5)) {
    case 0:
        if (accounts_find_closed(&accounts, domain) == NULL) {
            account = open_account(domain, payer);
            account->limit =
                test_random_below(random, 2) == 0 ? 1000000000 + bytes : ACCOUNT_NO_LIMIT;
        }
        break;
    case 1:
        if (account != NULL)
            accounts_close(&accounts, account);
        break;
    case 2:
        if (account != NULL && err_is_ok(account_lend(account, bytes)))
            *lent += bytes;
        break;
    default:
        account = accounts_find_closed(&accounts, domain);
        bytes = *lent != 0 && test_random_below(random, 2) == 0 ? *lent : *lent / 2;
        if (account != NULL) {
            CU_ASSERT_EQUAL(accounts_unlend(&accounts, account, bytes), SYS_ERR_OK);
            *lent -= bytes;
        }
        break;
    }
}

static void test_random_tree(void)
{
    static uint64_t lent[IDS];
    struct test_random random;
    test_random_init(&random, 8);
    accounts_init(&accounts);
    for (unsigned round = 0; round < ROUNDS; round++) {
        domainid_t domain = 1 + (domainid_t)test_random_below(&random, IDS - 1);
        change(&random, domain, &lent[domain]);
        if (round % 64 == 0)
            CU_ASSERT_TRUE_FATAL(accounts_valid(&accounts));
    }
    for (domainid_t domain = 1; domain < IDS; domain++) {
        struct account *account = accounts_find_closed(&accounts, domain);
        if (account != NULL) {
            CU_ASSERT_EQUAL(account->lent, lent[domain]);
            CU_ASSERT_EQUAL(accounts_unlend(&accounts, account, lent[domain]), SYS_ERR_OK);
        }
        account = accounts_find(&accounts, domain);
        if (account != NULL)
            accounts_close(&accounts, account);
    }
    for (domainid_t domain = 1; domain < IDS; domain++)
        CU_ASSERT_PTR_NULL(accounts_find_closed(&accounts, domain));
    CU_ASSERT_TRUE(accounts_valid(&accounts));
}

TEST_SUITE("accounts") = {
    {"accounts", test_accounts}, {"limits", test_limits}, {"payers", test_payers},
    {"lent memory", test_lent},  {"bound", test_bound},   {"random trees", test_random_tree},
};
