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

_Static_assert(NAME_BYTES_MAX == MONITOR_NAME_BYTES &&
                   sizeof(((struct intermon_name *)0)->name) == NAME_BYTES_MAX + 1,
               "names in both protocols, without and with an end");

static void serve_name(const struct request *request)
{
    intermon_name_request_t what = request->words[0] == MONITOR_NAME_REGISTER ? intermon_REGISTER
                                   : request->words[0] == MONITOR_NAME_UNREGISTER
                                       ? intermon_UNREGISTER
                                   : request->words[0] == MONITOR_NAME_WAIT ? intermon_WAIT
                                                                            : intermon_LOOKUP;
    iref_t iref = what == intermon_REGISTER ? request->words[1] : 0;
    struct member who = domain_member(request->domain);
    struct intermon_message message = {INTERMON_NAME,
                                       .name = {0, what, who.domain, who.family, .iref = iref}};
    struct name name;
    memcpy(&name, &request->words[MONITOR_NAME_WORD], sizeof(name));
    memcpy(message.name.name, &name, sizeof(name));
    if (!name_valid(&name) || (what == intermon_REGISTER && iref == 0))
        reply_error(who.domain, NS_ERR_NAME);
    else
        tokens_send(0, &message, &message.name.token, who.domain, what == intermon_WAIT);
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
    struct intermon_message message = {INTERMON_CORE_STATUS,
                                       .core_status = {.core = (coreid_t)request->words[1]}};
    if (request->words[1] >= monitor.tree.count)
        reply_error(request->domain, MON_ERR_NO_CORE);
    else
        tokens_send(0, &message, &message.core_status.token, request->domain, false);
}

static void serve_stat(const struct request *request)
{
    struct intermon_message message = {INTERMON_STAT,
                                       .stat = {.stat = (uint32_t)request->words[2]}};
    uint64_t core = request->words[1];
    bool there =
        core < monitor.tree.count && (core == 0 || cores_is_up(&monitor.cores, (coreid_t)core));
    if (request->words[2] >= KERNEL_STAT_COUNT)
        reply_error(request->domain, SYS_ERR_ARGS);
    else if (!there)
        reply_error(request->domain, MON_ERR_NO_CORE);
    else
        tokens_send((coreid_t)core, &message, &message.stat.token, request->domain, false);
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
