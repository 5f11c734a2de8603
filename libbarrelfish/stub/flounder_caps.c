// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Capabilities of messages. One that is lent (`cap`) arrives as a copy, which its receiver can neither
// revoke nor pass on; one that is given (`give_away_cap`) moves. NULL_CAP is said in the row.
#include "stub.h"

#include "barrelfish/capabilities.h"
#include "barrelfish/slot_alloc.h"

errval_t flounder_caps_keep(struct flounder_stub *stub, struct flounder_pending *pending,
                            const struct flounder_out *row)
{
    if (row->caps_count > 0 && !stub->lmp_used)
        return MON_ERR_CAP_SEND;
    pending->caps_count = row->caps_count;
    pending->caps_sent = 0;
    memcpy(pending->caps, row->caps, row->caps_count * sizeof(row->caps[0]));
    return SYS_ERR_OK;
}

/// What is lent has to stay until it is sent, and its owner may want it back before.
static errval_t make_own(struct flounder_cap *lent)
{
    struct capref slot;
    errval_t err = slot_alloc(&slot);
    if (err_is_ok(err))
        err = slot_settle(slot, cap_copy(slot, lent->cap), &slot);
    if (err_is_ok(err))
        *lent = (struct flounder_cap){slot, false, true};
    return err;
}

errval_t flounder_caps_own(struct flounder_pending *pending)
{
    errval_t err = SYS_ERR_OK;
    for (unsigned i = pending->caps_sent; i < pending->caps_count && err_is_ok(err); i++)
        if (!pending->caps[i].gives)
            err = make_own(&pending->caps[i]);
    return err;
}

void flounder_caps_drop(struct flounder_pending *pending)
{
    for (; pending->caps_sent < pending->caps_count; pending->caps_sent++) {
        struct flounder_cap *cap = &pending->caps[pending->caps_sent];
        if (cap->gives || cap->own)
            (void)cap_destroy(cap->cap);
    }
}

errval_t flounder_caps_take(struct flounder_stub *stub, uint64_t word, struct capref cap)
{
    struct flounder_assembly *assembly = &stub->assembly;
    if (assembly->total == 0)
        assembly->caps_due = (unsigned)(word >> FLOUNDER_LMP_CAPS_SHIFT) & 0xf;
    if (capref_is_null(cap))
        return SYS_ERR_OK;
    if (assembly->caps_count == assembly->caps_due || assembly->caps_count == FLOUNDER_CAPS_MAX) {
        (void)cap_destroy(cap);
        return FLOUNDER_ERR_RX_INVALID;
    }
    assembly->caps[assembly->caps_count++] = cap;
    return SYS_ERR_OK;
}

void flounder_caps_forget(struct flounder_stub *stub)
{
    while (stub->assembly.caps_count > 0)
        (void)cap_destroy(stub->assembly.caps[--stub->assembly.caps_count]);
}

void flounder_bring_caps(struct flounder_in *row)
{
    struct flounder_assembly *assembly = &row->stub->assembly;
    row->caps = assembly->caps;
    row->caps_count = assembly->caps_count;
    assembly->caps_count = 0;
}
