// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Capabilities made real that have no owner (Notify, ID). What has one is made real by
// capops/cap_transfer.c.

#include "intermon/cap_name.h"

#include "barrelfish/barrelfish.h"

bool cap_name_is(uint8_t type)
{
    return type == ObjType_Notify || type == ObjType_ID;
}

errval_t cap_name_make_at(const struct capability *description, struct capref slot)
{
    struct capability raw = *description;
    if (!cap_name_is(raw.type))
        return MON_ERR_PROTOCOL;
    raw.flags = 0;
    return invoke_kernel_create_cap(cap_kernel, &raw, slot);
}

errval_t cap_name_make(const struct capability *description, struct capref *cap)
{
    struct capref slot;
    if (description->type == ObjType_Null) {
        *cap = NULL_CAP;
        return SYS_ERR_OK;
    }
    errval_t err = slot_alloc(&slot);
    return err_is_ok(err) ? slot_settle(slot, cap_name_make_at(description, slot), cap) : err;
}
