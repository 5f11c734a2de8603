// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Taking memory back by force, the last step of an abort protocol (Engler, Kaashoek, O'Toole,
// "Exokernel: an operating system architecture for application-level resource management", SOSP
// 1995): a RAM capability that covers the range is made first, then everything under it is
// deleted. So the memory is the caller's from the first step on, nothing comes back piece by piece,
// and what is deleted last is no longer worth anything.
//
// Outermost objects go first, and nobody can use what is left in the range meanwhile (caps_lookup):
// whoever still holds something there can only delete it, so that the deletions come to an end.
// What other cores may hold stays, with all that lies in it: it cannot be judged on one core.

#include "slot.h"

static bool is_cover(const struct cte *slot, const struct cap *range)
{
    return cte_is(slot, ObjType_RAM) && slot->cap.base == range->base &&
           slot->cap.bytes == range->bytes;
}

/// Whether a slot lies in the memory that is to be covered.
static bool lies_in(const struct caps *caps, const struct cte *slot, const struct cap *range)
{
    return (uintptr_t)slot - (uintptr_t)caps_ptr(caps, range->base) < range->bytes;
}

static errval_t make_cover(struct caps *caps, const struct caps_dest *dest, const struct cap *range)
{
    if (!cap_type_fits(ObjType_RAM, range->base, range->bytes) || lies_in(caps, dest->slot, range))
        return SYS_ERR_ARGS;
    errval_t err = slot_check(dest, ObjType_RAM);
    if (err_is_fail(err))
        return err;
    if (mdb_crosses(&caps->mdb, range) || mdb_find_ancestor(&caps->mdb, range) != NULL)
        return SYS_ERR_RETYPE_RANGE;
    const struct cte *copy = mdb_find_copy(&caps->mdb, range, NULL);
    if (copy != NULL && (copy->cap.flags & CAPFLAG_REMOTE) != 0)
        return SYS_ERR_REMOTE;
    // Notes on memory that waits to be returned are no capabilities that could be deleted.
    if (caps->unreturned != NULL) {
        caps_step(caps);
        return SYS_ERR_CAP_BUSY;
    }
    slot_fill(caps, dest->slot, range);
    caps->reclaim_base = range->base;
    caps->reclaim_bytes = range->bytes;
    return SYS_ERR_OK;
}

static errval_t end(struct caps *caps, errval_t err)
{
    caps->reclaim_bytes = 0;
    return err;
}

errval_t caps_reclaim(struct caps *caps, const struct caps_dest *dest, genpaddr_t base,
                      gensize_t bytes, genpaddr_t *from)
{
    struct cap range = cap_make(ObjType_RAM, base, bytes);
    range.owner = caps->core;
    if (!is_cover(dest->slot, &range)) {
        errval_t err = make_cover(caps, dest, &range);
        if (err_is_fail(err))
            return err;
    }
    if (*from < base)
        *from = base;
    for (int budget = CAPS_STEP_BUDGET; budget > 0;) {
        if (!is_cover(dest->slot, &range))
            return end(caps, SYS_ERR_CAP_NOT_FOUND);
        struct cte *victim = mdb_find_copy(&caps->mdb, &range, dest->slot);
        if (victim == NULL)
            victim = mdb_find_inner(&caps->mdb, &range, *from, cap_end(&range));
        if (victim == NULL) {
            victim = mdb_find_descendant(&caps->mdb, &range);
            return end(caps, victim == NULL ? SYS_ERR_OK : SYS_ERR_REMOTE);
        }
        if ((victim->cap.flags & CAPFLAG_REMOTE) != 0) {
            *from = cap_end(&victim->cap);
            budget -= CAPS_COST_DELETE;
        } else if (slot_delete_step(caps, victim, &budget) == PROGRESS_ZOMBIE &&
                   !zombie_step(caps, victim, &budget)) {
            return SYS_ERR_AGAIN;
        }
    }
    return SYS_ERR_AGAIN;
}
