// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The table of requests, see protocol/operations.h.

#include "protocol/operations.h"

#include "if/monitor.h"
#include "kpi/spawn.h"

static bool is_operator(coreid_t core, uint32_t badge, const uint64_t *words)
{
    (void)core;
    (void)words;
    return badge == MONITOR_OPERATOR;
}

/// Whether a domain may say of another of its core that it begins or has ended.
static bool may_tell_of(coreid_t core, uint32_t badge, const uint64_t *words)
{
    uint16_t number = (uint16_t)badge;
    uint64_t other = words[1];
    return (number == DOMAIN_SPAWND || number == DOMAIN_FIRST) && other <= UINT32_MAX &&
           other != 0 && other != badge && other >> 16 == core;
}

static const struct row {
    enum operation_step step;
    bool takes_cap;
    /// NULL: everybody may.
    bool (*may)(coreid_t core, uint32_t badge, const uint64_t *words);
} rows[MONITOR_OPS_COUNT] = {
    [MONITOR_EVENTS] = {OPERATION_EVENTS, true, NULL},
    [MONITOR_NOTIFY] = {OPERATION_NOTIFY, true, NULL},
    [MONITOR_EXPORT] = {OPERATION_EXPORT, false, NULL},
    [MONITOR_UNEXPORT] = {OPERATION_UNEXPORT, false, NULL},
    [MONITOR_BIND] = {OPERATION_CONNECTION, false, NULL},
    [MONITOR_BIND_LMP] = {OPERATION_CONNECTION, true, NULL},
    [MONITOR_BIND_REPLY] = {OPERATION_CONNECTION, true, NULL},
    [MONITOR_DISCONNECT] = {OPERATION_CONNECTION, false, NULL},
    [MONITOR_NOTIFY_RELAY] = {OPERATION_CONNECTION, false, NULL},
    [MONITOR_NAME_REGISTER] = {OPERATION_NAME, false, NULL},
    [MONITOR_NAME_UNREGISTER] = {OPERATION_NAME, false, NULL},
    [MONITOR_NAME_LOOKUP] = {OPERATION_NAME, false, NULL},
    [MONITOR_NAME_WAIT] = {OPERATION_NAME, false, NULL},
    [MONITOR_CORES] = {OPERATION_CORES, false, NULL},
    [MONITOR_AWAIT_BOOT] = {OPERATION_AWAIT_BOOT, false, NULL},
    [MONITOR_CORE_STATUS] = {OPERATION_CORE_STATUS, false, NULL},
    [MONITOR_STAT] = {OPERATION_STAT, false, NULL},
    [MONITOR_HALT] = {OPERATION_HALT, false, is_operator},
    [MONITOR_INTRODUCE] = {OPERATION_INTRODUCE, false, may_tell_of},
    [MONITOR_FORGET] = {OPERATION_FORGET, false, may_tell_of},
    [MONITOR_IRQDEST_CREATE] = {OPERATION_IRQDEST, true, NULL},
    [MONITOR_BIND_MEMORY] = {OPERATION_CONNECTION, false, NULL},
    [MONITOR_CHECK] = {OPERATION_CONNECTION, false, NULL},
    [MONITOR_CAP] = {OPERATION_CONNECTION, true, NULL},
    [MONITOR_CAP_TAKEN] = {OPERATION_CONNECTION, false, NULL},
};

struct operation operation_of(coreid_t core, uint32_t badge, const uint64_t *words, size_t length)
{
    if (badge == 0) // O2
        return (struct operation){.step = length < 2 ? OPERATION_IGNORE : OPERATION_DEATH};
    const struct row *row = words[0] < MONITOR_OPS_COUNT ? &rows[words[0]] : &rows[0];
    if (row->step == OPERATION_IGNORE)
        return (struct operation){OPERATION_REFUSE, false, SYS_ERR_ILLEGAL_INVOCATION};
    if (row->may != NULL && !row->may(core, badge, words))
        return (struct operation){OPERATION_REFUSE, false, SYS_ERR_RIGHTS};
    return (struct operation){row->step, row->takes_cap, SYS_ERR_OK};
}
