// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The address space of the domain: the library's part of it is [SPAWN_VADDR_END, VSPACE_END); what
// is below was mapped by the spawner. Any thread may call.
#pragma once

#include "barrelfish/vregion.h"

#define VSPACE_END (1ul << 46)

struct pmap;

/// The one address space that a domain has.
struct vspace *get_current_vspace(void);

struct pmap *vspace_get_pmap(struct vspace *vspace);

/// Prepare the address space. Called once by the library.
errval_t vspace_init(void);

/// The region that contains the address, or NULL. It lives until somebody destroys it.
struct vregion *vspace_get_region(struct vspace *vspace, const void *addr);

/// The first region that ends above the address, or NULL.
struct vregion *vspace_next_region(struct vspace *vspace, const void *addr);

static inline lvaddr_t vspace_genvaddr_to_lvaddr(genvaddr_t genvaddr)
{
    return genvaddr;
}

static inline genvaddr_t vspace_lvaddr_to_genvaddr(lvaddr_t lvaddr)
{
    return lvaddr;
}
