// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Spawning, step by step. The RAM capability that all of a domain is cut from is kept as long as it
// lives, so that its parts are not returned one by one. A failed step is undone by the same
// destruction that ends a finished domain.
#include "spawn_internal.h"

#include "barrelfish/capabilities.h"
#include "barrelfish/invocations.h"
#include "barrelfish/ram_alloc.h"
#include "barrelfish/slot_alloc.h"

errval_t spawn_run(const struct spawn_info *si)
{
    return invoke_dispatcher_run(si->dispatcher);
}

/// The dispatcher itself: its spaces, its frames, and its self endpoint.
static errval_t make_dispatcher(struct spawn_work *work)
{
    struct spawn_info *si = &work->si;
    errval_t err = invoke_dispatcher_setup(
        si->dispatcher, si->rootcn, spawn_slot(si, ROOTCN_SLOT_TASKCN, TASKCN_SLOT_VROOT),
        spawn_slot(si, ROOTCN_SLOT_TASKCN, TASKCN_SLOT_DISPFRAME), work->params->death_ep,
        si->domain_id, DISPATCHER_VADDR);
    if (err_is_ok(err)) {
        err =
            invoke_dispatcher_endpoint(si->dispatcher, SELFEP_OFFSET, SELFEP_MESSAGES, si->selfep);
    }
    if (err_is_ok(err))
        err = invoke_dispatcher_info(si->dispatcher, si->info);
    if (err_is_ok(err))
        err = invoke_kernel_begin_group(cap_kernel, si->dispatcher, work->params->group);
    return err;
}

struct gift {
    cslot_t slot;
    struct capref cap;
    uint64_t rights;
    uint64_t badge;
};

/// TASKCN: what the domain is made of, and whom it may speak to. Without GRANT it can neither
/// revoke what it lives by nor the services' endpoints, nor pass these on; without WRITE it cannot
/// change what others read too. tests/system/caps has a table of all of it, with the reasons.
static errval_t give_caps(const struct spawn_work *work)
{
    const struct spawn_params *params = work->params;
    const struct spawn_info *si = &work->si;
    const struct gift gifts[] = {
        {TASKCN_SLOT_ROOTCN, si->rootcn, CAPRIGHTS_ALL & ~CAPRIGHTS_GRANT, 0},
        {TASKCN_SLOT_DISPATCHER, si->dispatcher, CAPRIGHTS_ALL & ~CAPRIGHTS_GRANT, 0},
        {TASKCN_SLOT_SELFEP, si->selfep, CAPRIGHTS_ALL, 0},
        {TASKCN_SLOT_MONITOREP, params->monitor_ep, SPAWN_RIGHTS_SERVICE, si->domain_id},
        {TASKCN_SLOT_MEMSERVEP, params->mem_serv_ep, SPAWN_RIGHTS_SERVICE, si->domain_id},
        {TASKCN_SLOT_SPAWNDEP, params->spawnd_ep, SPAWN_RIGHTS_SERVICE, si->domain_id},
        {TASKCN_SLOT_KERNELINFO, params->kernel_info, CAPRIGHTS_READ, 0},
        {TASKCN_SLOT_KERNEL, params->kernel, CAPRIGHTS_ALL, 0},
        {TASKCN_SLOT_BOOTINFO, params->bootinfo, CAPRIGHTS_READ | CAPRIGHTS_IDENTIFY, 0},
    };
    errval_t err = SYS_ERR_OK;
    for (size_t i = 0; i < sizeof(gifts) / sizeof(gifts[0]) && err_is_ok(err); i++) {
        if (!capref_is_null(gifts[i].cap)) {
            err = spawn_mint_cap(si, ROOTCN_SLOT_TASKCN, gifts[i].slot, gifts[i].cap,
                                 gifts[i].rights, gifts[i].badge);
        }
    }
    return err;
}

/// What the caller lacks, the domain does not get.
static errval_t give_machine(const struct spawn_info *si)
{
    errval_t err = SYS_ERR_OK;
    for (cslot_t slot = TASKCN_SLOT_KERNEL; slot < L2_CNODE_SLOTS; slot++) {
        if (slot == TASKCN_SLOT_BOOTINFO)
            continue;
        err = spawn_add_cap(si, ROOTCN_SLOT_TASKCN, slot, TASKCN_CAP(slot));
        if (err_is_fail(err) &&
            (err_no(err) != SYS_ERR_CAP_NOT_FOUND || slot >= TASKCN_SLOT_PHYSADDR))
            break;
    }
    return err_no(err) == SYS_ERR_CAP_NOT_FOUND ? SYS_ERR_OK : err;
}

static errval_t build(struct spawn_work *work)
{
    errval_t err = spawn_make_objects(work);
    if (err_is_ok(err))
        err = spawn_fill(work);
    if (err_is_ok(err))
        err = spawn_make_mappings(work);
    if (err_is_ok(err))
        err = make_dispatcher(work);
    if (err_is_ok(err))
        err = give_caps(work);
    return err_is_ok(err) && work->params->machine ? give_machine(&work->si) : err;
}

static errval_t alloc_slots(struct spawn_work *work)
{
    struct capref *slots[] = {&work->si.rootcn, &work->si.dispatcher, &work->si.selfep,
                              &work->si.info};
    errval_t err = SYS_ERR_OK;
    for (size_t i = 0; i < sizeof(slots) / sizeof(slots[0]) && err_is_ok(err); i++)
        err = slot_alloc(slots[i]);
    return err;
}

static errval_t check_params(struct spawn_work *work)
{
    const struct spawn_params *params = work->params;
    struct elf_limits limits = {SPAWN_IMAGE_LOW, SPAWN_IMAGE_HIGH, SPAWN_IMAGE_MAX};
    errval_t err = elf_check(params->image, params->image_bytes, &limits, &work->elf);
    if (err_is_fail(err))
        return err_push(err, SPAWN_ERR_LOAD);
    if ((params->flags & SPAWN_FLAG_BOOTINFO) != 0 && capref_is_null(params->bootinfo))
        return LIB_ERR_INVALID_ARGS;
    const struct spawn_extent extent = {
        .modulecn = params->modulecn,
        .supercn = params->supercn,
        .bootinfo = (params->flags & SPAWN_FLAG_BOOTINFO) != 0,
        .shared_bytes = spawn_shared_bytes(params),
    };
    return spawn_layout_make(&work->layout, &work->elf, extent)
               ? SYS_ERR_OK
               : err_push(ELF_ERR_SPREAD, SPAWN_ERR_LOAD);
}

errval_t spawn_load(struct spawn_info *si, const struct spawn_params *params)
{
    struct spawn_work work = {.params = params, .si.domain_id = params->domain_id};
    errval_t err = check_params(&work);
    if (err_is_fail(err))
        return err;
    err = ram_alloc_bytes(&work.si.ram, work.layout.total, BASE_PAGE_SIZE);
    if (err_is_fail(err))
        return err_push(err, SPAWN_ERR_LOAD);
    struct frame_identity memory = {0};
    err = frame_identify(work.si.ram, &memory);
    work.si.base = memory.base;
    work.si.bytes = memory.bytes;
    if (err_is_ok(err))
        err = alloc_slots(&work);
    if (err_is_ok(err))
        err = build(&work);
    if (err_is_fail(err)) {
        (void)spawn_destroy(&work.si);
        return err_no(err) == SPAWN_ERR_ARGS ? err : err_push(err, SPAWN_ERR_LOAD);
    }
    *si = work.si;
    return SYS_ERR_OK;
}
