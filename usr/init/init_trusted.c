// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The rest of the trusted base of core 0: the monitor, which gets the memory for all other cores
// with a bootinfo of its own that lists it, and spawnd, which starts everything else.
#include "init.h"

#include "barrelfish/capabilities.h"
#include "barrelfish/vspace_common.h"
#include "if/spawnd.h"

#include <string.h>

/// KCB regions go to the monitor as they are.
static void add_kcb(struct init_remainder *all)
{
    const struct bootinfo *info = init_bootinfo();
    for (unsigned i = 0; i < info->regions_count; i++) {
        const struct bootinfo_region *region = &info->regions[i];
        if (region->kind == REGION_KCB && all->count < BOOTINFO_REGIONS_MAX) {
            all->regions[all->count] = *region;
            all->caps[all->count++] = (struct capref){cnode_super, (cslot_t)region->slot};
        }
    }
}

/// The monitor's bootinfo: the machine as it is, and the memory that the monitor holds.
static struct capref make_bootinfo(const struct init_remainder *all)
{
    struct capref frame;
    void *mapped;
    errval_t err = frame_alloc(&frame, BOOTINFO_BYTES, NULL);
    if (err_is_ok(err))
        err = vspace_map_one_frame(&mapped, BOOTINFO_BYTES, frame, NULL, NULL);
    if (err_is_fail(err))
        init_die(err, "no memory for the monitor's boot information");
    struct bootinfo *info = mapped;
    *info = *init_bootinfo();
    memset(info->regions, 0, sizeof(info->regions));
    info->regions_count = (uint16_t)all->count;
    for (size_t i = 0; i < all->count; i++) {
        info->regions[i] = all->regions[i];
        info->regions[i].slot = i;
    }
    err = vspace_unmap(mapped);
    if (err_is_fail(err))
        init_die(err, "the monitor's boot information");
    return frame;
}

static errval_t give_modules(const struct spawn_info *si)
{
    const struct bootinfo *info = init_bootinfo();
    errval_t err = SYS_ERR_OK;
    for (unsigned i = 0; i < info->modules_count && err_is_ok(err); i++) {
        cslot_t slot = info->modules[i].slot;
        if (info->modules[i].bytes != 0) {
            err =
                spawn_add_cap(si, ROOTCN_SLOT_MODULECN, slot, (struct capref){cnode_module, slot});
        }
    }
    return err;
}

/// Loads a domain out of a boot module and gives it all modules.
static errval_t load(const char *name, struct spawn_params *params, struct spawn_info *si)
{
    params->argc = 1;
    params->argv = &name;
    params->flags = SPAWN_FLAG_BOOTINFO;
    params->modulecn = true;
    params->death_ep = cap_selfep;
    params->kernel_info = cap_kernel;
    params->group = params->domain_id;
    errval_t err = spawn_load_module(si, init_need_module(name), params);
    return err_is_ok(err) ? give_modules(si) : err;
}

struct capref init_start_monitor(const struct init_remainder *remainder, struct capref mem_serv_ep)
{
    static struct init_remainder all;
    struct spawn_info si;
    all = *remainder;
    add_kcb(&all);
    struct spawn_params params = {
        .domain_id = DOMAIN_MONITOR,
        .supercn = true,
        .bootinfo = make_bootinfo(&all),
        .kernel = cap_kernel,
        .mem_serv_ep = mem_serv_ep,
    };
    errval_t err = load("monitor", &params, &si);
    for (size_t i = 0; i < all.count && err_is_ok(err); i++)
        err = spawn_give_cap(&si, ROOTCN_SLOT_SUPERCN, (cslot_t)i, all.caps[i]);
    if (err_is_ok(err))
        err = cap_mint(cap_monitorep, si.selfep, SPAWN_RIGHTS_SERVICE, disp_get_domain_id());
    if (err_is_ok(err))
        err = cap_destroy(params.bootinfo);
    if (err_is_ok(err))
        err = spawn_run(&si);
    if (err_is_fail(err))
        init_die(err, "the monitor cannot be started");
    return si.selfep;
}

/// Physical memory that is not RAM lies in init's SUPERCN, between the rest.
static errval_t give_physaddrs(const struct spawn_info *si)
{
    const struct bootinfo *info = init_bootinfo();
    cslot_t slot = TASKCN_SLOT_PHYSADDR;
    errval_t err = SYS_ERR_OK;
    for (unsigned i = 0; i < info->regions_count && slot < L2_CNODE_SLOTS; i++) {
        const struct bootinfo_region *region = &info->regions[i];
        if (err_is_ok(err) && region->kind == REGION_DEVICE && region->bytes > 0) {
            struct capref cap = {cnode_super, (cslot_t)region->slot};
            err = spawn_add_cap(si, ROOTCN_SLOT_TASKCN, slot++, cap);
        }
    }
    return err;
}

void init_start_spawnd(struct capref monitor_ep, struct capref mem_serv_ep)
{
    struct spawn_info si;
    struct spawn_params params = {
        .domain_id = DOMAIN_SPAWND,
        .machine = true,
        .bootinfo = cap_bootinfo,
        .monitor_ep = monitor_ep,
        .mem_serv_ep = mem_serv_ep,
    };
    errval_t err = load("spawnd", &params, &si);
    if (err_is_ok(err))
        err = give_physaddrs(&si);
    if (err_is_ok(err))
        err = spawn_add_cap(&si, ROOTCN_SLOT_ARGCN, SPAWND_ARG_MONITOREP, monitor_ep);
    if (err_is_ok(err))
        err = spawn_add_cap(&si, ROOTCN_SLOT_ARGCN, SPAWND_ARG_MEMSERVEP, mem_serv_ep);
    if (err_is_ok(err))
        err = cap_mint(cap_spawndep, si.selfep, SPAWN_RIGHTS_SERVICE, disp_get_domain_id());
    if (err_is_ok(err))
        err = spawn_run(&si);
    if (err_is_fail(err))
        init_die(err, "spawnd cannot be started");
}
