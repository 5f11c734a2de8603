// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Operations on single capabilities that make, change or destroy no object: copy, mint, move,
// identify, and the mark that other cores may know an object. Slots are filled and emptied here and
// nowhere else, so that an endpoint whose last sender goes is noticed here, whatever the way.

#include "lib/kassert.h"
#include "slot.h"

void caps_init(struct caps *caps, coreid_t core, uintptr_t window, const struct caps_hooks *hooks)
{
    *caps = (struct caps){.core = core, .window = window, .hooks = hooks};
}

errval_t slot_check(const struct caps_dest *dest, uint8_t type)
{
    if (!cte_empty(dest->slot))
        return SYS_ERR_SLOT_IN_USE;
    return dest->l1 && type != ObjType_L2CNode ? SYS_ERR_CNODE_TYPE : SYS_ERR_OK;
}

errval_t slot_check_new(struct caps *caps, const struct caps_dest *dest, const struct cap *cap)
{
    errval_t err = slot_check(dest, cap->type);
    return err_is_ok(err) && caps_is_held(caps, cap) ? SYS_ERR_CAP_BUSY : err;
}

void slot_fill(struct caps *caps, struct cte *slot, const struct cap *cap)
{
    *slot = (struct cte){.cap = *cap};
    caps->holds += (cap->flags & CAPFLAG_HELD) != 0;
    mdb_insert(&caps->mdb, slot);
}

/// The endpoint is closed if this one was the last own one or the last that was handed out, and
/// one of the other kind is left.
static void endpoint_left(struct caps *caps, const struct cap *gone)
{
    bool own = endpoint_is_own(gone);
    if (mdb_find_marked(&caps->mdb, gone, own) == NULL &&
        mdb_find_marked(&caps->mdb, gone, !own) != NULL)
        caps->hooks->endpoint(caps, gone, true);
}

void slot_clear(struct caps *caps, struct cte *slot)
{
    mdb_remove(&caps->mdb, slot);
    if ((slot->cap.flags & CAPFLAG_HELD) != 0) {
        kassert(caps->holds != 0); // H6
        caps->holds--;
    }
    if (slot->cap.type == ObjType_EndPointLMP)
        endpoint_left(caps, &slot->cap);
    *slot = (struct cte){0};
}

void slot_move(struct caps *caps, struct cte *to, struct cte *from)
{
    if (from->cap.type == ObjType_Mapping || (from->cap.flags & CAPFLAG_ZOMBIE) != 0) {
        mdb_replace(&caps->mdb, to, from); // neither has copies
    } else {
        mdb_remove(&caps->mdb, from);
        *to = *from;
        mdb_insert(&caps->mdb, to);
    }
    if (to->cap.type == ObjType_Mapping) {
        struct vnode *table = mapping_table(caps, &to->cap);
        uint32_t first = mapping_first(&to->cap);
        for (uint32_t i = first; i < first + to->cap.aux; i++)
            table->mapping[i] = to;
    }
    if ((to->cap.flags & CAPFLAG_ZOMBIE) != 0)
        zombie_moved(caps, to, from);
    *from = (struct cte){0};
}

static errval_t check_usable(const struct cte *cte)
{
    if (cte_empty(cte))
        return SYS_ERR_CAP_NOT_FOUND;
    return (cte->cap.flags & CAPFLAGS_BUSY) != 0 ? SYS_ERR_CAP_BUSY : SYS_ERR_OK;
}

errval_t caps_copy(struct caps *caps, const struct caps_dest *dest, struct cte *src)
{
    return caps_mint(caps, dest, src, CAPRIGHTS_ALL, 0);
}

errval_t caps_mint(struct caps *caps, const struct caps_dest *dest, struct cte *src,
                   uint64_t rights, uint64_t badge)
{
    errval_t err = check_usable(src);
    if (err_is_fail(err))
        return err;
    if (!cap_type(src->cap.type)->copyable)
        return SYS_ERR_NO_COPY;
    struct cap copy = src->cap;
    copy.rights &= (uint8_t)rights;
    copy.flags &= (uint8_t)~CAPFLAG_OWN;
    if (badge != 0) {
        if (copy.type != ObjType_EndPointLMP || badge > UINT32_MAX || endpoint_badge(&copy) != 0)
            return SYS_ERR_ARGS;
        copy.extra |= badge << 32;
    }
    err = slot_check_new(caps, dest, &copy);
    if (err_is_fail(err))
        return err;
    slot_fill(caps, dest->slot, &copy);
    if (endpoint_is_own(&src->cap))
        caps->hooks->endpoint(caps, &copy, false);
    return SYS_ERR_OK;
}

errval_t caps_move(struct caps *caps, const struct caps_dest *dest, struct cte *src)
{
    errval_t err = check_usable(src);
    if (err_is_ok(err))
        err = slot_check(dest, src->cap.type);
    if (err_is_fail(err))
        return err;
    slot_set_flag(caps, src, CAPFLAG_HELD, false); // H4
    if (endpoint_is_own(&src->cap)) {
        slot_set_flag(caps, src, CAPFLAG_OWN, false);
        caps->hooks->endpoint(caps, &src->cap, false);
    }
    slot_move(caps, dest->slot, src);
    return SYS_ERR_OK;
}

errval_t caps_identify(const struct cte *cte, struct capability *out)
{
    errval_t err = check_usable(cte);
    if (err_is_fail(err))
        return err;
    const struct cap *cap = &cte->cap;
    *out = (struct capability){.base = cap->base,
                               .bytes = cap->bytes,
                               .extra = cap->extra,
                               .type = cap->type,
                               .rights = cap->rights,
                               .flags = cap->flags,
                               .owner = cap->owner,
                               .aux = cap->aux};
    return SYS_ERR_OK;
}

errval_t caps_set_remote(struct caps *caps, struct cte *cte, bool remote)
{
    errval_t err = check_usable(cte);
    if (err_is_fail(err))
        return err;
    if (!cap_type(cte->cap.type)->sendable || !cap_type(cte->cap.type)->owned)
        return SYS_ERR_CAP_TYPE;
    // The named one first: should its copies go between two steps, the mark stays.
    slot_set_flag(caps, cte, CAPFLAG_REMOTE, remote);
    struct cap object = cte->cap;
    for (int budget = CAPS_STEP_BUDGET; budget > 0; budget -= CAPS_COST_DELETE) {
        struct cte *other = mdb_find_marked(&caps->mdb, &object, !remote);
        if (other == NULL) {
            slot_set_flag(caps, cte, CAPFLAG_HELD, false);
            return SYS_ERR_OK;
        }
        slot_set_flag(caps, other, CAPFLAG_REMOTE, remote);
    }
    slot_set_flag(caps, cte, CAPFLAG_HELD, true); // H3
    return SYS_ERR_AGAIN;
}
