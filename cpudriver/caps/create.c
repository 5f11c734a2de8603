// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Capabilities that come from nowhere on this core: made by the CPU driver itself, or sent by
// another core's monitor. Whoever asks is trusted to know what it may have, but not to keep
// this core's database consistent: that is checked here. Endpoints of dispatchers are here too.

#include "kpi/dispatcher.h"
#include "slot.h"

/// Most objects that a new one may find inside of it.
#define CHILDREN_MAX 64u

/// Checks that what this core has inside of a new object can have been made from it.
static errval_t check_children(const struct caps *caps, const struct cap *cap)
{
    genpaddr_t from = cap->base;
    for (unsigned i = 0; i < CHILDREN_MAX; i++) {
        struct cte *child = mdb_find_inner(&caps->mdb, cap, from, cap_end(cap));
        if (child == NULL)
            return SYS_ERR_OK;
        if ((child->cap.flags & CAPFLAG_ZOMBIE) != 0)
            return SYS_ERR_CAP_BUSY;
        if (!cap_type_reaches(cap->type, child->cap.type))
            return SYS_ERR_RETYPE_RANGE;
        from = cap_end(&child->cap);
    }
    return SYS_ERR_RETYPE_RANGE;
}

/// Checks that a new object has its place among those of this core.
static errval_t check_place(const struct caps *caps, const struct cap *cap)
{
    const struct cte *copy = mdb_find_copy(&caps->mdb, cap, NULL);
    if (copy != NULL)
        return (copy->cap.flags & CAPFLAGS_BUSY) != 0 ? SYS_ERR_CAP_BUSY : SYS_ERR_OK;
    if (mdb_crosses(&caps->mdb, cap))
        return SYS_ERR_RETYPE_RANGE;
    const struct cte *ancestor = mdb_find_ancestor(&caps->mdb, cap);
    if (ancestor != NULL && (ancestor->cap.flags & CAPFLAGS_BUSY) != 0)
        return SYS_ERR_CAP_BUSY;
    if (ancestor != NULL && !cap_type_reaches(ancestor->cap.type, cap->type))
        return SYS_ERR_RETYPE_RANGE;
    return check_children(caps, cap);
}

static errval_t create(struct caps *caps, const struct caps_dest *dest, const struct cap *cap)
{
    errval_t err = slot_check(dest, cap->type);
    if (err_is_ok(err))
        err = check_place(caps, cap);
    if (err_is_ok(err) && caps_is_held(caps, cap))
        err = SYS_ERR_CAP_BUSY;
    if (err_is_ok(err))
        slot_fill(caps, dest->slot, cap);
    return err;
}

/// Endpoints and mappings exist only together with what they belong to.
static bool well_formed(uint8_t type, uint64_t base, uint64_t bytes, uint8_t rights)
{
    return cap_type_fits(type, base, bytes) && type != ObjType_Mapping &&
           type != ObjType_EndPointLMP && (rights & ~CAPRIGHTS_ALL) == 0;
}

errval_t caps_create(struct caps *caps, const struct caps_dest *dest, const struct cap *cap)
{
    if (!well_formed(cap->type, cap->base, cap->bytes, cap->rights) || cap->flags != 0)
        return SYS_ERR_ARGS;
    struct cap made = *cap;
    made.owner = caps->core;
    return create(caps, dest, &made);
}

errval_t caps_create_foreign(struct caps *caps, const struct caps_dest *dest,
                             const struct capability *sent)
{
    if (!well_formed(sent->type, sent->base, sent->bytes, sent->rights) ||
        (sent->flags & ~CAPFLAG_REMOTE) != 0)
        return SYS_ERR_ARGS;
    const struct cap_type *type = cap_type(sent->type);
    if (!type->sendable)
        return SYS_ERR_CAP_TYPE;
    struct cap cap = cap_make(sent->type, sent->base, sent->bytes);
    cap.rights = sent->rights;
    cap.owner = type->owned ? sent->owner : caps->core;
    if (type->owned && (cap.owner != caps->core || (sent->flags & CAPFLAG_REMOTE) != 0))
        cap.flags = CAPFLAG_REMOTE;
    const struct cte *copy = mdb_find_copy(&caps->mdb, &cap, NULL);
    if (copy != NULL) {
        if (copy->cap.owner != cap.owner)
            return SYS_ERR_ARGS;
        cap.flags = copy->cap.flags & CAPFLAG_REMOTE;
    }
    return create(caps, dest, &cap);
}

errval_t caps_surrender_check(const struct caps *caps, const struct cte *cte)
{
    if (cte_empty(cte))
        return SYS_ERR_CAP_NOT_FOUND;
    const struct cap *cap = &cte->cap;
    if ((cap->flags & CAPFLAGS_BUSY) != 0)
        return SYS_ERR_CAP_BUSY;
    const struct cap_type *type = cap_type(cap->type);
    if (!type->sendable || !type->owned)
        return SYS_ERR_CAP_TYPE;
    if (cap->owner != caps->core || (cap->flags & CAPFLAG_REMOTE) != 0)
        return SYS_ERR_REMOTE;
    if (mdb_find_copy(&caps->mdb, cap, cte) != NULL || mdb_find_ancestor(&caps->mdb, cap) != NULL)
        return SYS_ERR_HAS_COPIES;
    return mdb_find_descendant(&caps->mdb, cap) != NULL ? SYS_ERR_REVOKE_FIRST : SYS_ERR_OK;
}

void caps_surrender(struct caps *caps, struct cte *cte)
{
    slot_clear(caps, cte);
}

/// Whether an endpoint may be there, by its numbers alone.
static bool endpoint_fits(uint64_t offset, uint64_t messages)
{
    return offset % 64 == 0 && offset >= sizeof(struct dispatcher_shared) &&
           offset <= DISPATCHER_FRAME_MAX && messages >= 1 &&
           messages <= LMP_ENDPOINT_MESSAGES_MAX && (messages & (messages - 1)) == 0;
}

errval_t caps_endpoint_create(struct caps *caps, struct cte *dispatcher, uint64_t offset,
                              uint64_t messages, bool own, const struct caps_dest *dest)
{
    if (dispatcher->cap.type != ObjType_Dispatcher)
        return SYS_ERR_CAP_TYPE;
    if ((dispatcher->cap.flags & CAPFLAGS_BUSY) != 0)
        return SYS_ERR_CAP_BUSY;
    if (!endpoint_fits(offset, messages))
        return SYS_ERR_ARGS;
    const struct cte *frame = &caps_dispatcher_slots(caps, dispatcher->cap.base)->frame;
    if (!cte_is(frame, ObjType_Frame))
        return SYS_ERR_DISP_NOT_READY;
    if (offset + LMP_ENDPOINT_BYTES(messages) > frame->cap.bytes)
        return SYS_ERR_DISP_FRAME;
    struct cap cap = cap_make(ObjType_EndPointLMP, dispatcher->cap.base, dispatcher->cap.bytes);
    cap.extra = offset;
    cap.aux = (uint16_t)messages;
    cap.owner = caps->core;
    const struct cte *there = mdb_find_copy(&caps->mdb, &cap, NULL);
    if (there != NULL && there->cap.aux != cap.aux)
        return SYS_ERR_ARGS;
    cap.flags = own ? CAPFLAG_OWN : 0;
    errval_t err = slot_check_new(caps, dest, &cap);
    if (err_is_fail(err))
        return err;
    slot_fill(caps, dest->slot, &cap);
    if (own)
        caps->hooks->endpoint(caps, &cap, false);
    return SYS_ERR_OK;
}
