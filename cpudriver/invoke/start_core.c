// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Gives a new core its memory and wakes it. What it is given leaves this core's database, as if a
// message had carried it; the hand-over itself (boot_handover, and struct core_start in the new
// core's bootinfo frame) is the only memory that two CPU drivers both touch, and this one touches
// it never again.

#include "invoke/invoke.h"

#include "kcb/dcb.h"
#include "kpi/bootinfo.h"
#include "machine/machine.h"
#include "machine/panic.h"
#include "machine/space.h"

struct plan {
    struct bootinfo *bootinfo;
    struct cte *frame, *pool;
    struct cte *regions[BOOTINFO_REGIONS_START_MAX];
};

static bool overlaps(const struct bootinfo_region *a, const struct bootinfo_region *b)
{
    return a->base < b->base + b->bytes && b->base < a->base + a->bytes;
}

/// RAM moves; a frame stays here too, so it must be this core's, and not the one that moves.
static errval_t check_region(struct plan *plan, unsigned index)
{
    const struct bootinfo_region *regions = plan->bootinfo->regions, *region = &regions[index];
    enum objtype type = region->kind == REGION_RAM ? ObjType_RAM : ObjType_Frame;
    if (region->kind != REGION_RAM && region->kind != REGION_SHARED)
        return SYS_ERR_CORE_DATA;
    for (unsigned i = 0; i < index; i++)
        if (overlaps(&regions[i], region))
            return SYS_ERR_CORE_DATA;
    struct cte *cte;
    errval_t err = caps_lookup(&kcb.caps, &kcb.current->slots.cspace.cap, region->slot, &cte);
    if (err_is_fail(err))
        return err;
    const struct cap *cap = &cte->cap;
    if (cap->type != type)
        return SYS_ERR_CAP_TYPE;
    if ((cap->rights & CAPRIGHTS_WRITE) == 0)
        return SYS_ERR_RIGHTS;
    if (cap->base != region->base || cap->bytes != region->bytes)
        return SYS_ERR_CORE_DATA;
    plan->regions[index] = cte;
    if (type == ObjType_RAM)
        return caps_surrender_check(&kcb.caps, cte);
    return cap->owner == kcb.core_id && cte != plan->frame ? SYS_ERR_OK : SYS_ERR_CORE_DATA;
}

static errval_t check_bootinfo(struct caps_call *call, struct plan *plan)
{
    const struct bootinfo *bootinfo = plan->bootinfo;
    if (bootinfo->magic != BOOTINFO_MAGIC || bootinfo->core_id != call->args[0] ||
        bootinfo->regions_count >= BOOTINFO_REGIONS_START_MAX ||
        bootinfo->modules_count > BOOTINFO_MODULES_MAX ||
        bootinfo->cores_count > BOOTINFO_CORES_MAX)
        return SYS_ERR_CORE_DATA;
    for (unsigned i = 0; i < bootinfo->regions_count; i++) {
        errval_t err = check_region(plan, i);
        if (err_is_fail(err))
            return err;
    }
    return SYS_ERR_OK;
}

static errval_t check(struct caps_call *call, struct plan *plan)
{
    uint64_t core = call->args[0], apic = call->args[1];
    if (core == 0 || core >= BOOTINFO_CORES_MAX || apic >= APIC_ID_ALL)
        return SYS_ERR_CORE_INVALID;
    const lpaddr_t *handover = window_ptr((lpaddr_t)boot_handover);
    if (handover[apic] != 0)
        return SYS_ERR_CORE_INVALID;
    plan->frame = call->operands[2].cap;
    plan->pool = call->operands[3].cap;
    if (plan->frame->cap.bytes != BOOTINFO_BYTES || plan->frame->cap.base % BASE_PAGE_SIZE != 0)
        return SYS_ERR_CORE_DATA;
    errval_t err = caps_surrender_check(&kcb.caps, plan->frame);
    if (err_is_fail(err))
        return err;
    err = caps_surrender_check(&kcb.caps, plan->pool);
    if (err_is_fail(err))
        return err;
    plan->bootinfo = window_ptr(plan->frame->cap.base);
    return check_bootinfo(call, plan);
}

/// The rest of the pool, beyond the new core's own part, goes to it as well, for those that it
/// starts.
static void give_pool(struct bootinfo *bootinfo, const struct cap *pool)
{
    if (pool->bytes == OBJSIZE_KCB)
        return;
    bootinfo->regions[bootinfo->regions_count++] = (struct bootinfo_region){
        .base = pool->base + OBJSIZE_KCB,
        .bytes = pool->bytes - OBJSIZE_KCB,
        .kind = REGION_KCB,
        .node = bootinfo->cores[bootinfo->core_id].node,
    };
}

/// Marks what both cores will hold. A frame with many copies takes several calls (SYS_ERR_AGAIN),
/// so this comes before anything is given away.
static errval_t mark_shared(const struct plan *plan)
{
    errval_t err = SYS_ERR_OK;
    for (unsigned i = 0; i < plan->bootinfo->regions_count && err_is_ok(err); i++)
        if (plan->bootinfo->regions[i].kind == REGION_SHARED)
            err = caps_set_remote(&kcb.caps, plan->regions[i], true);
    return err;
}

errval_t start_core(struct caps_call *call)
{
    struct plan plan;
    errval_t err = check(call, &plan);
    if (err_is_ok(err))
        err = mark_shared(&plan);
    if (err_is_fail(err))
        return err;

    struct bootinfo *bootinfo = plan.bootinfo;
    for (unsigned i = 0; i < bootinfo->regions_count; i++)
        if (bootinfo->regions[i].kind == REGION_RAM)
            caps_surrender(&kcb.caps, plan.regions[i]);
        else
            bootinfo->regions[i].owner = kcb.core_id;
    give_pool(bootinfo, &plan.pool->cap);

    lpaddr_t private_base = plan.pool->cap.base, frame = plan.frame->cap.base;
    struct core_start *start = window_ptr(frame + CORE_START_OFFSET);
    *start = (struct core_start){
        .stack_top = private_base + OBJSIZE_KCB,
        .private_base = private_base,
        .bootinfo = frame,
        .apic_id = (uint32_t)call->args[1],
        .core_id = (coreid_t)call->args[0],
    };
    caps_surrender(&kcb.caps, plan.pool);
    caps_surrender(&kcb.caps, plan.frame);
    ((volatile lpaddr_t *)window_ptr((lpaddr_t)boot_handover))[call->args[1]] =
        frame + CORE_START_OFFSET;
    apic_start_core((uint32_t)call->args[1], (uint8_t)(kcb.space.trampoline >> BASE_PAGE_BITS));
    return SYS_ERR_OK;
}
