// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Services that domains of this core export. Indices are never used twice while the table has
// others, so that a stale reference is most likely found to be one. Index 1 is spawnd's.

#include "monitor.h"

#define EXPORTS_MAX 128u
#define FIRST_INDEX 16u

struct service {
    domainid_t domain; ///< 0: free
    uint32_t index;
};

static struct service exports[EXPORTS_MAX];
static struct table by_index;
static struct shares shares;
static uint32_t next_index = FIRST_INDEX;

static struct service *find(uint32_t index)
{
    uint16_t i = table_first(&by_index, index);
    while (i != TABLE_NONE && exports[i].index != index)
        i = table_next(&by_index, i);
    return i == TABLE_NONE ? NULL : &exports[i];
}

static void remove_service(struct service *service)
{
    table_remove(&by_index, service->index, (uint16_t)(service - exports));
    shares_remove(&shares, domain_member(service->domain).family);
    *service = (struct service){0};
}

static uint32_t new_index(void)
{
    uint32_t index;
    do {
        index = next_index++;
    } while (index < FIRST_INDEX || find(index) != NULL);
    return index;
}

errval_t export_add(domainid_t domain, uint32_t index, iref_t *iref)
{
    bool spawnd = (uint16_t)domain == DOMAIN_SPAWND;
    if (index != 0 && (index != IREF_INDEX_SPAWND || !spawnd || find(index) != NULL))
        return SYS_ERR_RIGHTS;
    domainid_t family = domain_member(domain).family;
    if (by_index.count == EXPORTS_MAX || domain_get(domain) == NULL ||
        shares_count(&shares, family) >= family_share(family, EXPORTS_MAX))
        return MON_ERR_LIMIT;
    if (index == 0)
        index = new_index();
    exports[table_add(&by_index, EXPORTS_MAX, index)] = (struct service){domain, index};
    shares_add(&shares, family);
    *iref = IREF_MAKE(monitor.core, index);
    return SYS_ERR_OK;
}

errval_t export_remove(domainid_t domain, iref_t iref)
{
    struct service *service = IREF_CORE(iref) == monitor.core ? find(IREF_INDEX(iref)) : NULL;
    if (service == NULL || service->domain != domain)
        return MON_ERR_NO_IREF;
    remove_service(service);
    return SYS_ERR_OK;
}

domainid_t export_domain(iref_t iref)
{
    struct service *service = IREF_CORE(iref) == monitor.core ? find(IREF_INDEX(iref)) : NULL;
    return service == NULL ? 0 : service->domain;
}

void export_forget(domainid_t domain)
{
    for (unsigned i = 0; i < EXPORTS_MAX; i++)
        if (exports[i].domain == domain)
            remove_service(&exports[i]);
}
