// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Gives a new core its memory and wakes it. What it is given leaves this core's database, as if a
// message had carried it; the hand-over itself (boot_handover, and struct core_start in the new
// core's bootinfo frame) is the only memory that two CPU drivers both touch, and this one touches
// it never again.

#include "start_core.h"

#include "arch/x86_64/machine.h"
#include "arch/x86_64/space.h"
#include "dispatch.h"
#include "kcb.h"
#include "panic.h"

struct plan {
    struct bootinfo *bootinfo;
    struct cte *frame, *pool;
    struct cte *regions[BOOTINFO_REGIONS_START_MAX];
};

static bool overlaps(const struct bootinfo_region *a, const struct bootinfo_region *b)
{
    return a->base < b->base + b->bytes && b->base < a->base + a->bytes;
}

static errval_t check_region(const struct bootinfo *bootinfo, unsigned index, struct cte **ret)
{
    const struct bootinfo_region *region = &bootinfo->regions[index];
    enum objtype type = region->kind == REGION_RAM ? ObjType_RAM : ObjType_Frame;
    if (region->kind != REGION_RAM && region->kind != REGION_SHARED)
        return SYS_ERR_CORE_DATA;
    for (unsigned i = 0; i < index; i++) {
        if (overlaps(&bootinfo->regions[i], region))
            return SYS_ERR_CORE_DATA;
    }
    errval_t err = caps_lookup(&kcb.caps, &kcb.current->slots.cspace.cap, region->slot, ret);
    if (err_is_fail(err))
        return err;
    if ((*ret)->cap.type != type)
        return SYS_ERR_CAP_TYPE;
    if (((*ret)->cap.rights & CAPRIGHTS_WRITE) == 0)
        return SYS_ERR_RIGHTS;
    if ((*ret)->cap.base != region->base || (*ret)->cap.bytes != region->bytes)
        return SYS_ERR_CORE_DATA;
    return type == ObjType_RAM ? caps_surrender_check(&kcb.caps, *ret) : SYS_ERR_OK;
}

static errval_t check_bootinfo(struct caps_call *call, struct plan *plan)
{
    struct bootinfo *bootinfo = plan->bootinfo;
    if (bootinfo->magic != BOOTINFO_MAGIC || bootinfo->core_id != call->args[0] ||
        bootinfo->regions_count >= BOOTINFO_REGIONS_START_MAX ||
        bootinfo->modules_count > BOOTINFO_MODULES_MAX ||
        bootinfo->cores_count > BOOTINFO_CORES_MAX)
        return SYS_ERR_CORE_DATA;
    for (unsigned i = 0; i < bootinfo->regions_count; i++) {
        errval_t err = check_region(bootinfo, i, &plan->regions[i]);
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

// The rest of the pool, beyond the new core's own part, goes to it as well, for those that it
// starts.
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

// The frame of the channel between the two monitors: the caller's, with few copies, so that one
// step marks them all.
static void mark_shared(struct cte *frame)
{
    errval_t err;
    do
        err = caps_set_remote(&kcb.caps, frame, true);
    while (err_no(err) == SYS_ERR_AGAIN);
    kassert(err_is_ok(err));
}

errval_t start_core(struct caps_call *call)
{
    struct plan plan;
    errval_t err = check(call, &plan);
    if (err_is_fail(err))
        return err;

    struct bootinfo *bootinfo = plan.bootinfo;
    for (unsigned i = 0; i < bootinfo->regions_count; i++) {
        if (bootinfo->regions[i].kind == REGION_RAM) {
            caps_surrender(&kcb.caps, plan.regions[i]);
        } else {
            bootinfo->regions[i].owner = kcb.core_id;
            mark_shared(plan.regions[i]);
        }
    }
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
