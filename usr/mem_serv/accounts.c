// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// A short list that is searched: the clients of one core's memory server are few.
#include "accounts.h"

#include <assert.h>
#include <string.h>

void accounts_init(struct accounts *accounts)
{
    memset(accounts, 0, sizeof(*accounts));
    accounts->ownerless.limit = ACCOUNT_NO_LIMIT;
}

// Domain 0 finds an unused account.
static struct account *find(struct accounts *accounts, domainid_t domain)
{
    for (uint32_t i = 0; i < ACCOUNTS_MAX; i++) {
        if (accounts->list[i].domain == domain) {
            return &accounts->list[i];
        }
    }
    return NULL;
}

struct account *accounts_find(struct accounts *accounts, domainid_t domain)
{
    return domain == 0 ? &accounts->ownerless : find(accounts, domain);
}

struct account *accounts_get(struct accounts *accounts, domainid_t domain)
{
    struct account *account = accounts_find(accounts, domain);
    if (account != NULL) {
        return account;
    }
    account = find(accounts, 0);
    if (account != NULL) {
        *account = (struct account){
            .domain = domain,
            .limit = ACCOUNT_NO_LIMIT,
            .revoke_ep = NULL_CAP,
        };
    }
    return account;
}

void accounts_free(struct accounts *accounts, struct account *account)
{
    assert(account != &accounts->ownerless && account->bytes == 0 && account->newest == NULL);
    account->domain = 0;
}

bool account_may_take(const struct account *account, uint64_t bytes)
{
    return !account->ending && account->bytes <= account->limit &&
           bytes <= account->limit - account->bytes;
}
