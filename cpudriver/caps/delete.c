// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Deletion and revocation, in primitive steps of bounded cost. What a slot's deletion needs is read
// from the database at each step; nothing is remembered between steps but zombies (zombie.c) and
// holds (hold.c), so anything may happen in between, except that what is to go grows. Each call
// works on what it was asked to delete: others' deletions cost it nothing.
//
// Memory goes back when no capability covers it: the last copy of a RAM or Frame that has no
// ancestor gives back the gaps between its descendants, from the left, becoming smaller each time.
// Each descendant then has no ancestor and does likewise, later. Memory that nobody takes at
// once waits on a list, whose links lie in that memory.
//
// Circle: what is deleted may be a container, which is emptied by deletions, and a slot that is
// filled, emptied or moved on the way belongs to a Mapping or a zombie, which must know.

#include "slot.h"

void memory_return(struct caps *caps, genpaddr_t base, gensize_t bytes)
{
    if (caps->hooks->return_ram(caps, base, bytes))
        return;
    struct cap note = cap_make(ObjType_RAM, base, bytes);
    note.flags = CAPFLAG_ZOMBIE;
    note.owner = caps->core;
    struct cte *slot = caps_ptr(caps, base);
    slot_fill(caps, slot, &note);
    slot->next = caps->unreturned;
    caps->unreturned = slot;
    caps->unreturned_bytes += bytes;
}

bool caps_return_again(struct caps *caps)
{
    struct cte *slot = caps->unreturned;
    if (slot == NULL)
        return false;
    struct cap note = slot->cap;
    caps->unreturned = slot->next;
    caps->unreturned_bytes -= note.bytes;
    slot_clear(caps, slot);
    memory_return(caps, note.base, note.bytes);
    return caps->unreturned != slot;
}

/// The last copy of an object whose memory is RAM, and which has nothing left in it that must go
/// first.
static enum progress memory_step(struct caps *caps, struct cte *slot)
{
    struct cap cap = slot->cap;
    if (mdb_find_ancestor(&caps->mdb, &cap) != NULL) {
        slot_clear(caps, slot);
        return PROGRESS_DONE;
    }
    const struct cte *inner = mdb_find_descendant(&caps->mdb, &cap);
    genpaddr_t gap_end = inner != NULL ? inner->cap.base : cap_end(&cap);
    genpaddr_t rest = inner != NULL ? cap_end(&inner->cap) : cap_end(&cap);
    slot_clear(caps, slot);
    if (rest < cap_end(&cap)) {
        struct cap smaller = cap;
        smaller.base = rest;
        smaller.bytes = cap_end(&cap) - rest;
        slot_fill(caps, slot, &smaller);
    }
    if (gap_end > cap.base)
        memory_return(caps, cap.base, gap_end - cap.base);
    return cte_empty(slot) ? PROGRESS_DONE : PROGRESS_MORE;
}

/// The last copy of an object that no other core knows of, or none that matters.
static enum progress object_step(struct caps *caps, struct cte *slot, int *budget)
{
    const struct cap *cap = &slot->cap;
    const struct cap_type *type = cap_type(cap->type);
    struct cte *mapping = type->pages ? mdb_find_mapping(&caps->mdb, cap) : NULL;
    if (mapping != NULL) {
        mapping_delete(caps, mapping, budget);
        if (*budget <= 0)
            slot_set_flag(caps, slot, CAPFLAG_HELD, true); // H3
        return PROGRESS_MORE;
    }
    // What is half cleared holds no slots yet.
    if (type->contains && (cap->flags & CAPFLAG_CLEARING) == 0) {
        zombie_begin(caps, slot);
        return PROGRESS_ZOMBIE;
    }
    if (type->returned && cap->owner == caps->core) {
        *budget -= CAPS_COST_DELETE;
        return memory_step(caps, slot);
    }
    slot_clear(caps, slot);
    return PROGRESS_DONE;
}

enum progress slot_delete_step(struct caps *caps, struct cte *slot, int *budget)
{
    *budget -= 1;
    if ((slot->cap.flags & CAPFLAG_ZOMBIE) != 0)
        return PROGRESS_ZOMBIE;
    if (slot->cap.type == ObjType_Mapping) {
        mapping_delete(caps, slot, budget);
        return PROGRESS_DONE;
    }
    *budget -= CAPS_COST_DELETE;
    if (mdb_find_copy(&caps->mdb, &slot->cap, slot) != NULL) {
        slot_clear(caps, slot);
        return PROGRESS_DONE;
    }
    if ((slot->cap.flags & CAPFLAG_REMOTE) != 0) {
        if (!caps->hooks->return_remote(caps, slot))
            return PROGRESS_BLOCKED;
        if (cte_empty(slot))
            return PROGRESS_DONE;
    }
    return object_step(caps, slot, budget);
}

errval_t caps_delete(struct caps *caps, struct cte *cte)
{
    if (cte_empty(cte))
        return SYS_ERR_CAP_NOT_FOUND;
    int budget = CAPS_STEP_BUDGET;
    while (budget > 0) {
        enum progress progress = slot_delete_step(caps, cte, &budget);
        if (progress == PROGRESS_BLOCKED)
            return SYS_ERR_AGAIN;
        // What is no zombie is what is left of memory that the slot itself lay in.
        if (progress == PROGRESS_ZOMBIE && zombie_is(cte)) {
            if (!zombie_step(caps, cte, &budget))
                return SYS_ERR_AGAIN;
        } else if (progress != PROGRESS_MORE) {
            return SYS_ERR_OK;
        }
        if (cte_empty(cte))
            return SYS_ERR_OK;
    }
    return SYS_ERR_AGAIN;
}

/// Another copy that a revocation of this capability deletes, or NULL: of an endpoint with a badge
/// only those with the same badge, for its other badges are other holders' authority.
static struct cte *revoked_copy(const struct caps *caps, const struct cte *cte)
{
    const struct cap *cap = &cte->cap;
    return cap->type == ObjType_EndPointLMP && endpoint_badge(cap) != 0
               ? mdb_find_badged(&caps->mdb, cap, cte)
               : mdb_find_copy(&caps->mdb, cap, cte);
}

/// Whether a slot still holds the capability that a revocation began with. It may be gone with the
/// memory that it lay in.
static bool still_there(const struct cte *cte, const struct cap *cap)
{
    return cte_is(cte, cap->type) && cte->cap.base == cap->base && cte->cap.bytes == cap->bytes &&
           cte->cap.extra == cap->extra;
}

/// The next capability that a revocation has to delete, or NULL.
static struct cte *revoked_next(const struct caps *caps, const struct cte *cte)
{
    struct cte *other = revoked_copy(caps, cte);
    return other != NULL ? other : mdb_find_descendant(&caps->mdb, &cte->cap);
}

/// Makes one step of a revocation, which has been found to be allowed.
static errval_t revoke_step(struct caps *caps, struct cte *cte)
{
    struct cap cap = cte->cap;
    int budget = CAPS_STEP_BUDGET;
    while (budget > 0) {
        if (!still_there(cte, &cap))
            return SYS_ERR_CAP_NOT_FOUND;
        struct cte *other = revoked_next(caps, cte);
        if (other == NULL)
            return SYS_ERR_OK;
        if ((other->cap.flags & CAPFLAG_REMOTE) != 0 &&
            mdb_find_copy(&caps->mdb, &other->cap, other) == NULL)
            return SYS_ERR_REMOTE;
        if (slot_delete_step(caps, other, &budget) == PROGRESS_ZOMBIE &&
            !zombie_step(caps, other, &budget))
            return SYS_ERR_AGAIN;
    }
    return still_there(cte, &cap) ? SYS_ERR_AGAIN : SYS_ERR_CAP_NOT_FOUND;
}

errval_t caps_revoke(struct caps *caps, struct cte *cte)
{
    struct cap cap = cte->cap;
    if (cap.type == ObjType_Null)
        return SYS_ERR_CAP_NOT_FOUND;
    if ((cap.flags & CAPFLAGS_BUSY) != 0)
        return SYS_ERR_CAP_BUSY;
    bool remote = (cap.flags & CAPFLAG_REMOTE) != 0;
    errval_t err = remote ? SYS_ERR_REMOTE : revoke_step(caps, cte);
    if (err != SYS_ERR_CAP_NOT_FOUND)
        slot_set_flag(caps, cte, CAPFLAG_HELD, err == SYS_ERR_AGAIN); // H3
    return err;
}

bool caps_step(struct caps *caps)
{
    bool progress = caps_return_again(caps);
    // Less than what a system call may take: a timer tick has other things to do besides.
    for (int budget = CAPS_STEP_BUDGET / 2; budget > 0 && caps->zombies != NULL;) {
        if (!zombie_step(caps, caps->zombies, &budget)) {
            zombie_pass_over(caps);
            break;
        }
        progress = true;
    }
    return progress && (caps->zombies != NULL || caps->unreturned != NULL);
}
