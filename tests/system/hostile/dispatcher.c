// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Domains that spoil their own dispatcher, delete what they live by, or pester the services. The
// library OS in them is as spoiled as they are, so most of these end anyhow, or must be killed.
#include <string.h>

#include "barrelfish/barrelfish.h"
#include "barrelfish/capabilities.h"
#include "barrelfish/lmp_rpc.h"
#include "barrelfish/slot_alloc.h"
#include "cases.h"
#include "if/mem_serv.h"
#include "if/monitor.h"
#include "if/spawnd.h"
#include "kpi/spawn.h"

#define FLOOD_MESSAGES 5000u

/// Never stored to, so that what spins for ever still has an end for the compiler.
static volatile bool enough;

static int spin_enabled(void)
{
    while (!enough) {
    }
    return HOSTILE_WENT_ON;
}

static int spin_disabled(void)
{
    disp_disable();
    return spin_enabled();
}

static int yield_for_ever(void)
{
    while (!enough)
        (void)sys_yield(0);
    return HOSTILE_WENT_ON;
}

static int sleep_for_ever(void)
{
    disp_disable();
    disp_shared()->lmp_seen = disp_shared()->lmp_delivered;
    (void)sys_suspend(0);
    return HOSTILE_WENT_ON;
}

/// Calls itself, and looks at nothing that comes, until its buffer is full, and goes on.
static int call_for_ever(void)
{
    struct lmp_recv_msg msg = LMP_RECV_MSG_INIT;
    uint64_t recv_flags;
    disp_disable();
    while (!enough) {
        disp_shared()->lmp_seen = disp_shared()->lmp_delivered;
        (void)!sys_lmp_call(get_cap_caddr(cap_selfep), LMP_FLAG_CALL, 0, &msg, &recv_flags);
    }
    return HOSTILE_WENT_ON;
}

static int call_enabled(void)
{
    struct lmp_recv_msg msg = LMP_RECV_MSG_INIT;
    uint64_t recv_flags;
    errval_t err = sys_lmp_call(get_cap_caddr(cap_selfep), LMP_FLAG_CALL, 0, &msg, &recv_flags);
    return err_no(err) == SYS_ERR_ARGS ? 0 : HOSTILE_WENT_ON;
}

static int suspend_enabled(void)
{
    return err_no(sys_suspend(0)) == SYS_ERR_ARGS ? 0 : HOSTILE_WENT_ON;
}

static int fault_disabled(void)
{
    disp_disable();
    *(volatile uint64_t *)0 = 0;
    return HOSTILE_WENT_ON;
}

static int trap_disabled(void)
{
    disp_disable();
    __asm__ volatile("ud2");
    return HOSTILE_WENT_ON;
}

static int no_syscall_entry(void)
{
    disp_shared()->entry_syscall = 0;
    (void)syscall2(39, 0, 0);
    return HOSTILE_WENT_ON;
}

static int kernel_entries(void)
{
    struct dispatcher_shared *shared = disp_shared();
    shared->entry_run = shared->entry_trap = shared->entry_pagefault = 0xffffffff80200000ul;
    __asm__ volatile("ud2");
    return HOSTILE_WENT_ON;
}

static int frame_of_ones(void)
{
    disp_disable();
    memset(disp_shared(), 0xff, DISPATCHER_FRAME_BYTES);
    (void)sys_yield(0);
    __asm__ volatile("ud2");
    return HOSTILE_WENT_ON;
}

/// Its endpoints are spoiled when the memory server's answer comes.
static int spoiled_reply(void)
{
    genpaddr_t unused[LMP_MSG_LENGTH] = {RPC_REQUEST | MEM_SERV_AVAILABLE};
    memset((char *)disp_shared() + SELFEP_OFFSET, 0x5a, DISPATCHER_FRAME_BYTES - SELFEP_OFFSET);
    for (unsigned i = 0; i < 10; i++)
        (void)lmp_send(cap_memservep, LMP_FLAG_YIELD, NULL_CAP, 1, unused);
    disp_disable();
    return yield_for_ever();
}

static int delete_root(void)
{
    (void)!invoke_cap_delete(cap_root);
    (void)!invoke_cap_revoke(cap_root);
    struct capref l1 = {cnode_root, ROOTCN_SLOT_TASKCN};
    while (err_no(cap_invoke3(l1, CAP_CMD_DELETE, 0, 0, 0)) == SYS_ERR_AGAIN) {
    }
    struct capability info;
    return err_is_fail(cap_identify(cap_root, &info)) ? 0 : HOSTILE_WENT_ON;
}

static int delete_vroot(void)
{
    (void)!cap_revoke(cap_vroot);
    (void)!cap_delete(cap_vroot);
    return yield_for_ever();
}

static int revoke_dispframe(void)
{
    (void)!cap_revoke(cap_dispframe);
    (void)!cap_delete(cap_dispframe);
    return yield_for_ever();
}

static int stop_self(void)
{
    (void)!invoke_dispatcher_stop(cap_dispatcher);
    return HOSTILE_WENT_ON;
}

static int revoke_dispatcher(void)
{
    (void)!cap_revoke(cap_dispatcher);
    (void)!cap_delete(cap_dispatcher);
    return yield_for_ever();
}

static int forge_kernel(void)
{
    struct capref slot;
    if (err_is_fail(slot_alloc(&slot)))
        return 1;
    struct capability forged = {
        .base = 0x100000, .bytes = 0x1000, .type = ObjType_RAM, .rights = CAPRIGHTS_ALL};
    for (unsigned cmd = KERNEL_CMD_START_CORE; cmd <= KERNEL_CMD_RECLAIM; cmd++) {
        bool tells =
            cmd == KERNEL_CMD_STAT || cmd == KERNEL_CMD_TRANSLATE || cmd == KERNEL_CMD_CORE_INFO;
        struct sysret ret = cap_invoke(cap_kernelinfo, (enum cap_cmd)cmd, (uint64_t)&forged,
                                       get_cap_caddr(slot), 0, 0, 0, 0);
        if (!tells && err_no(ret.error) != SYS_ERR_RIGHTS)
            return HOSTILE_WENT_ON;
    }
    return 0;
}

/// Garbage for every operation of a service but one, without reading an answer.
static void pester(struct capref server, unsigned operations, unsigned without)
{
    for (uint64_t i = 0; i < FLOOD_MESSAGES; i++) {
        uint64_t words[LMP_MSG_LENGTH];
        for (unsigned k = 0; k < LMP_MSG_LENGTH; k++)
            words[k] = (i * 0x9e3779b97f4a7c15ul + k) * 0xbf58476d1ce4e5b9ul >> (i % 60);
        words[0] = i % (operations + 2);
        words[0] += words[0] == without;
        bool connects = words[0] == RPC_OP_CONNECT;
        words[0] |= i % 16 != 0 ? RPC_REQUEST : 0;
        if (connects) // with an endpoint of its own
            (void)lmp_send(server, 0, cap_selfep, 1, words);
        else
            (void)lmp_send(server, i % 4 == 0 ? LMP_FLAG_YIELD : 0, NULL_CAP, i % 9, words);
    }
}

static int pester_mem_serv(void)
{
    pester(cap_memservep, MEM_SERV_OPS_COUNT, MEM_SERV_OPS_COUNT + 2);
    return 0;
}

static int pester_monitor(void)
{
    // Not MONITOR_HALT, which any domain may ask for.
    for (unsigned i = 0; i < 4; i++)
        pester(cap_monitorep, MONITOR_HALT - 3, MONITOR_HALT);
    return 0;
}

static int pester_spawnd(void)
{
    // Not SPAWND_EXIT, which would end it.
    pester(cap_spawndep, SPAWND_OPS_COUNT, SPAWND_EXIT);
    return 0;
}

/// Takes all memory there is, and dies with it.
static int take_all_memory(void)
{
    struct capref frame;
    size_t bytes = 64ul << 20;
    while (bytes >= BASE_PAGE_SIZE)
        if (err_is_fail(frame_alloc(&frame, bytes, NULL)))
            bytes /= 2;
    __asm__ volatile("ud2");
    return HOSTILE_WENT_ON;
}

const struct hostile_case hostile_dispatcher[] = {
    HANGS(spin_disabled),
    HANGS(spin_enabled),
    HANGS(sleep_for_ever),
    GOES_ON(suspend_enabled),
    HANGS(call_for_ever),
    GOES_ON(call_enabled),
    DIES(fault_disabled),
    DIES(trap_disabled),
    DIES(no_syscall_entry),
    DIES(kernel_entries),
    DIES(frame_of_ones),
    STUCK(spoiled_reply),
    STUCK(delete_root),
    STUCK(delete_vroot),
    STUCK(revoke_dispframe),
    STUCK(stop_self),
    STUCK(revoke_dispatcher),
    GOES_ON(forge_kernel),
    ENDS(pester_mem_serv),
    ENDS(pester_monitor),
    ENDS(pester_spawnd),
    ENDS(take_all_memory),
    HOSTILE_END,
};
