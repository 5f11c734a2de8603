// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// A table with chains over indices, so that finding an account does not depend on how many there
// are, and links to payers. What is counted is counted on the way up, whose length is that of the
// chain of spawners (spawnd bounds it).
#include "accounts.h"

#include "kpi/errors.h"

#include <assert.h>
#include <string.h>

void accounts_init(struct accounts *accounts)
{
    memset(accounts, 0, sizeof(*accounts));
    accounts->ownerless.limit = ACCOUNT_NO_LIMIT;
    for (uint32_t i = 0; i < ACCOUNTS_MAX; i++)
        accounts->list[i].next = (uint16_t)(i + 1 < ACCOUNTS_MAX ? i + 2 : 0);
    accounts->free_list = 1;
}

static uint16_t *bucket_of(struct accounts *accounts, domainid_t domain)
{
    return &accounts->buckets[domain % ACCOUNTS_BUCKETS];
}

struct account *accounts_find_closed(struct accounts *accounts, domainid_t domain)
{
    uint16_t i = *bucket_of(accounts, domain);
    while (i != 0 && accounts->list[i - 1].domain != domain)
        i = accounts->list[i - 1].next;
    return i != 0 ? &accounts->list[i - 1] : NULL;
}

struct account *accounts_find(struct accounts *accounts, domainid_t domain)
{
    if (domain == 0)
        return &accounts->ownerless;
    struct account *account = accounts_find_closed(accounts, domain);
    return account != NULL && !account->closed ? account : NULL;
}

static struct account *add(struct accounts *accounts, domainid_t domain)
{
    uint16_t index = accounts->free_list;
    if (index == 0)
        return NULL;
    struct account *account = &accounts->list[index - 1];
    accounts->free_list = account->next;
    *account = (struct account){
        .domain = domain,
        .next = *bucket_of(accounts, domain),
        .limit = ACCOUNT_NO_LIMIT,
        .revoke_ep = NULL_CAP,
    };
    *bucket_of(accounts, domain) = index;
    return account;
}

struct account *accounts_get(struct accounts *accounts, domainid_t domain)
{
    struct account *account = accounts_find(accounts, domain);
    return account != NULL ? account : add(accounts, domain);
}

errval_t accounts_open(struct accounts *accounts, domainid_t domain, struct account *payer,
                       struct account **ret)
{
    if (domain == 0 || accounts_find_closed(accounts, domain) != NULL)
        return SPAWN_ERR_ID_IN_USE;
    if (payer != NULL && !account_may_take(payer, ACCOUNT_RECORDS_BYTES))
        return LIB_ERR_RAM_ALLOC_LIMIT;
    struct account *account = add(accounts, domain);
    if (account == NULL)
        return LIB_ERR_MALLOC_FAIL;
    account->payer = payer;
    if (payer != NULL)
        payer->children++;
    account->records = ACCOUNT_RECORDS_BYTES;
    account_count(account, ACCOUNT_RECORDS_BYTES);
    *ret = account;
    return SYS_ERR_OK;
}

static void take_out(struct accounts *accounts, struct account *account)
{
    uint16_t index = (uint16_t)(account - accounts->list + 1);
    uint16_t *link = bucket_of(accounts, account->domain);
    while (*link != index)
        link = &accounts->list[*link - 1].next;
    *link = account->next;
    *account = (struct account){.next = accounts->free_list};
    accounts->free_list = index;
}

/// Gives those that an account pays for to its own payer: what is counted there does not change.
static void pass_children(struct accounts *accounts, struct account *account)
{
    struct account *payer = account->payer;
    bool only = account->children == 1;
    for (uint32_t i = 0; i < ACCOUNTS_MAX && account->children > 0; i++) {
        struct account *child = &accounts->list[i];
        if (child->domain == 0 || child->payer != account)
            continue;
        if (only && account->limit < child->limit)
            child->limit = account->limit;
        child->payer = payer;
        account->children--;
        if (payer != NULL)
            payer->children++;
    }
}

/// A4, for a closed account and, when it goes, for those above it.
static void settle(struct accounts *accounts, struct account *account)
{
    while (account != NULL && account->closed && account->lent == 0 &&
           (account->children <= 1 || account->limit == ACCOUNT_NO_LIMIT)) {
        struct account *payer = account->payer;
        pass_children(accounts, account);
        if (payer != NULL)
            payer->children--;
        take_out(accounts, account);
        account = payer;
    }
}

void accounts_close(struct accounts *accounts, struct account *account)
{
    assert(account != &accounts->ownerless && account->bytes == 0 && account->newest == NULL);
    account_uncount(account, account->records);
    account->records = 0;
    account->closed = true;
    settle(accounts, account);
}

bool account_may_take(const struct account *account, uint64_t bytes)
{
    if (account->ending)
        return false;
    for (const struct account *payer = account; payer != NULL; payer = payer->payer)
        if (payer->counted > payer->limit || bytes > payer->limit - payer->counted)
            return false;
    return true;
}

bool account_is_limited(const struct account *account)
{
    while (account != NULL && account->limit == ACCOUNT_NO_LIMIT)
        account = account->payer;
    return account != NULL;
}

void account_count(struct account *account, uint64_t bytes)
{
    for (; account != NULL; account = account->payer)
        account->counted += bytes;
}

void account_uncount(struct account *account, uint64_t bytes)
{
    for (; account != NULL; account = account->payer) {
        assert(account->counted >= bytes);
        account->counted -= bytes;
    }
}

errval_t account_lend(struct account *account, uint64_t bytes)
{
    if (account->ending)
        return SPAWN_ERR_NO_DOMAIN;
    if (!account_may_take(account, bytes))
        return LIB_ERR_RAM_ALLOC_LIMIT;
    account->lent += bytes;
    account_count(account, bytes);
    return SYS_ERR_OK;
}

errval_t accounts_unlend(struct accounts *accounts, struct account *account, uint64_t bytes)
{
    if (bytes > account->lent)
        return SYS_ERR_ARGS;
    account->lent -= bytes;
    account_uncount(account, bytes);
    settle(accounts, account);
    return SYS_ERR_OK;
}

/// What is counted on an account, by the accounts that it pays for.
static bool account_sums_up(const struct accounts *accounts, const struct account *account)
{
    uint64_t sum = account->bytes + account->pieces * (uint64_t)ACCOUNT_PIECE_BYTES +
                   account->lent + account->records;
    uint32_t children = 0;
    for (uint32_t i = 0; i < ACCOUNTS_MAX; i++) {
        const struct account *child = &accounts->list[i];
        if (child->domain != 0 && child->payer == account) {
            sum += child->counted;
            children++;
        }
    }
    return sum == account->counted && children == account->children;
}

bool accounts_valid(const struct accounts *accounts)
{
    uint32_t used = 0, listed = 0;
    for (uint16_t i = accounts->free_list; i != 0; i = accounts->list[i - 1].next) {
        used++; // as long as it is not a cycle
        if (accounts->list[i - 1].domain != 0 || used > ACCOUNTS_MAX)
            return false;
    }
    for (uint32_t b = 0; b < ACCOUNTS_BUCKETS; b++) {
        for (uint16_t i = accounts->buckets[b]; i != 0; i = accounts->list[i - 1].next) {
            listed++;
            if (accounts->list[i - 1].domain % ACCOUNTS_BUCKETS != b || listed > ACCOUNTS_MAX)
                return false;
        }
    }
    for (uint32_t i = 0; i < ACCOUNTS_MAX; i++) {
        const struct account *account = &accounts->list[i];
        bool needed = !account->closed || account->lent > 0 ||
                      (account->children > 1 && account->limit != ACCOUNT_NO_LIMIT);
        if (account->domain != 0 && (!needed || !account_sums_up(accounts, account)))
            return false;
    }
    return used + listed == ACCOUNTS_MAX;
}
