// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The beginning of all memory management in a new domain: what is below learns what is above it, then
// slots, address space and RAM begin, in this order.
#include "barrelfish/domain.h"
#include "barrelfish/ram_alloc.h"
#include "barrelfish/slot_alloc.h"
#include "barrelfish/vspace.h"
#include "cspace/mm.h"
#include "memory/ram/ram_server.h"
#include "memory/vspace/vspace_reserve.h"

errval_t domain_memory_init(const struct spawn_args *args)
{
    (void)args;
    mm_source = (struct mm_source){slot_refill,          vspace_refill,        ram_create,
                                   vspace_map_anon_attr, vspace_map_one_frame, vspace_unmap};
    errval_t err = slot_alloc_init();
    if (err_is_ok(err))
        err = vspace_init();
    return err_is_ok(err) ? ram_alloc_init() : err;
}
