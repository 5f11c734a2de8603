// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Requests to this core's monitor: one connection for the domain, made at the first call, and the
// calls that are a single request. Events are in monitor_events.c. Stands on lmp_rpc.

#include "barrelfish/monitor_client.h"

#include "barrelfish/lmp_rpc.h"
#include "barrelfish/threads.h"

static struct lmp_rpc rpc;
static bool connected;
static struct thread_mutex mutex = THREAD_MUTEX_INITIALIZER;

struct monitor_binding *get_monitor_binding(void)
{
    return (struct monitor_binding *)&rpc;
}

static errval_t know_monitor(void)
{
    errval_t err = SYS_ERR_OK;
    thread_mutex_lock(&mutex);
    if (!connected)
        err = lmp_rpc_init(&rpc, cap_monitorep);
    connected = err_is_ok(err);
    thread_mutex_unlock(&mutex);
    return err;
}

errval_t monitor_call(const uint64_t in[LMP_MSG_LENGTH], struct capref send_cap,
                      uint64_t out[LMP_MSG_LENGTH], struct capref *recv_cap)
{
    errval_t err = know_monitor();
    return err_is_ok(err) ? lmp_rpc_call(&rpc, in, send_cap, out, recv_cap) : err;
}

static errval_t call_for_cores(enum monitor_op op, struct monitor_cores *cores)
{
    uint64_t words[LMP_MSG_LENGTH] = {op};
    errval_t err = monitor_call(words, NULL_CAP, words, NULL);
    if (err_is_fail(err))
        return err;
    for (unsigned i = 0; i < 4; i++)
        cores->up[i] = words[1 + i];
    cores->cores_count = (unsigned)words[5];
    cores->up_count = (unsigned)words[6];
    cores->complete = words[7] != 0;
    return SYS_ERR_OK;
}

errval_t monitor_get_cores(struct monitor_cores *cores)
{
    return call_for_cores(MONITOR_CORES, cores);
}

errval_t monitor_await_boot(struct monitor_cores *cores)
{
    return call_for_cores(MONITOR_AWAIT_BOOT, cores);
}

errval_t monitor_get_core_status(coreid_t core, struct monitor_core_status *status)
{
    uint64_t words[LMP_MSG_LENGTH] = {MONITOR_CORE_STATUS, core};
    errval_t err = monitor_call(words, NULL_CAP, words, NULL);
    if (err_is_fail(err))
        return err;
    *status = (struct monitor_core_status){
        .state = (enum monitor_core_state)words[1],
        .apic_id = (uint32_t)words[2],
        .node = (uint16_t)(words[2] >> 32),
        .start_tsc = words[3],
    };
    return SYS_ERR_OK;
}

errval_t monitor_get_stat(coreid_t core, enum kernel_stat which, uint64_t *value)
{
    uint64_t words[LMP_MSG_LENGTH] = {MONITOR_STAT, core, which};
    errval_t err = monitor_call(words, NULL_CAP, words, NULL);
    if (err_is_ok(err))
        *value = words[1];
    return err;
}

errval_t monitor_halt(struct capref operator_ep, int status)
{
    struct lmp_rpc rpc;
    uint64_t words[LMP_MSG_LENGTH] = {MONITOR_HALT, (uint64_t)status};
    errval_t err = lmp_rpc_init(&rpc, operator_ep);
    if (err_is_fail(err))
        return err;
    err = lmp_rpc_call(&rpc, words, NULL_CAP, words, NULL);
    lmp_rpc_destroy(&rpc);
    return err;
}

errval_t monitor_create_irqdest(struct capref ep, struct capref *dest)
{
    uint64_t words[LMP_MSG_LENGTH] = {MONITOR_IRQDEST_CREATE};
    return monitor_call(words, ep, words, dest);
}

errval_t monitor_introduce(domainid_t domain, domainid_t family)
{
    uint64_t words[LMP_MSG_LENGTH] = {MONITOR_INTRODUCE, domain, family};
    return monitor_call(words, NULL_CAP, words, NULL);
}

errval_t monitor_forget(domainid_t domain)
{
    uint64_t words[LMP_MSG_LENGTH] = {MONITOR_FORGET, domain};
    return monitor_call(words, NULL_CAP, words, NULL);
}
