// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Requests of the domains of this core (if/monitor.h): for each step that protocol/operations.h has
// chosen, a call of the room that knows. What needs another monitor goes through exec/tokens.c, also
// if that monitor is this one.

#include "operations.h"

#include "cores/cores.h"
#include "exec/exec.h"
#include "if/monitor.h"
#include "local/domains.h"
#include "local/local.h"
#include "protocol/name_table.h"
#include "protocol/operations.h"
#include "state/monitor.h"

#include <string.h>

struct request {
    domainid_t domain;
    const uint64_t *words;
    struct capref cap; ///< the step's, if it takes one
};

static void serve_events(const struct request *request)
{
    errval_t err = domain_set_events(request->domain, request->cap);
    if (err_is_fail(err) && !capref_is_null(request->cap))
        cap_drop(request->cap);
    reply_error(request->domain, err);
}

static void serve_notify(const struct request *request)
{
    uint64_t vector = 0;
    errval_t err = domain_set_notify(request->domain, request->cap, &vector);
    if (err_is_fail(err)) {
        if (!capref_is_null(request->cap))
            cap_drop(request->cap);
        reply_error(request->domain, err);
        return;
    }
    reply_values(request->domain, vector, 0, 0);
}

static void serve_irqdest(const struct request *request)
{
    struct capref dest;
    errval_t err = domain_create_irqdest(request->domain, request->cap, &dest);
    if (!capref_is_null(request->cap))
        cap_drop(request->cap); // the CPU driver keeps its own copy
    const uint64_t answer[LMP_MSG_LENGTH] = {err};
    reply_words(request->domain, answer, err_is_ok(err) ? dest : NULL_CAP);
}

static void serve_export(const struct request *request)
{
    iref_t iref = 0;
    errval_t err = request->words[1] > UINT32_MAX
                       ? SYS_ERR_RIGHTS
                       : export_add(request->domain, (uint32_t)request->words[1], &iref);
    if (err_is_fail(err)) {
        reply_error(request->domain, err);
        return;
    }
    reply_values(request->domain, iref, 0, 0);
    bind_resume(iref, SYS_ERR_OK);
}

static void serve_name(const struct request *request)
{
    enum intermon_op op = request->words[0] == MONITOR_NAME_REGISTER     ? IM_NAME_REGISTER
                          : request->words[0] == MONITOR_NAME_UNREGISTER ? IM_NAME_UNREGISTER
                                                                         : IM_NAME_LOOKUP;
    bool wait = request->words[0] == MONITOR_NAME_WAIT;
    struct name name;
    memcpy(&name, &request->words[MONITOR_NAME_WORD], sizeof(name));
    if (!name_valid(&name) || (op == IM_NAME_REGISTER && request->words[1] == 0)) {
        reply_error(request->domain, NS_ERR_NAME);
        return;
    }
    struct intermon_msg msg =
        INTERMON_MSG(op, 0, 0, member_word(domain_member(request->domain)), 0, 0, 0, 0, 0, 0,
                     op == IM_NAME_REGISTER ? request->words[1] : wait);
    memcpy(&msg.words[2], &name, sizeof(name));
    tokens_send(&msg, request->domain, wait);
}

/// A request with one number in word 1 of the message, less than `limit`, for the monitor of `core`.
static void serve_remote(domainid_t domain, enum intermon_op op, uint64_t core, uint64_t value,
                         uint64_t limit)
{
    if (value >= limit) {
        reply_error(domain, op == IM_STAT ? SYS_ERR_ARGS : MON_ERR_NO_CORE);
        return;
    }
    if (core >= monitor.tree.count || (core != 0 && !cores_is_up(&monitor.cores, (coreid_t)core))) {
        reply_error(domain, MON_ERR_NO_CORE);
        return;
    }
    struct intermon_msg msg = INTERMON_MSG(op, (coreid_t)core, 0, value);
    tokens_send(&msg, domain, false);
}

static void forget(domainid_t domain)
{
    tokens_forget(domain);
    bind_forget(domain);
    export_forget(domain);
    names_forget(domain);
    domain_forget(domain);
    lmp_server_forget(&monitor.server, domain);
}

static void serve_introduce(const struct request *request)
{
    struct member member = {(domainid_t)request->words[1], (domainid_t)request->words[2]};
    reply_error(request->domain, domain_introduce(member));
}

static void serve_forget(const struct request *request)
{
    forget((domainid_t)request->words[1]);
    reply_error(request->domain, SYS_ERR_OK);
}

static void serve_unexport(const struct request *request)
{
    reply_error(request->domain, export_remove(request->domain, request->words[1]));
}

static void serve_cores(const struct request *request)
{
    cores_reply(request->domain);
}

static void serve_await_boot(const struct request *request)
{
    cores_await(request->domain);
}

static void serve_core_status(const struct request *request)
{
    serve_remote(request->domain, IM_CORE_STATUS, 0, request->words[1], monitor.tree.count);
}

static void serve_stat(const struct request *request)
{
    serve_remote(request->domain, IM_STAT, request->words[1], request->words[2], KERNEL_STAT_COUNT);
}

static void serve_halt(const struct request *request)
{
    reply_error(request->domain, invoke_kernel_halt(cap_kernel, request->words[1]));
}

/// The CPU driver tells: words[1] has died, of words[0].
static void handle_death(const struct request *request)
{
    debug_printf("domain %#x has died, cause %u\n", (unsigned)request->words[1],
                 (unsigned)request->words[0]);
    bool spawnd = spawnd_died((domainid_t)request->words[1]);
    forget((domainid_t)request->words[1]);
    if (spawnd) // Its number is another's only now.
        bind_resume(IREF_MAKE(monitor.core, IREF_INDEX_SPAWND), SPAWN_ERR_NO_DOMAIN);
}

static void serve_connection(const struct request *request)
{
    bind_serve(request->domain, request->words, request->cap);
}

static void (*const steps[OPERATION_STEPS])(const struct request *request) = {
    [OPERATION_DEATH] = handle_death,
    [OPERATION_EVENTS] = serve_events,
    [OPERATION_NOTIFY] = serve_notify,
    [OPERATION_IRQDEST] = serve_irqdest,
    [OPERATION_EXPORT] = serve_export,
    [OPERATION_UNEXPORT] = serve_unexport,
    [OPERATION_CONNECTION] = serve_connection,
    [OPERATION_NAME] = serve_name,
    [OPERATION_CORES] = serve_cores,
    [OPERATION_AWAIT_BOOT] = serve_await_boot,
    [OPERATION_CORE_STATUS] = serve_core_status,
    [OPERATION_STAT] = serve_stat,
    [OPERATION_HALT] = serve_halt,
    [OPERATION_INTRODUCE] = serve_introduce,
    [OPERATION_FORGET] = serve_forget,
};

static void serve(void *st, uint32_t badge, const uint64_t words[LMP_MSG_LENGTH], size_t length,
                  struct capref cap)
{
    (void)st;
    const struct operation op = operation_of(monitor.core, badge, words, length);
    const struct request request = {badge, words, op.takes_cap ? cap : NULL_CAP};
    if (!op.takes_cap && !capref_is_null(cap))
        cap_drop(cap); // O1
    if (op.step == OPERATION_REFUSE)
        reply_error(badge, op.err);
    else if (op.step != OPERATION_IGNORE)
        steps[op.step](&request);
}

void operations_init(void)
{
    errval_t err = lmp_server_init(&monitor.server, &monitor.ws, serve, NULL);
    if (err_is_fail(err))
        USER_PANIC_ERR(err, "the monitor cannot serve");
}
