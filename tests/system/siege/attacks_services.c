// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Hostile domains that take what services have: names, exports, waits, bindings, channels to the
// console, room for requests. They speak with the services themselves: the library would wait for
// events, which are never taken here.
#include "siege.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "barrelfish/barrelfish.h"
#include "barrelfish/console.h"
#include "barrelfish/lmp_chan.h"
#include "barrelfish/lmp_rpc.h"
#include "barrelfish/monitor_client.h"
#include "barrelfish/nameservice_client.h"
#include "if/console_defs.h"
#include "if/mem_serv.h"
#include "if/spawnd.h"

#define CHANNEL_BYTES 1024u
#define BURST 16u

static errval_t call_monitor(uint64_t op, uint64_t value, const char *name, uint64_t *out)
{
    uint64_t words[LMP_MSG_LENGTH] = {op, value};
    if (name != NULL)
        memcpy(&words[MONITOR_NAME_WORD], name, strlen(name));
    errval_t err = monitor_call(words, NULL_CAP, words, NULL);
    *out = words[1];
    return err;
}

bool siege_take_all(errval_t (*take_one)(unsigned i))
{
    unsigned count = 0;
    while (count < SIEGE_COUNT_MAX && err_is_ok(take_one(count)))
        count++;
    return count > 0 && count < SIEGE_COUNT_MAX;
}

static errval_t take_name(unsigned i)
{
    char name[32];
    uint64_t ignored;
    snprintf(name, sizeof(name), "siege %x %u", disp_get_domain_id(), i);
    return call_monitor(MONITOR_NAME_REGISTER, 1, name, &ignored);
}

static bool occupy_names(void)
{
    return siege_take_all(take_name);
}

static void rage_names(void)
{
    char name[32];
    uint64_t ignored;
    snprintf(name, sizeof(name), "siege %x 0", disp_get_domain_id());
    (void)call_monitor(MONITOR_NAME_UNREGISTER, 0, name, &ignored);
    (void)take_name(0);
}

static errval_t take_wait(unsigned i)
{
    (void)i;
    uint64_t ignored;
    return call_monitor(MONITOR_NAME_WAIT, 0, "never there", &ignored);
}

static bool occupy_waits(void)
{
    return siege_take_all(take_wait);
}

static void rage_waits(void)
{
    uint64_t ignored;
    (void)call_monitor(MONITOR_NAME_LOOKUP, 0, CONSOLE_NAME, &ignored);
}

static errval_t take_export(unsigned i)
{
    (void)i;
    uint64_t ignored;
    return call_monitor(MONITOR_EXPORT, 0, NULL, &ignored);
}

static bool occupy_exports(void)
{
    return siege_take_all(take_export);
}

static void rage_exports(void)
{
    uint64_t iref;
    if (err_is_ok(call_monitor(MONITOR_EXPORT, 0, NULL, &iref)))
        (void)call_monitor(MONITOR_UNEXPORT, iref, NULL, &iref);
}

static iref_t own;

static errval_t take_binding(unsigned i)
{
    (void)i;
    struct capref ring;
    uint64_t words[LMP_MSG_LENGTH] = {MONITOR_BIND, own, CHANNEL_BYTES, CHANNEL_BYTES};
    return monitor_call(words, NULL_CAP, words, &ring);
}

/// To a service of its own, which takes no events.
static bool occupy_bindings(void)
{
    return err_is_ok(call_monitor(MONITOR_EXPORT, 0, NULL, &own)) && siege_take_all(take_binding);
}

/// As large as can be asked for, to nobody.
static void rage_bindings(void)
{
    struct capref ring;
    uint64_t words[LMP_MSG_LENGTH] = {MONITOR_BIND, IREF_MAKE(0, 0x7fffffff), 32u << 20, 32u << 20};
    (void)!monitor_call(words, NULL_CAP, words, &ring);
}

static struct console_binding *to_console;

static errval_t take_console(unsigned i)
{
    (void)i;
    iref_t iref;
    struct console_binding *binding;
    errval_t err = nameservice_lookup(CONSOLE_NAME, &iref);
    if (err_is_ok(err))
        err = console_bind_blocking(iref, get_default_waitset(), IDC_BIND_FLAG_UMP, &binding);
    if (err_is_ok(err))
        to_console = binding;
    return err;
}

static bool occupy_console(void)
{
    return siege_take_all(take_console);
}

/// Half lines, which are never ended, and requests for what is typed.
static void rage_console(void)
{
    if (to_console == NULL)
        return;
    (void)!console_write__tx(to_console, NOP_CONT, false, "        ", 8);
    (void)!console_read_call__tx(to_console, NOP_CONT, console_RAW, 8);
}

static bool occupy_nothing(void)
{
    return true;
}

/// Requests whose answers are never taken, to all three, as fast as their endpoints take them.
static void rage_requests(void)
{
    const struct capref servers[] = {cap_monitorep, cap_memservep, cap_spawndep};
    const uint64_t operations[] = {MONITOR_CORES, MEM_SERV_AVAILABLE, SPAWND_MEMORY};
    for (unsigned s = 0; s < 3; s++) {
        for (unsigned i = 0; i < BURST; i++) {
            const uint64_t words[LMP_MSG_LENGTH] = {RPC_REQUEST | operations[s]};
            (void)lmp_send(servers[s], 0, NULL_CAP, LMP_MSG_LENGTH, words);
        }
    }
}

/// The same to the monitors of all other cores, by way of the own.
static void rage_far(void)
{
    static coreid_t core;
    core = (coreid_t)(core + 1) % SIEGE_CORES_MAX;
    const uint64_t words[LMP_MSG_LENGTH] = {RPC_REQUEST | MONITOR_STAT, core, KERNEL_STAT_EVENTS};
    for (unsigned i = 0; i < BURST; i++)
        (void)lmp_send(cap_monitorep, 0, NULL_CAP, LMP_MSG_LENGTH, words);
}

/// Arguments of a domain that is never started, in pieces of all lengths.
static void rage_strings(void)
{
    static uint64_t offset;
    const uint64_t words[LMP_MSG_LENGTH] = {RPC_REQUEST | SPAWND_STRINGS,
                                            offset | (uint64_t)SPAWND_PIECE_BYTES << 32};
    (void)lmp_send(cap_spawndep, LMP_FLAG_YIELD, NULL_CAP, LMP_MSG_LENGTH, words);
    offset = offset + SPAWND_PIECE_BYTES < SPAWND_STRINGS_MAX ? offset + SPAWND_PIECE_BYTES : 0;
}

/// Words on its behalf, which after some are left out.
static void rage_prints(void)
{
    uint64_t words[LMP_MSG_LENGTH] = {RPC_REQUEST | SPAWND_PRINT, SPAWND_PIECE_BYTES};
    memset(&words[SPAWND_PIECE_WORD], '.', SPAWND_PIECE_BYTES);
    (void)lmp_send(cap_spawndep, LMP_FLAG_YIELD, NULL_CAP, LMP_MSG_LENGTH, words);
}

void siege_take_tables(void)
{
    (void)occupy_names();
    (void)occupy_waits();
    (void)occupy_exports();
    (void)occupy_bindings();
    (void)occupy_console();
}

const struct siege_attack siege_service_attacks[] = {
    {.name = "names", .occupy = occupy_names, .rage = rage_names},
    {.name = "waits", .occupy = occupy_waits, .rage = rage_waits},
    {.name = "exports", .occupy = occupy_exports, .rage = rage_exports},
    {.name = "bindings", .occupy = occupy_bindings, .rage = rage_bindings},
    {.name = "console", .occupy = occupy_console, .rage = rage_console},
    {.name = "requests", .occupy = occupy_nothing, .rage = rage_requests},
    {.name = "far", .occupy = occupy_nothing, .rage = rage_far},
    {.name = "prints", .occupy = occupy_nothing, .rage = rage_prints},
    {.name = "strings", .occupy = occupy_nothing, .rage = rage_strings},
};
const size_t siege_service_attacks_count =
    sizeof(siege_service_attacks) / sizeof(siege_service_attacks[0]);
