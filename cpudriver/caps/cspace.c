// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Lookup in capability spaces. A space is an L1CNode whose slots hold L2CNodes; what those
// hold is never passed through again, except that an L1CNode in a slot of the caller's own
// space is the root of another space (`root` of a caddr). So a lookup passes four CNodes at
// the most, whatever numbers it is given.

#include "caps/caps.h"

static struct cte *cnode_slots(const struct caps *caps, const struct cap *cnode)
{
    return caps_ptr(caps, cnode->base);
}

/// Whether a capability is a CNode of this type that can be gone through with this right.
static errval_t check_cnode(const struct cap *cap, enum objtype type, uint8_t right)
{
    if (cap->type != type)
        return cap->type == ObjType_Null ? SYS_ERR_SLOT_INVALID : SYS_ERR_CAP_TYPE;
    if ((cap->flags & CAPFLAGS_BUSY) != 0)
        return SYS_ERR_CAP_BUSY;
    return (cap->rights & right) == right ? SYS_ERR_OK : SYS_ERR_RIGHTS;
}

/// Finds a slot; `right` is what the CNode that contains it must have.
static errval_t find_slot(const struct caps *caps, const struct cap *root, capaddr_t cptr,
                          unsigned level, uint8_t right, struct caps_dest *out)
{
    errval_t err = check_cnode(root, ObjType_L1CNode, level == 1 ? right : CNODE_RIGHT_PASS);
    if (err_is_fail(err))
        return err;
    uint32_t slots = (uint32_t)(root->bytes / OBJSIZE_CTE);
    uint32_t l1 = cptr >> L2_CNODE_BITS, l2 = cptr % L2_CNODE_SLOTS;
    if (l1 >= slots || level < 1 || level > 2 || (level == 1 && l2 != 0))
        return SYS_ERR_SLOT_INVALID;
    struct cte *slot = cnode_slots(caps, root) + l1;
    if (level == 1) {
        *out = (struct caps_dest){.slot = slot, .room = slots - l1, .l1 = true};
        return SYS_ERR_OK;
    }
    err = check_cnode(&slot->cap, ObjType_L2CNode, right);
    if (err_is_fail(err))
        return err;
    *out = (struct caps_dest){
        .slot = cnode_slots(caps, &slot->cap) + l2, .room = L2_CNODE_SLOTS - l2, .l1 = false};
    return SYS_ERR_OK;
}

/// The slot of any level-2 address, if all on the way is as it should be; else NULL.
static struct cte *slot_at(const struct caps *caps, const struct cap *root, uint64_t caddr,
                           uint8_t right)
{
    if (caddr_level(caddr) != 2)
        return NULL;
    if (caddr_root(caddr) != 0) {
        const struct cte *other = caps_slot_in(caps, root, caddr_root(caddr), CNODE_RIGHT_PASS);
        if (other == NULL)
            return NULL;
        root = &other->cap;
    }
    return caps_slot_in(caps, root, caddr_cptr(caddr), right);
}

static errval_t find(const struct caps *caps, const struct cap *root, uint64_t caddr, uint8_t right,
                     struct caps_dest *out)
{
    struct cte *slot = slot_at(caps, root, caddr, right);
    if (slot != NULL) {
        uint32_t room = L2_CNODE_SLOTS - caddr_cptr(caddr) % L2_CNODE_SLOTS;
        *out = (struct caps_dest){.slot = slot, .room = room, .l1 = false};
        return SYS_ERR_OK;
    }
    if (caddr_root(caddr) != 0) {
        struct caps_dest other;
        errval_t err = find_slot(caps, root, caddr_root(caddr), 2, CNODE_RIGHT_PASS, &other);
        if (err_is_fail(err))
            return err;
        root = &other.slot->cap;
    }
    return find_slot(caps, root, caddr_cptr(caddr), caddr_level(caddr), right, out);
}

errval_t caps_lookup(struct caps *caps, const struct cap *root, uint64_t caddr, struct cte **out)
{
    struct cte *slot = caps_slot_at(caps, root, caddr); // in the own space, mostly
    if (slot == NULL)
        slot = slot_at(caps, root, caddr, CNODE_RIGHT_PASS);
    if (slot == NULL) {
        struct caps_dest found;
        errval_t err = find(caps, root, caddr, CNODE_RIGHT_PASS, &found);
        if (err_is_fail(err))
            return err;
        slot = found.slot;
    }
    if (cte_empty(slot))
        return SYS_ERR_CAP_NOT_FOUND;
    if ((slot->cap.flags & CAPFLAGS_BUSY) != 0 || caps_is_reclaimed(caps, &slot->cap))
        return SYS_ERR_CAP_BUSY;
    *out = slot;
    return SYS_ERR_OK;
}

errval_t caps_lookup_delete(struct caps *caps, const struct cap *root, uint64_t caddr,
                            struct cte **out)
{
    struct caps_dest found;
    errval_t err = find(caps, root, caddr, CNODE_RIGHT_CHANGE, &found);
    if (err_is_fail(err))
        return err;
    if (cte_empty(found.slot))
        return SYS_ERR_CAP_NOT_FOUND;
    *out = found.slot;
    return SYS_ERR_OK;
}

errval_t caps_lookup_slot(struct caps *caps, const struct cap *root, uint64_t caddr,
                          struct caps_dest *out)
{
    return find(caps, root, caddr, CNODE_RIGHT_CHANGE, out);
}
