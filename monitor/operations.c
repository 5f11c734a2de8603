// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Requests of the domains of this core (if/monitor.h): checks who asks, takes care of the
// capability that came with the request, and calls the file that knows. What needs another monitor
// goes through exec/tokens.c, also if that monitor is this one.

#include "operations.h"

#include "cores/cores.h"
#include "exec/binding.h"
#include "exec/tokens.h"
#include "kpi/dispatcher.h"
#include "local/domains.h"
#include "local/exports.h"
#include "local/names.h"
#include "local/reply.h"
#include "local/spawnd_start.h"
#include "protocol/name_table.h"
#include "state/monitor.h"

#include <string.h>

static void serve_events(domainid_t domain, const uint64_t *words, struct capref cap)
{
    (void)words;
    errval_t err = domain_set_events(domain, cap);
    if (err_is_fail(err) && !capref_is_null(cap))
        cap_drop(cap);
    reply_error(domain, err);
}

static void serve_notify(domainid_t domain, const uint64_t *words, struct capref cap)
{
    (void)words;
    uint64_t vector = 0;
    errval_t err = domain_set_notify(domain, cap, &vector);
    if (err_is_fail(err)) {
        if (!capref_is_null(cap))
            cap_drop(cap);
        reply_error(domain, err);
        return;
    }
    reply_values(domain, vector, 0, 0);
}

static void serve_irqdest_create(domainid_t domain, struct capref ep)
{
    struct capref dest;
    errval_t err = domain_create_irqdest(domain, ep, &dest);
    if (!capref_is_null(ep))
        cap_drop(ep); // the CPU driver keeps its own copy
    const uint64_t words[LMP_MSG_LENGTH] = {err};
    reply_words(domain, words, err_is_ok(err) ? dest : NULL_CAP);
}

static void serve_export(domainid_t domain, const uint64_t *words)
{
    iref_t iref = 0;
    errval_t err =
        words[1] > UINT32_MAX ? SYS_ERR_RIGHTS : export_add(domain, (uint32_t)words[1], &iref);
    if (err_is_fail(err)) {
        reply_error(domain, err);
        return;
    }
    reply_values(domain, iref, 0, 0);
    bind_resume(iref, SYS_ERR_OK);
}

static void serve_name(domainid_t domain, const uint64_t *words)
{
    enum intermon_op op = words[0] == MONITOR_NAME_REGISTER     ? IM_NAME_REGISTER
                          : words[0] == MONITOR_NAME_UNREGISTER ? IM_NAME_UNREGISTER
                                                                : IM_NAME_LOOKUP;
    struct intermon_msg msg = intermon_msg_make(op, 0, 9);
    bool wait = words[0] == MONITOR_NAME_WAIT;
    struct name name;
    memcpy(&name, &words[MONITOR_NAME_WORD], sizeof(name));
    if (!name_valid(&name) || (op == IM_NAME_REGISTER && words[1] == 0)) {
        reply_error(domain, NS_ERR_NAME);
        return;
    }
    msg.words[1] = member_word(domain_member(domain));
    memcpy(&msg.words[2], &name, sizeof(name));
    msg.words[8] = op == IM_NAME_REGISTER ? words[1] : wait;
    request_send(&msg, domain, wait);
}

/// A request with one number in word 1 of the message, less than `limit`, for the monitor of `core`.
static void serve_remote(domainid_t domain, enum intermon_op op, uint64_t core, uint64_t value,
                         uint64_t limit)
{
    if (value >= limit) {
        reply_error(domain, op == IM_STAT ? SYS_ERR_ARGS : MON_ERR_NO_CORE);
        return;
    }
    if (core >= monitor.tree.count || (core != 0 && !monitor_core_is_up((coreid_t)core))) {
        reply_error(domain, MON_ERR_NO_CORE);
        return;
    }
    struct intermon_msg msg = intermon_msg_make(op, (coreid_t)core, 2);
    msg.words[1] = value;
    request_send(&msg, domain, false);
}

static void forget(domainid_t domain)
{
    request_forget(domain);
    bind_forget(domain);
    export_forget(domain);
    names_forget(domain);
    domain_forget(domain);
    lmp_server_forget(&monitor.server, domain);
}

/// Whether a domain may say of another of this core that it begins or has ended.
static bool may_tell_of(domainid_t domain, uint64_t other)
{
    uint16_t number = (uint16_t)domain;
    return (number == DOMAIN_SPAWND || number == DOMAIN_FIRST) && other <= UINT32_MAX &&
           other != 0 && other != domain && other >> 16 == monitor.core;
}

static void serve_introduce(domainid_t domain, const uint64_t *words)
{
    struct member member = {(domainid_t)words[1], (domainid_t)words[2]};
    reply_error(domain, may_tell_of(domain, words[1]) ? domain_introduce(member) : SYS_ERR_RIGHTS);
}

static void serve_forget(domainid_t domain, const uint64_t *words)
{
    bool may = may_tell_of(domain, words[1]);
    if (may)
        forget((domainid_t)words[1]);
    reply_error(domain, may ? SYS_ERR_OK : SYS_ERR_RIGHTS);
}

/// Requests without a capability.
static void serve_plain(domainid_t domain, const uint64_t *words)
{
    switch (words[0]) {
    case MONITOR_EXPORT:
        serve_export(domain, words);
        break;
    case MONITOR_UNEXPORT:
        reply_error(domain, export_remove(domain, words[1]));
        break;
    case MONITOR_DISCONNECT:
    case MONITOR_NOTIFY_RELAY:
    case MONITOR_BIND:
    case MONITOR_BIND_MEMORY:
    case MONITOR_CHECK:
        bind_serve(domain, words, NULL_CAP);
        break;
    case MONITOR_NAME_REGISTER:
    case MONITOR_NAME_UNREGISTER:
    case MONITOR_NAME_LOOKUP:
    case MONITOR_NAME_WAIT:
        serve_name(domain, words);
        break;
    case MONITOR_CORES:
        cores_reply(domain);
        break;
    case MONITOR_AWAIT_BOOT:
        cores_await(domain);
        break;
    case MONITOR_CORE_STATUS:
        serve_remote(domain, IM_CORE_STATUS, 0, words[1], monitor.tree.count);
        break;
    case MONITOR_STAT:
        serve_remote(domain, IM_STAT, words[1], words[2], KERNEL_STAT_COUNT);
        break;
    case MONITOR_HALT:
        reply_error(domain, domain == MONITOR_OPERATOR ? invoke_kernel_halt(cap_kernel, words[1])
                                                       : SYS_ERR_RIGHTS);
        break;
    case MONITOR_INTRODUCE:
        serve_introduce(domain, words);
        break;
    case MONITOR_FORGET:
        serve_forget(domain, words);
        break;
    default:
        reply_error(domain, SYS_ERR_ILLEGAL_INVOCATION);
    }
}

/// Messages with badge 0 are the CPU driver's.
static void handle_death(const uint64_t *words, size_t length)
{
    if (length < 2)
        return;
    debug_printf("domain %#x has died, cause %u\n", (unsigned)words[1], (unsigned)words[0]);
    bool spawnd = spawnd_died((domainid_t)words[1]);
    forget((domainid_t)words[1]);
    if (spawnd) // Its number is another's only now.
        bind_resume(IREF_MAKE(monitor.core, IREF_INDEX_SPAWND), SPAWN_ERR_NO_DOMAIN);
}

static void serve(void *st, uint32_t badge, const uint64_t words[LMP_MSG_LENGTH], size_t length,
                  struct capref cap)
{
    (void)st;
    switch (badge == 0 ? 0 : words[0]) {
    case MONITOR_EVENTS:
        serve_events(badge, words, cap);
        return;
    case MONITOR_NOTIFY:
        serve_notify(badge, words, cap);
        return;
    case MONITOR_IRQDEST_CREATE:
        serve_irqdest_create(badge, cap);
        return;
    case MONITOR_BIND_LMP:
    case MONITOR_BIND_REPLY:
        bind_serve(badge, words, cap);
        return;
    default:
        break;
    }
    if (!capref_is_null(cap))
        cap_drop(cap); // Not asked for.
    if (badge == 0)
        handle_death(words, length);
    else
        serve_plain(badge, words);
}

void operations_init(void)
{
    errval_t err = lmp_server_init(&monitor.server, &monitor.ws, serve, NULL);
    if (err_is_fail(err))
        USER_PANIC_ERR(err, "the monitor cannot serve");
}
