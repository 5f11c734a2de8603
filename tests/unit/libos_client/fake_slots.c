// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Slots that are counted, and may run out, and what the library asks of the waitset about them.
#include "fake_slots.h"

#include "barrelfish/capabilities.h"
#include "barrelfish/slot_alloc.h"

struct fake_slots fake_slots = {.left = 1000};

errval_t slot_alloc(struct capref *ret)
{
    if (fake_slots.left == 0)
        return LIB_ERR_SLOT_ALLOC_NO_SPACE;
    fake_slots.left--;
    *ret = (struct capref){cnode_task, 100 + fake_slots.made++};
    return SYS_ERR_OK;
}

errval_t slot_free(struct capref slot)
{
    CU_ASSERT_FALSE(capref_is_null(slot));
    fake_slots.freed++;
    return SYS_ERR_OK;
}

errval_t cap_delete(struct capref cap)
{
    CU_ASSERT_FALSE(capref_is_null(cap));
    fake_slots.deleted++;
    return SYS_ERR_OK;
}
