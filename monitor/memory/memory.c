// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Memory at the start of a monitor. On a further core the monitor is the first domain: the library
// serves it out of the RAM in SUPERCN until here everything unused is taken from the library,
// divided (cores/start.c), and the own share is given to the memory server that is started out of it. On
// core 0 init has done all that, and SUPERCN holds other cores' memory only.

#include "memory/memory.h"

#include "barrelfish/bootmodule.h"
#include "barrelfish/ram_alloc.h"
#include "barrelfish/vspace_common.h"
#include "state/monitor.h"

/// Slots that are used while nothing can be allocated.
#define SLOTS_RESERVED 160u

static struct capref server_ep;
static struct ram_rest rests[BOOTINFO_REGIONS_MAX];

static bool is_first(void)
{
    return monitor.core != 0;
}

/// Node of an address, which lies in a region of bootinfo.
static uint16_t node_of(genpaddr_t base)
{
    for (unsigned i = 0; i < monitor.bootinfo->regions_count; i++) {
        const struct bootinfo_region *region = &monitor.bootinfo->regions[i];
        if (region->kind == REGION_RAM && base >= region->base &&
            base - region->base < region->bytes)
            return region->node;
    }
    return monitor.bootinfo->cores[monitor.core].node;
}

/// Adds the regions of one kind as bootinfo lists them.
static void add_regions(struct memory_source *sources, unsigned *count, enum region_kind kind)
{
    for (unsigned i = 0; i < monitor.bootinfo->regions_count; i++) {
        const struct bootinfo_region *region = &monitor.bootinfo->regions[i];
        if (region->kind == kind && region->bytes != 0 && *count < BOOTINFO_REGIONS_MAX)
            sources[(*count)++] =
                (struct memory_source){{cnode_super, (cslot_t)region->slot}, *region};
    }
}

errval_t memory_sources(struct memory_source *sources, unsigned *count)
{
    *count = 0;
    add_regions(sources, count, REGION_KCB);
    if (!is_first()) {
        add_regions(sources, count, REGION_RAM);
        return SYS_ERR_OK;
    }
    size_t rests_count = 0;
    errval_t err = slot_reserve(SLOTS_RESERVED);
    if (err_is_ok(err))
        err = ram_alloc_end_regions(rests, BOOTINFO_REGIONS_MAX, &rests_count);
    for (size_t i = 0; i < rests_count && err_is_ok(err); i++) {
        if (*count == BOOTINFO_REGIONS_MAX)
            return MON_ERR_LIMIT;
        struct bootinfo_region region = {
            .base = rests[i].base,
            .bytes = rests[i].bytes,
            .kind = REGION_RAM,
            .node = node_of(rests[i].base),
        };
        sources[(*count)++] = (struct memory_source){rests[i].cap, region};
    }
    return err;
}

errval_t memory_spawn_module(const char *name, struct spawn_params *params, struct spawn_info *si)
{
    params->argc = 1;
    params->argv = &name;
    params->death_ep = cap_selfep;
    params->kernel_info = cap_kernel;
    params->group = params->domain_id & UINT16_MAX;
    return spawn_load_module(si, bootmodule_find(monitor.bootinfo, name), params);
}

static errval_t load_server(struct spawn_info *si)
{
    struct spawn_params params = {
        .domain_id = (domainid_t)monitor.core << 16 | DOMAIN_MEM_SERV,
        .supercn = true,
        .kernel = cap_kernel,
    };
    return memory_spawn_module("mem_serv", &params, si);
}

/// Gives RAM to the memory server, which finds it in SUPERCN.
static errval_t give(const struct spawn_info *si, cslot_t *slot, struct capref ram)
{
    errval_t err = spawn_add_cap(si, ROOTCN_SLOT_SUPERCN, (*slot)++, ram);
    if (err_is_ok(err))
        err = cap_delete(ram);
    // Refused for a slot that the CPU driver has filled, which is no allocator's.
    (void)slot_free(ram);
    return err;
}

errval_t memory_own(struct memory_source *own, unsigned count)
{
    if (!is_first())
        return SYS_ERR_OK;
    unsigned work = 0;
    for (unsigned i = 1; i < count; i++)
        if (own[i].region.bytes > own[work].region.bytes)
            work = i;
    if (count == 0)
        return LIB_ERR_RAM_ALLOC;
    struct spawn_info si;
    errval_t err = ram_alloc_from_region(own[work].cap);
    if (err_is_ok(err))
        err = load_server(&si);
    size_t rests_count = 0;
    if (err_is_ok(err))
        err = ram_alloc_end_regions(rests, BOOTINFO_REGIONS_MAX, &rests_count);
    cslot_t slot = 0;
    for (size_t i = 0; i < rests_count && err_is_ok(err); i++)
        err = give(&si, &slot, rests[i].cap);
    for (unsigned i = 0; i < count && err_is_ok(err); i++)
        if (i != work)
            err = give(&si, &slot, own[i].cap);
    if (err_is_ok(err))
        err = cap_mint(cap_memservep, si.selfep, SPAWN_RIGHTS_SERVICE, disp_get_domain_id());
    if (err_is_ok(err))
        err = spawn_run(&si);
    if (err_is_fail(err))
        return err;
    server_ep = si.selfep;
    ram_alloc_set(NULL);
    return SYS_ERR_OK;
}

struct capref memory_server_ep(void)
{
    return is_first() ? server_ep : cap_memservep;
}
