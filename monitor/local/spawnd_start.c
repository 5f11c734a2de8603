// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// This core's spawnd. On core 0 init starts it, and clients who come before it has exported its
// service wait; on other cores it is started when the first client wants to bind to it, because
// most cores of a large machine never need one.

#include "local/local.h"

#include "if/spawnd.h"
#include "memory/memory.h"
#include "state/monitor.h"

static struct spawn_info spawnd;
static bool running;
static struct capref ended_ep; ///< a slot, so that ending a badge needs no memory

/// What spawnd gives to the domains it makes: the boot modules, and endpoints that it can mint.
static errval_t give_caps(const struct spawn_info *si)
{
    errval_t err = SYS_ERR_OK;
    for (unsigned i = 0; i < monitor.bootinfo->modules_count && err_is_ok(err); i++) {
        cslot_t slot = monitor.bootinfo->modules[i].slot;
        if (monitor.bootinfo->modules[i].bytes != 0)
            err =
                spawn_add_cap(si, ROOTCN_SLOT_MODULECN, slot, (struct capref){cnode_module, slot});
    }
    if (err_is_ok(err))
        err = spawn_add_cap(si, ROOTCN_SLOT_ARGCN, SPAWND_ARG_MONITOREP, cap_selfep);
    if (err_is_ok(err))
        err = spawn_add_cap(si, ROOTCN_SLOT_ARGCN, SPAWND_ARG_MEMSERVEP, memory_server_ep());
    return err;
}

static errval_t start(void)
{
    struct spawn_params params = {
        .domain_id = (domainid_t)monitor.core << 16 | DOMAIN_SPAWND,
        .flags = SPAWN_FLAG_BOOTINFO,
        .modulecn = true,
        .machine = true,
        .bootinfo = cap_bootinfo,
        .monitor_ep = cap_selfep,
        .mem_serv_ep = memory_server_ep(),
    };
    errval_t err = capref_is_null(ended_ep) ? slot_alloc(&ended_ep) : SYS_ERR_OK;
    if (err_is_ok(err))
        err = memory_spawn_module("spawnd", &params, &spawnd);
    if (err_is_fail(err))
        return err;
    err = give_caps(&spawnd);
    if (err_is_ok(err))
        err = spawn_run(&spawnd);
    if (err_is_fail(err))
        (void)spawn_destroy(&spawnd);
    return err;
}

errval_t spawnd_need(void)
{
    if (running || monitor.core == 0)
        return SYS_ERR_OK;
    errval_t err = start();
    running = err_is_ok(err);
    if (err_is_fail(err))
        DEBUG_ERR(err, "spawnd of core %u cannot be started", monitor.core);
    return err;
}

/// Deletes all capabilities of a service's endpoint that have the badge of the dead spawnd, wherever
/// they are: its successor has the same number.
static void end_badge(struct capref service_ep)
{
    errval_t err = cap_mint(ended_ep, service_ep, CAPRIGHTS_ALL, spawnd.domain_id);
    if (err_is_ok(err)) {
        err = cap_revoke(ended_ep);
        (void)cap_delete(ended_ep);
    }
    if (err_is_fail(err))
        DEBUG_ERR(err, "others may still speak for the dead spawnd");
}

bool spawnd_died(domainid_t domain)
{
    if (!running || domain != spawnd.domain_id)
        return false;
    running = false;
    end_badge(cap_selfep);
    end_badge(memory_server_ep());
    (void)spawn_destroy(&spawnd);
    return true;
}
