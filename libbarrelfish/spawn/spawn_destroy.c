// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The reverse of spawning, in bounded steps: what a domain has made may be large.
#include "barrelfish/invocations.h"
#include "barrelfish/slot_alloc.h"
#include "barrelfish/spawn.h"

#include <assert.h>

/// The stages of a destruction, in order. A domain that has outgrown its L1CNode keeps the new one
/// in its TASKCN, and reaches that through the new one; once TASKCN is revoked, what our L1CNode
/// holds is the last of it and takes all along. As long as the RAM is there nothing is returned.
enum stage {
    STAGE_STOP,
    STAGE_REVOKE_DISPATCHER,
    STAGE_CLEAR_DISPATCHER,
    STAGE_CLEAR_SELFEP,
    STAGE_CLEAR_INFO,
    STAGE_REVOKE_TASKCN,
    STAGE_REVOKE_ROOTCN,
    STAGE_CLEAR_ROOTCN,
    STAGES
};

/// What was never made, or has gone by itself, is as good.
static errval_t revoke_step(struct capref cap)
{
    errval_t err = invoke_cap_revoke(cap);
    bool gone = err_no(err) == SYS_ERR_CAP_NOT_FOUND || err_no(err) == SYS_ERR_SLOT_INVALID;
    return gone ? SYS_ERR_OK : err;
}

static errval_t clear_step(struct capref cap)
{
    errval_t err = invoke_cap_delete(cap);
    return err_is_ok(err) || err_no(err) == SYS_ERR_CAP_NOT_FOUND ? slot_free(cap) : err;
}

static errval_t stage_step(const struct spawn_info *si)
{
    const struct capref caps[STAGES] = {
        [STAGE_STOP] = si->dispatcher,
        [STAGE_REVOKE_DISPATCHER] = si->dispatcher,
        [STAGE_CLEAR_DISPATCHER] = si->dispatcher,
        [STAGE_CLEAR_SELFEP] = si->selfep,
        [STAGE_CLEAR_INFO] = si->info,
        [STAGE_REVOKE_TASKCN] = si->rootcn,
        [STAGE_REVOKE_ROOTCN] = si->rootcn,
        [STAGE_CLEAR_ROOTCN] = si->rootcn,
    };
    struct capref cap = caps[si->destroying];
    if (capref_is_null(cap))
        return SYS_ERR_OK;
    switch (si->destroying) {
    case STAGE_STOP:
        (void)!invoke_dispatcher_stop(cap); // Fails for one that never came to life.
        return SYS_ERR_OK;
    case STAGE_REVOKE_TASKCN:
        return revoke_step(
            (struct capref){build_cnoderef(cap, CNODE_LEVEL_ROOT), ROOTCN_SLOT_TASKCN});
    case STAGE_REVOKE_DISPATCHER:
    case STAGE_REVOKE_ROOTCN:
        return revoke_step(cap);
    default:
        return clear_step(cap);
    }
}

/// Busy is what the memory server is taking back, until that has been done.
static bool is_transient(errval_t err)
{
    return err_no(err) == SYS_ERR_AGAIN || err_no(err) == SYS_ERR_CAP_BUSY;
}

errval_t spawn_destroy_step(struct spawn_info *si)
{
    assert(si->destroying < STAGES); // SP2
    errval_t err = stage_step(si);
    if (is_transient(err))
        return SYS_ERR_AGAIN;
    if (err_is_ok(si->destroy_err))
        si->destroy_err = err;
    if (++si->destroying < STAGES)
        return SYS_ERR_AGAIN;
    err = si->destroy_err;
    *si = (struct spawn_info){.ram = si->ram};
    return err;
}

errval_t spawn_destroy(struct spawn_info *si)
{
    errval_t err, ram_err = SYS_ERR_OK;
    do {
        err = spawn_destroy_step(si);
    } while (err_no(err) == SYS_ERR_AGAIN);
    if (!capref_is_null(si->ram))
        do {
            ram_err = clear_step(si->ram);
        } while (is_transient(ram_err));
    si->ram = NULL_CAP;
    return err_is_ok(err) ? ram_err : err;
}
