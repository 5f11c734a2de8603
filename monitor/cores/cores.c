// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Which cores are up. Core 0 hears of each core and decides; when all have come up or failed the
// boot is complete and core 0 sends the map down the start tree, and again whenever a late core
// comes. Every monitor reads its own copy. Times and places of a core are asked of core 0.

#include "cores/cores.h"

#include "local/domains.h"
#include "local/reply.h"
#include "state/monitor.h"

static bool complete;

/// Core 0 only.
static uint8_t states[BOOTINFO_CORES_MAX]; ///< enum monitor_core_state
static uint64_t start_tsc[BOOTINFO_CORES_MAX];

static unsigned count_up(void)
{
    unsigned count = 0;
    for (unsigned i = 0; i < MONITOR_MAP_WORDS; i++)
        count += (unsigned)__builtin_popcountll(monitor.up_map[i]);
    return count;
}

void cores_reply(domainid_t domain)
{
    uint64_t words[LMP_MSG_LENGTH] = {SYS_ERR_OK,        monitor.up_map[0], monitor.up_map[1],
                                      monitor.up_map[2], monitor.up_map[3], monitor.tree.count,
                                      count_up(),        complete};
    reply_words(domain, words, NULL_CAP);
}

void cores_await(domainid_t domain)
{
    struct domain *waiter = complete ? NULL : domain_get(domain);
    if (waiter != NULL)
        waiter->awaits_boot = true;
    else if (complete)
        cores_reply(domain);
    else
        reply_error(domain, MON_ERR_LIMIT);
}

/// Sends the map to the children that are up, which send it on.
static void broadcast(void)
{
    coreid_t children[BOOT_CHILDREN_MAX];
    unsigned count = boot_tree_children(&monitor.tree, monitor.core, children);
    for (unsigned i = 0; i < count; i++) {
        if (!monitor_core_is_up(children[i]))
            continue;
        struct intermon_msg msg = intermon_msg_make(IM_CORES, children[i], MONITOR_MAP_WORDS + 1);
        for (unsigned w = 0; w < MONITOR_MAP_WORDS; w++)
            msg.words[w] = monitor.up_map[w];
        msg.words[MONITOR_MAP_WORDS] = complete;
        errval_t err = intermon_send_direct(children[i], &msg);
        if (err_is_fail(err))
            DEBUG_ERR(err, "core %u was not told which cores are up", children[i]);
    }
}

void cores_handle_map(const struct intermon_msg *msg, coreid_t from)
{
    if (from != monitor.tree.parent[monitor.core] || msg->count != MONITOR_MAP_WORDS + 1)
        return;
    for (unsigned w = 0; w < MONITOR_MAP_WORDS; w++)
        monitor.up_map[w] = msg->words[w];
    complete = msg->words[MONITOR_MAP_WORDS] != 0;
    broadcast();
    if (complete)
        domains_answer_boot(cores_reply);
}

void cores_report(coreid_t core, enum monitor_core_state state, uint64_t tsc)
{
    struct intermon_msg msg = intermon_msg_make(IM_REPORT, 0, 3);
    msg.words[0] = core;
    msg.words[1] = state;
    msg.words[2] = tsc;
    errval_t err = intermon_send(&msg, false);
    if (err_is_fail(err))
        DEBUG_ERR(err, "core 0 was not told of core %u", core);
}

void cores_report_failed(coreid_t root, const char *reason)
{
    debug_printf("core %u did not start: %s\n", root, reason);
    for (unsigned core = 0; core < monitor.tree.count; core++)
        if (boot_tree_below(&monitor.tree, root, (coreid_t)core))
            cores_report((coreid_t)core, MONITOR_CORE_FAILED, 0);
}

void cores_handle_report(const struct intermon_msg *msg)
{
    uint64_t core = msg->words[0], state = msg->words[1];
    if (monitor.core != 0 || msg->count != 3 || core >= monitor.tree.count ||
        (state != MONITOR_CORE_UP && state != MONITOR_CORE_FAILED))
        return;
    if (states[core] == MONITOR_CORE_UP || states[core] == state)
        return; // A core that is up after all stays up.
    states[core] = (uint8_t)state;
    start_tsc[core] = msg->words[2];
    if (state == MONITOR_CORE_UP)
        monitor.up_map[core / 64] |= UINT64_C(1) << core % 64;
    unsigned known = 0;
    for (unsigned i = 0; i < monitor.tree.count; i++)
        known += states[i] != MONITOR_CORE_OFF ? 1 : 0;
    if (known < monitor.tree.count)
        return;
    complete = true;
    broadcast();
    domains_answer_boot(cores_reply);
}

void cores_handle_status(const struct intermon_msg *msg)
{
    uint64_t core = msg->words[1];
    if (core >= monitor.tree.count || monitor.core != 0) {
        intermon_answer(msg, MON_ERR_NO_CORE, 0, 0, 0);
        return;
    }
    const struct bootinfo_core *info = &monitor.bootinfo->cores[core];
    intermon_answer(msg, SYS_ERR_OK, states[core], (uint64_t)info->node << 32 | info->apic_id,
                    start_tsc[core]);
}

void cores_handle_stat(const struct intermon_msg *msg)
{
    uint64_t value = 0;
    errval_t err = msg->words[1] < KERNEL_STAT_COUNT
                       ? invoke_kernel_stat(cap_kernel, (enum kernel_stat)msg->words[1], &value)
                       : SYS_ERR_ARGS;
    intermon_answer(msg, err, value, 0, 0);
}

void cores_init(void)
{
    monitor.up_map[monitor.core / 64] |= UINT64_C(1) << monitor.core % 64;
    if (monitor.core == 0)
        cores_report(0, MONITOR_CORE_UP, monitor.bootinfo->boot_tsc);
}
