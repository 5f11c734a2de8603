// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Domains that name endpoints which are not theirs, or no endpoints at all, where a service sends
// something to.
#include "barrelfish/barrelfish.h"
#include "barrelfish/capabilities.h"
#include "barrelfish/console.h"
#include "barrelfish/lmp_rpc.h"
#include "barrelfish/lrpc.h"
#include "barrelfish/monitor_client.h"
#include "barrelfish/nameservice_client.h"
#include "cases.h"
#include "if/mem_serv.h"
#include "if/monitor.h"

#include <string.h>

#define QUIET_US 100000u
#define QUIET_EVENTS 5000u ///< of a core in that time; answers alone would be many times more

/// Whether the core has become quiet: nobody there answers answers.
static bool is_quiet(void)
{
    uint64_t before = 0, after = 0;
    return err_is_ok(barrelfish_usleep(QUIET_US)) &&
           err_is_ok(invoke_kernel_stat(cap_kernelinfo, KERNEL_STAT_EVENTS, &before)) &&
           err_is_ok(barrelfish_usleep(QUIET_US)) &&
           err_is_ok(invoke_kernel_stat(cap_kernelinfo, KERNEL_STAT_EVENTS, &after)) &&
           after - before < QUIET_EVENTS;
}

static errval_t send(struct capref server, uint64_t op, struct capref cap)
{
    errval_t err;
    uint64_t words[LMP_MSG_LENGTH] = {RPC_REQUEST | op};
    do {
        err = lmp_send(server, LMP_FLAG_YIELD, cap, LMP_MSG_LENGTH, words);
    } while (lmp_err_is_transient(err));
    return err;
}

/// Each service answers to itself or to another one, which takes that for no request. What it may
/// not pass on it cannot name.
static int answers_to_services(void)
{
    const struct capref services[] = {cap_memservep, cap_monitorep, cap_spawndep};
    for (unsigned i = 0; i < 9; i++) {
        struct capref from = services[i / 3], to = services[i % 3];
        errval_t err = send(from, RPC_OP_CONNECT, to);
        if (err_is_ok(err))
            err = send(from, 0xffff, NULL_CAP);
        if (err_is_fail(err) && err_no(err) != SYS_ERR_RIGHTS)
            return 1;
    }
    return is_quiet() ? 0 : HOSTILE_WENT_ON;
}

/// The monitor's events and notifications go to the monitor, and the memory server's wishes to the
/// memory server.
static int events_to_services(void)
{
    uint64_t words[LMP_MSG_LENGTH] = {MONITOR_NAME_WAIT};
    memcpy(&words[MONITOR_NAME_WORD], CONSOLE_NAME, strlen(CONSOLE_NAME));
    for (unsigned i = 0; i < 2; i++)
        (void)send(cap_monitorep, i == 0 ? MONITOR_EVENTS : MONITOR_NOTIFY, cap_monitorep);
    (void)send(cap_memservep, MEM_SERV_REVOKE_EP, cap_memservep);
    for (unsigned i = 0; i < 8; i++) {
        uint64_t wait[LMP_MSG_LENGTH];
        memcpy(wait, words, sizeof(wait));
        if (err_is_fail(monitor_call(wait, NULL_CAP, wait, NULL)))
            return 1;
    }
    return is_quiet() ? 0 : HOSTILE_WENT_ON;
}

/// Whatever is to be an endpoint must be one.
static int no_endpoints(void)
{
    const struct capref wrong[] = {cap_vroot, cap_dispframe};
    const enum monitor_op ops[] = {MONITOR_EVENTS, MONITOR_NOTIFY, MONITOR_IRQDEST_CREATE,
                                   MONITOR_BIND_LMP};
    struct capref cap;
    struct lmp_endpoint *ep;
    for (unsigned i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
        uint64_t none[LMP_MSG_LENGTH] = {ops[i], IREF_MAKE(disp_get_core_id(), 1)};
        if (err_no(monitor_call(none, NULL_CAP, none, NULL)) != LIB_ERR_INVALID_ARGS)
            return HOSTILE_WENT_ON;
        for (unsigned k = 0; k < sizeof(wrong) / sizeof(wrong[0]); k++) {
            uint64_t words[LMP_MSG_LENGTH] = {ops[i], IREF_MAKE(disp_get_core_id(), 1)};
            if (err_no(monitor_call(words, wrong[k], words, NULL)) != SYS_ERR_CAP_TYPE)
                return HOSTILE_WENT_ON;
        }
    }
    // Nothing of that counts: the right one is still taken, also in place of another.
    for (unsigned i = 0; i < 2; i++) {
        uint64_t words[LMP_MSG_LENGTH] = {MONITOR_EVENTS};
        if (err_is_fail(endpoint_create(1, &cap, &ep)) ||
            err_is_fail(monitor_call(words, cap, words, NULL)))
            return 1;
    }
    uint64_t wait[LMP_MSG_LENGTH] = {MONITOR_NAME_WAIT};
    memcpy(&wait[MONITOR_NAME_WORD], CONSOLE_NAME, strlen(CONSOLE_NAME));
    if (err_is_fail(monitor_call(wait, NULL_CAP, wait, NULL)))
        return 2;
    struct lmp_recv_msg msg = LMP_RECV_MSG_INIT;
    return err_is_ok(lrpc_wait(ep, &msg, NULL)) && msg.words[0] == MONITOR_EVENT_NAME ? 0 : 3;
}

const struct hostile_case hostile_messages[] = {
    GOES_ON(answers_to_services),
    GOES_ON(events_to_services),
    GOES_ON(no_endpoints),
    HOSTILE_END,
};
