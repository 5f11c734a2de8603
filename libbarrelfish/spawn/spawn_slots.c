// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Slots of a new domain's capability space, and what its spawner puts there.
#include "barrelfish/capabilities.h"
#include "barrelfish/slot_alloc.h"
#include "barrelfish/spawn.h"

struct capref spawn_slot(const struct spawn_info *si, cslot_t root_slot, cslot_t slot)
{
    return (struct capref){
        {get_cap_addr(si->rootcn), root_slot * L2_CNODE_SLOTS, CNODE_LEVEL_OTHER}, slot};
}

errval_t spawn_add_cap(const struct spawn_info *si, cslot_t root_slot, cslot_t slot,
                       struct capref cap)
{
    return cap_copy(spawn_slot(si, root_slot, slot), cap);
}

errval_t spawn_mint_cap(const struct spawn_info *si, cslot_t root_slot, cslot_t slot,
                        struct capref cap, uint64_t rights, uint64_t badge)
{
    return cap_mint(spawn_slot(si, root_slot, slot), cap, rights, badge);
}

errval_t spawn_give_cap(const struct spawn_info *si, cslot_t root_slot, cslot_t slot,
                        struct capref cap)
{
    errval_t err = spawn_add_cap(si, root_slot, slot, cap);
    if (err_is_ok(err)) {
        err = cap_delete(cap);
        (void)slot_free(cap); // it may be in a slot that somebody else chose
    }
    return err;
}
