// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Replies to requests of this core's domains. A domain that takes none loses it.

#include "local/local.h"

#include "state/monitor.h"

void reply_error(domainid_t domain, errval_t err)
{
    (void)lmp_server_reply_error(&monitor.server, domain, err);
}

void reply_words(domainid_t domain, const uint64_t words[LMP_MSG_LENGTH], struct capref cap)
{
    (void)lmp_server_reply(&monitor.server, domain, words, cap, false);
}

void reply_values(domainid_t domain, uint64_t value1, uint64_t value2, uint64_t value3)
{
    uint64_t words[LMP_MSG_LENGTH] = {SYS_ERR_OK, value1, value2, value3};
    reply_words(domain, words, NULL_CAP);
}

errval_t check_endpoint(struct capref cap)
{
    struct capability identity;
    if (capref_is_null(cap))
        return LIB_ERR_INVALID_ARGS;
    errval_t err = cap_identify(cap, &identity);
    return err_is_ok(err) && identity.type != ObjType_EndPointLMP ? SYS_ERR_CAP_TYPE : err;
}
