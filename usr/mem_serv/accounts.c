// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// A short list, in no order: the clients of one core's memory server are few.
#include "accounts.h"

static struct account *find(struct accounts *accounts, domainid_t domain)
{
    for (uint32_t i = 0; i < accounts->count; i++) {
        if (accounts->list[i].domain == domain) {
            return &accounts->list[i];
        }
    }
    return NULL;
}

bool accounts_add(struct accounts *accounts, domainid_t domain, uint64_t bytes)
{
    struct account *account = find(accounts, domain);
    if (account == NULL) {
        if (accounts->count == ACCOUNTS_MAX) {
            return false;
        }
        account = &accounts->list[accounts->count++];
        *account = (struct account){.domain = domain};
    }
    account->pieces++;
    account->bytes += bytes;
    return true;
}

const struct account *accounts_find(const struct accounts *accounts, domainid_t domain)
{
    return find((struct accounts *)accounts, domain);
}

void accounts_forget(struct accounts *accounts, domainid_t domain)
{
    struct account *account = find(accounts, domain);
    if (account != NULL) {
        *account = accounts->list[--accounts->count];
    }
}
