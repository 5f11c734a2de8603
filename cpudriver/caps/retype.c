// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Retype: new objects out of a part of an existing one. It goes in steps, because memory that
// user space will see or the kernel will trust is cleared first: an object exists, unusable,
// from the step that begins to clear it (CAPFLAG_CLEARING, progress in extra). The caller's
// repeated call finds the objects that it has made so far in the destination slots; nothing
// about a retype under way is stored anywhere else.

#include "slot.h"

#include "lib/string.h"

/// A retype that was found to be allowed.
struct plan {
    struct cap object; ///< the first one; the others follow in memory
    struct cte *slot;  ///< of the first one
    uint32_t count;
    uint32_t present;  ///< objects that exist already: a prefix
    uint32_t finished; ///< objects that are usable already: a prefix of that
    bool clears;
};

static errval_t check_source(const struct caps *caps, const struct cap *src, uint32_t type)
{
    if (src->type == ObjType_Null)
        return SYS_ERR_CAP_NOT_FOUND;
    const struct cap_type *row = cap_type(src->type);
    if (type >= ObjType_Num || (row->retype_into >> type & 1) == 0)
        return SYS_ERR_INVALID_RETYPE;
    if ((src->flags & CAPFLAGS_BUSY) != 0 || caps_is_held(caps, src))
        return SYS_ERR_CAP_BUSY;
    bool foreign = row->owned && src->owner != caps->core;
    return foreign || (src->flags & CAPFLAG_REMOTE) != 0 ? SYS_ERR_REMOTE : SYS_ERR_OK;
}

/// Checks the range and sets the plan's object, count and clears.
static errval_t check_range(const struct cap *src, gensize_t offset, uint8_t type,
                            gensize_t objsize, uint32_t count, struct plan *plan)
{
    const struct cap_type *row = cap_type(type);
    if (objsize == 0 && row->min == row->max)
        objsize = row->min;
    if (count == 0 || count > CAPS_RETYPE_COUNT_MAX || offset > src->bytes || objsize == 0 ||
        objsize > (src->bytes - offset) / count)
        return SYS_ERR_RETYPE_RANGE;
    // An object of the same type and range would be a copy.
    if (type == src->type && objsize == src->bytes)
        return SYS_ERR_RETYPE_RANGE;
    if (!cap_type_fits(type, src->base + offset, objsize))
        return SYS_ERR_RETYPE_RANGE;
    plan->object = *src;
    plan->object.base += offset;
    plan->object.bytes = objsize;
    plan->object.type = type;
    plan->object.extra = 0;
    plan->object.aux = 0;
    plan->count = count;
    plan->clears = row->cleared && src->type == ObjType_RAM;
    return SYS_ERR_OK;
}

static bool clearing(const struct cte *cte)
{
    return (cte->cap.flags & CAPFLAG_CLEARING) != 0;
}

/// Whether a slot holds what an earlier step of this retype left there.
static bool made_before(const struct plan *plan, uint32_t i)
{
    const struct cap *cap = &plan->slot[i].cap;
    return cap->type == plan->object.type && cap->bytes == plan->object.bytes &&
           cap->base == plan->object.base + i * plan->object.bytes &&
           (cap->flags & CAPFLAG_ZOMBIE) == 0;
}

/// Checks the slots and sets the plan's slot, present and finished.
static errval_t check_slots(const struct caps_dest *dest, struct plan *plan)
{
    if (dest->l1 && plan->object.type != ObjType_L2CNode)
        return SYS_ERR_CNODE_TYPE;
    if (dest->room < plan->count)
        return SYS_ERR_SLOT_INVALID;
    plan->slot = dest->slot;
    plan->present = 0;
    while (plan->present < plan->count && made_before(plan, plan->present))
        plan->present++;
    for (uint32_t i = plan->present; i < plan->count; i++)
        if (!cte_empty(&plan->slot[i]))
            return SYS_ERR_SLOT_IN_USE;
    plan->finished = 0;
    while (plan->finished < plan->present && !clearing(&plan->slot[plan->finished]))
        plan->finished++;
    // A call that leaves nothing to do never asked to be repeated.
    return plan->finished == plan->count ? SYS_ERR_SLOT_IN_USE : SYS_ERR_OK;
}

/// Clears up to *bytes of an object. Returns whether it is usable now.
static bool clear_some(struct caps *caps, struct cap *cap, gensize_t *bytes)
{
    gensize_t now = cap->bytes - cap->extra < *bytes ? cap->bytes - cap->extra : *bytes;
    memset(caps_ptr(caps, cap->base + cap->extra), 0, now);
    *bytes -= now;
    cap->extra += now;
    if (cap->extra < cap->bytes)
        return false;
    cap->extra = 0;
    cap->flags &= (uint8_t)~CAPFLAG_CLEARING;
    return true;
}

/// Makes one bounded step. Returns the number of objects finished.
static uint32_t act(struct caps *caps, const struct plan *plan)
{
    gensize_t bytes = CAPS_RETYPE_STEP_BYTES;
    uint32_t end = plan->present + CAPS_RETYPE_STEP_OBJECTS;
    uint32_t i = plan->finished;
    for (; i < plan->count && i < end; i++) {
        struct cte *slot = &plan->slot[i];
        if (i >= plan->present) {
            if (plan->clears && bytes == 0)
                return i;
            struct cap object = plan->object;
            object.base += i * object.bytes;
            object.flags = plan->clears ? CAPFLAG_CLEARING : 0;
            slot_fill(caps, slot, &object);
        }
        if (clearing(slot) && !clear_some(caps, &slot->cap, &bytes))
            return i;
    }
    return i;
}

errval_t caps_retype(struct caps *caps, struct cte *src, gensize_t offset, uint32_t type,
                     gensize_t objsize, uint32_t count, const struct caps_dest *dest,
                     uint32_t *done)
{
    struct plan plan;
    errval_t err = check_source(caps, &src->cap, type);
    if (err_is_ok(err))
        err = check_range(&src->cap, offset, (uint8_t)type, objsize, count, &plan);
    if (err_is_ok(err))
        err = check_slots(dest, &plan);
    if (err_is_fail(err))
        return err;
    genpaddr_t rest = plan.object.base + plan.present * plan.object.bytes;
    genpaddr_t end = plan.object.base + plan.count * plan.object.bytes;
    if (rest < end && mdb_find_inner(&caps->mdb, &src->cap, rest, end) != NULL)
        return SYS_ERR_REVOKE_FIRST;
    *done = act(caps, &plan);
    return *done < plan.count ? SYS_ERR_AGAIN : SYS_ERR_OK;
}
