// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Services that domains of this core export. Indices are never used twice while the table has
// others, so that a stale reference is most likely found to be one. Index 1 is spawnd's.

#include "monitor.h"

#include "protocol/share.h"

#define EXPORTS_MAX 128u
#define EXPORTS_SHARE (EXPORTS_MAX / SHARE_PARTS) ///< of one domain
#define FIRST_INDEX 16u

struct service {
    domainid_t domain; ///< 0: free
    uint32_t index;
};

static struct service exports[EXPORTS_MAX];
static uint32_t next_index = FIRST_INDEX;

static struct service *find(uint32_t index)
{
    for (unsigned i = 0; i < EXPORTS_MAX; i++)
        if (exports[i].domain != 0 && exports[i].index == index)
            return &exports[i];
    return NULL;
}

errval_t export_add(domainid_t domain, uint32_t index, iref_t *iref)
{
    bool spawnd = (uint16_t)domain == DOMAIN_SPAWND;
    if (index != 0 && (index != IREF_INDEX_SPAWND || !spawnd || find(index) != NULL))
        return SYS_ERR_RIGHTS;
    if (domain_get(domain) == NULL ||
        share_is_used(&exports[0].domain, sizeof(exports[0]), EXPORTS_MAX, domain, EXPORTS_SHARE))
        return MON_ERR_LIMIT;
    for (unsigned i = 0; i < EXPORTS_MAX; i++) {
        if (exports[i].domain != 0)
            continue;
        while (index == 0) {
            uint32_t candidate = next_index++;
            if (candidate >= FIRST_INDEX && find(candidate) == NULL)
                index = candidate;
        }
        exports[i] = (struct service){domain, index};
        *iref = IREF_MAKE(monitor.core, index);
        return SYS_ERR_OK;
    }
    return MON_ERR_LIMIT;
}

errval_t export_remove(domainid_t domain, iref_t iref)
{
    struct service *service = IREF_CORE(iref) == monitor.core ? find(IREF_INDEX(iref)) : NULL;
    if (service == NULL || service->domain != domain)
        return MON_ERR_NO_IREF;
    service->domain = 0;
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
            exports[i].domain = 0;
}
