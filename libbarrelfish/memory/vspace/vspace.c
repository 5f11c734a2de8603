// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The domain's address space: its state, its beginning, and look-up by address.
#include "barrelfish/vspace.h"

#include "cspace/mm.h"
#include "kpi/spawn.h"
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
