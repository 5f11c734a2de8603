// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Page faults, from the address to the memory object that answers. An access that the flags of the
// region do not allow is the thread's mistake and no object is asked.
#include "pagefault.h"

#include "cspace/mm.h"
#include "memory/memobj/memobj_ops.h"
#include "memory/vspace/vspace_state.h"

static bool allows(vregion_flags_t flags, enum pagefault_exception_type type)
{
    switch (type) {
    case PAGEFLT_READ:
        return (flags & VREGION_FLAGS_READ) != 0;
    case PAGEFLT_WRITE:
        return (flags & VREGION_FLAGS_WRITE) != 0;
    case PAGEFLT_EXEC:
        return (flags & VREGION_FLAGS_EXECUTE) != 0;
    default:
        return false;
    }
}

errval_t vspace_pagefault(genvaddr_t address, enum pagefault_exception_type type)
{
    errval_t err = LIB_ERR_VREGION_NOT_FOUND;
    mm_enter();
    struct range_node *node = address_map_find(&get_current_vspace()->map, address);
    if (node != NULL) {
        struct vregion *vregion = (struct vregion *)node;
        struct memobj *memobj = vregion->memobj;
        genvaddr_t offset = address - node->base + vregion->offset;
        err = memobj->ops->pagefault == NULL || !allows(vregion->flags, type)
                  ? LIB_ERR_PAGEFAULT
                  : memobj->ops->pagefault(memobj, vregion, offset, type);
    }
    mm_leave();
    return err;
}
