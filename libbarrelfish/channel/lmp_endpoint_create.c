// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The capabilities of endpoints: how they are made and how they end. What an endpoint is: dispatch's
// lmp_endpoints.c.

#include "barrelfish/capabilities.h"
#include "barrelfish/invocations.h"
#include "barrelfish/lmp_endpoints.h"
#include "barrelfish/slot_alloc.h"

errval_t lmp_endpoint_create_in_slot(size_t messages, struct capref dest,
                                     struct lmp_endpoint **retep)
{
    struct lmp_endpoint *ep;
    errval_t err = lmp_endpoint_alloc(messages, &ep);
    if (err_is_fail(err))
        return err;
    err = invoke_dispatcher_endpoint(cap_dispatcher, lmp_endpoint_offset(ep), ep->messages, dest);
    if (err_is_ok(err))
        *retep = ep;
    else
        lmp_endpoint_free(ep);
    return err;
}

errval_t endpoint_create(size_t buflen, struct capref *retcap, struct lmp_endpoint **retep)
{
    struct capref slot;
    errval_t err = slot_alloc(&slot);
    return err_is_ok(err)
               ? slot_settle(slot, lmp_endpoint_create_in_slot(buflen, slot, retep), retcap)
               : err;
}

void endpoint_destroy(struct capref cap, struct lmp_endpoint *ep)
{
    (void)cap_revoke(cap);
    (void)cap_destroy(cap);
    if (!capref_is_null(ep->recv_slot))
        (void)cap_destroy(ep->recv_slot);
    lmp_endpoint_free(ep);
}
