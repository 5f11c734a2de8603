// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The domain's address space: its state, its beginning, look-up by address, and the beginning of
// all memory management in a new domain.
#include "barrelfish/vspace.h"

#include "barrelfish/domain.h"
#include "barrelfish/ram_alloc.h"
#include "barrelfish/slot_alloc.h"
#include "cspace/mm.h"
#include "vspace_reserve.h"
#include "vspace_state.h"

static struct vspace current;

struct vspace *get_current_vspace(void)
{
    return &current;
}

struct pmap *vspace_get_pmap(struct vspace *vspace)
{
    return &vspace->pmap;
}

struct pmap *get_current_pmap(void)
{
    return &current.pmap;
}

errval_t vspace_init(void)
{
    vspace_reserve_init();
    address_map_init(&current.map, SPAWN_VADDR_END, VSPACE_END);
    pmap_init(&current.pmap, cap_vroot);
    return SYS_ERR_OK;
}

errval_t domain_memory_init(const struct spawn_args *args)
{
    (void)args;
    errval_t err = slot_alloc_init();
    if (err_is_ok(err))
        err = vspace_init();
    return err_is_ok(err) ? ram_alloc_init() : err;
}

struct vregion *vspace_get_region(struct vspace *vspace, const void *addr)
{
    mm_enter();
    struct range_node *node = address_map_find(&vspace->map, (genvaddr_t)addr);
    mm_leave();
    return (struct vregion *)node;
}

struct vregion *vspace_next_region(struct vspace *vspace, const void *addr)
{
    mm_enter();
    struct range_node *node = address_map_next(&vspace->map, (genvaddr_t)addr);
    mm_leave();
    return (struct vregion *)node;
}
