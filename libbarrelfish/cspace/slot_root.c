// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The domain's L1CNode cannot grow where it is: a larger one is made, the L2CNode capabilities are
// copied, and the dispatcher is told to go on in it. Copying and the change happen while the
// dispatcher is disabled, so that no other thread fills or empties an L1 slot in between; the
// capability of a message that comes meanwhile lands in an L2CNode, which is the same in both
// spaces.
//
// The former L1CNode may stay, because a spawner keeps a capability of its child's. It keeps what
// the spawner put there: through the TASKCN in it, spawn_destroy() finds the space in use. Its
// copies of the L2CNodes that the domain made itself are deleted, or these could never be given
// back.
#include "slot_root.h"

#include "barrelfish/capabilities.h"
#include "barrelfish/dispatch.h"
#include "barrelfish/invocations.h"
#include "barrelfish/slot_alloc.h"
#include "mm.h"

static struct capref slot_in(struct capref root, cslot_t slot)
{
    return (struct capref){build_cnoderef(root, CNODE_LEVEL_ROOT), slot};
}

static bool failed(errval_t err)
{
    return err_is_fail(err) && err_no(err) != SYS_ERR_CAP_NOT_FOUND;
}

/// Runs disabled. What can fail comes before the change; cap_root is left empty at the worst.
static errval_t change(struct capref root, cslot_t present)
{
    errval_t err = SYS_ERR_OK;
    for (cslot_t i = 0; i < present && !failed(err); i++)
        err = cap_copy(slot_in(root, i), (struct capref){cnode_root, i});
    if (!failed(err))
        err = invoke_dispatcher_cspace(cap_dispatcher, root);
    if (err_is_ok(err)) {
        (void)cap_delete(cap_root);
        (void)!cap_mint(cap_root, root, CAPRIGHTS_ALL & ~CAPRIGHTS_GRANT, 0);
    }
    return err;
}

static errval_t change_disabled(struct capref root, cslot_t present)
{
    bool was_enabled;
    dispatcher_handle_t handle = disp_try_disable(&was_enabled);
    errval_t err = change(root, present);
    if (was_enabled)
        disp_enable(handle);
    return err;
}

errval_t slot_root_replace(cslot_t present, cslot_t slots)
{
    struct capref former, root;
    errval_t err = slot_alloc(&former);
    if (err_is_fail(err))
        return err;
    err = slot_alloc(&root);
    if (err_is_fail(err)) {
        (void)slot_free(former);
        return err;
    }
    err = cap_copy(former, cap_root);
    if (err_is_ok(err))
        err = mm_source.ram_create(root, ObjType_L1CNode, (size_t)slots * OBJSIZE_CTE,
                                   BASE_PAGE_SIZE);
    if (err_is_ok(err))
        err = change_disabled(root, present);
    if (err_is_ok(err))
        for (cslot_t i = ROOTCN_SLOT_ALLOC0 + 1; i < present; i++)
            (void)cap_delete(slot_in(former, i));
    // After a failure `root` is the new L1CNode's only capability, else a copy too many.
    (void)cap_delete(root);
    (void)slot_free(root);
    (void)cap_delete(former);
    (void)slot_free(former);
    return err;
}
