// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Which cores are up: has protocol/cores.h decide, and carries out what that leads to. Times and
// places of a core are asked of core 0.

#include "cores/cores.h"

#include "local/domains.h"
#include "local/local.h"
#include "state/monitor.h"

#include <string.h>

/// Time that a core has to come up, in microseconds: long, because on a loaded host many cores
/// share a real one.
#define START_DEADLINE_US 60000000u

struct child {
    coreid_t core; ///< 0: unused; core 0 is no child
    struct deferred_event deadline;
};

static struct child children[BOOT_CHILDREN_MAX];
static const struct intermon_message *message; ///< that is being handled
static struct cores_event result;              ///< of the effect that was carried out last

static struct child *child_of(coreid_t core)
{
    for (unsigned i = 0; i < BOOT_CHILDREN_MAX; i++)
        if (children[i].core == core)
            return &children[i];
    return NULL;
}

static void send_report(const struct cores_effect *effect)
{
    const struct intermon_message report = {INTERMON_REPORT,
                                            .report = {effect->core, effect->failed, effect->tsc}};
    errval_t err = intermon_send(0, &report, false);
    if (err_is_fail(err))
        DEBUG_ERR(err, "core 0 was not told of core %u", effect->core);
}

static void set_notify(const struct cores_effect *effect)
{
    result = (struct cores_event){.kind = CORES_NOTIFIED,
                                  .core = effect->core,
                                  .tsc = effect->tsc,
                                  .err = intermon_set_notify(effect->core, &message->up.notify)};
    if (err_is_fail(result.err))
        DEBUG_ERR(result.err, "core %u cannot be notified", effect->core);
}

static void stop_deadline(const struct cores_effect *effect)
{
    (void)deferred_event_cancel(&child_of(effect->core)->deadline);
}

static void send_map(const struct cores_effect *effect)
{
    struct intermon_message map = {INTERMON_CORES, .cores = {.complete = monitor.cores.complete}};
    memcpy(map.cores.up, monitor.cores.up, sizeof(map.cores.up));
    errval_t err = intermon_send_direct(effect->core, &map);
    if (err_is_fail(err))
        DEBUG_ERR(err, "core %u was not told which cores are up", effect->core);
}

void cores_reply(domainid_t domain)
{
    const struct cores_state *cores = &monitor.cores;
    const uint64_t words[LMP_MSG_LENGTH] = {
        SYS_ERR_OK,   cores->up[0],       cores->up[1],          cores->up[2],
        cores->up[3], monitor.tree.count, cores_count_up(cores), cores->complete};
    reply_words(domain, words, NULL_CAP);
}

static void reply(const struct cores_effect *effect)
{
    cores_reply(effect->domain);
}

static void refuse(const struct cores_effect *effect)
{
    reply_error(effect->domain, effect->err);
}

static void keep(const struct cores_effect *effect)
{
    domain_find(effect->domain)->awaits_boot = true;
}

static void reply_all(const struct cores_effect *effect)
{
    (void)effect;
    domains_answer_boot(cores_reply);
}

MACHINE_CARRIED_OUT(
    cores, &monitor.cores, [CORES_SEND_REPORT] = send_report, [CORES_SET_NOTIFY] = set_notify,
    [CORES_STOP_DEADLINE] = stop_deadline, [CORES_SEND_MAP] = send_map, [CORES_REPLY] = reply,
    [CORES_REFUSE] = refuse, [CORES_KEEP] = keep, [CORES_REPLY_ALL] = reply_all)

static void deadline_passed(void *arg)
{
    const struct child *child = arg;
    debug_printf("core %u did not come up in time\n", child->core);
    run((struct cores_event){.kind = CORES_DEADLINE, .core = child->core});
}

void cores_started(coreid_t core)
{
    struct child *child = child_of(0);
    child->core = core;
    deferred_event_init(&child->deadline);
    errval_t err = deferred_event_register(&child->deadline, &monitor.ws, START_DEADLINE_US,
                                           MKCLOSURE(deadline_passed, child));
    if (err_is_fail(err)) // It may well come up.
        DEBUG_ERR(err, "core %u has no deadline", core);
    run((struct cores_event){.kind = CORES_STARTED, .core = core});
}

void cores_not_started(coreid_t core, const char *reason)
{
    debug_printf("core %u did not start: %s\n", core, reason);
    run((struct cores_event){.kind = CORES_STARTED, .core = core, .err = MON_ERR_START});
}

void cores_await(domainid_t domain)
{
    run((struct cores_event){
        .kind = CORES_AWAITED, .domain = domain, .known = domain_get(domain) != NULL});
}

void cores_handle(const struct intermon_header *header, const struct intermon_message *what)
{
    message = what;
    run((struct cores_event){
        .kind = what->op, .core = header->source, .from = header->from, .message = *what});
}

void cores_handle_status(const struct intermon_header *header, const struct intermon_message *asked)
{
    coreid_t core = asked->core_status.core;
    struct intermon_reply reply = {asked->core_status.token, .err = MON_ERR_NO_CORE};
    if (core < monitor.tree.count && monitor.core == 0) {
        const struct bootinfo_core *info = &monitor.bootinfo->cores[core];
        reply = (struct intermon_reply){reply.token,
                                        SYS_ERR_OK,
                                        {monitor.cores.states[core],
                                         (uint64_t)info->node << 32 | info->apic_id,
                                         monitor.cores.start_tsc[core]}};
    }
    intermon_answer(header->source, reply);
}

void cores_handle_stat(const struct intermon_header *header, const struct intermon_message *asked)
{
    struct intermon_reply reply = {asked->stat.token, .err = SYS_ERR_ARGS};
    if (asked->stat.stat < KERNEL_STAT_COUNT)
        reply.err =
            invoke_kernel_stat(cap_kernel, (enum kernel_stat)asked->stat.stat, &reply.values[0]);
    intermon_answer(header->source, reply);
}

void cores_begin(void)
{
    run((struct cores_event){.kind = CORES_BEGUN, .tsc = monitor.bootinfo->boot_tsc});
}
