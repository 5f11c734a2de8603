// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Services that domains of this core export; the table is protocol/export_table.h.

#include "local/local.h"

#include "if/monitor.h"
#include "local/domains.h"
#include "protocol/export_table.h"
#include "state/monitor.h"

static struct export_table exports;

errval_t export_add(domainid_t domain, uint32_t index, iref_t *iref)
{
    // A domain without a record has no share.
    unsigned most =
        domain_get(domain) == NULL ? 0 : family_share(domain_member(domain).family, EXPORTS_MAX);
    errval_t err = export_table_add(&exports, domain_member(domain), most, index, &index);
    if (err_is_ok(err))
        *iref = IREF_MAKE(monitor.core, index);
    return err;
}

errval_t export_remove(domainid_t domain, iref_t iref)
{
    return IREF_CORE(iref) == monitor.core ? export_table_remove(&exports, domain, IREF_INDEX(iref))
                                           : MON_ERR_NO_IREF;
}

struct member export_owner(iref_t iref)
{
    return IREF_CORE(iref) == monitor.core ? export_table_owner(&exports, IREF_INDEX(iref))
                                           : (struct member){0};
}

void export_forget(domainid_t domain)
{
    export_table_forget(&exports, domain);
}
