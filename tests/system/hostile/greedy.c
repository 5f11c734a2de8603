// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Domains that take all that they can get of a monitor's tables. Each must come to the end of its
// family's share, of which its children get no more either; that others are served then is shown by
// tests/system/siege. They speak with the monitor themselves: the library would wait for events,
// which are never taken here.
#include <stdio.h>
#include <string.h>

#include "barrelfish/console.h"
#include "barrelfish/deferred.h"
#include "barrelfish/domain.h"
#include "barrelfish/monitor_client.h"
#include "barrelfish/nameservice_client.h"
#include "barrelfish/spawn_client.h"
#include "barrelfish/ump_chan.h"
#include "cases.h"
#include "systest/systest.h"

#define CHANNEL_BYTES 4096u
#define SERVER_NAME "greedy"
#define SERVER_CLIENTS 16u
#define POOR_BYTES (4u << 20)
#define CALLS_MAX 2000u   ///< more than any table has
#define DOMAINS_SHARE 64u ///< of spawnd's table, for a domain and all that it spawns

static errval_t call_with_name(enum monitor_op op, uint64_t value, const char *name, uint64_t *out)
{
    uint64_t words[LMP_MSG_LENGTH] = {op, value};
    memcpy(&words[MONITOR_NAME_WORD], name, strlen(name));
    errval_t err = monitor_call(words, NULL_CAP, words, NULL);
    if (out != NULL)
        *out = words[1];
    return err;
}

static errval_t register_one(unsigned i)
{
    char name[32];
    snprintf(name, sizeof(name), "greedy %u", i);
    return call_with_name(MONITOR_NAME_REGISTER, 1, name, NULL);
}

static errval_t wait_for_one(unsigned i)
{
    (void)i;
    return call_with_name(MONITOR_NAME_WAIT, 0, "never there", NULL);
}

static errval_t export_one(unsigned i)
{
    (void)i;
    uint64_t words[LMP_MSG_LENGTH] = {MONITOR_EXPORT};
    return monitor_call(words, NULL_CAP, words, NULL);
}

static iref_t server; // of bind_one

static errval_t bind_one(unsigned i)
{
    (void)i;
    struct capref frame;
    uint64_t words[LMP_MSG_LENGTH] = {MONITOR_BIND, server, CHANNEL_BYTES, CHANNEL_BYTES};
    return monitor_call(words, NULL_CAP, words, &frame);
}

static bool takes_its_share(errval_t (*take_one)(unsigned i))
{
    errval_t err = SYS_ERR_OK;
    unsigned count = 0;
    while (err_is_ok(err) && count < CALLS_MAX)
        err = take_one(count++);
    return count > 1 && err_no(err) == MON_ERR_LIMIT;
}

static bool child_ends_well(const char *name)
{
    const char *args[] = {"child", name, NULL};
    struct test_child child = test_run_child(disp_get_core_id(), "test_hostile", args, 0);
    return child.end == TEST_END_STATUS && child.status == 0;
}

/// The child is to be refused.
static int greedy(errval_t (*take_one)(unsigned i), const char *child)
{
    return takes_its_share(take_one) && child_ends_well(child) ? 0 : HOSTILE_WENT_ON;
}

static int refused(errval_t (*take_one)(unsigned i))
{
    return err_no(take_one(CALLS_MAX)) == MON_ERR_LIMIT ? 0 : HOSTILE_WENT_ON;
}

static int greedy_names(void)
{
    return greedy(register_one, "no_name");
}

static int no_name(void)
{
    return refused(register_one);
}

static int greedy_waits(void)
{
    return greedy(wait_for_one, "no_wait");
}

static int no_wait(void)
{
    return refused(wait_for_one);
}

static int greedy_exports(void)
{
    return greedy(export_one, "no_export");
}

static int no_export(void)
{
    return refused(export_one);
}

static bool make_server(void)
{
    uint64_t words[LMP_MSG_LENGTH] = {MONITOR_EXPORT};
    if (err_is_fail(monitor_call(words, NULL_CAP, words, NULL)))
        return false;
    server = words[1];
    return true;
}

static int greedy_binds(void)
{
    return make_server() ? greedy(bind_one, "no_bind") : 1;
}

static int no_bind(void)
{
    return make_server() ? refused(bind_one) : 1;
}

/// A server that takes no events holds what its clients leave behind.
static int greedy_server(void)
{
    if (!make_server() ||
        err_is_fail(call_with_name(MONITOR_NAME_REGISTER, server, SERVER_NAME, NULL)))
        return 1;
    for (unsigned i = 0; i < SERVER_CLIENTS; i++)
        if (!child_ends_well("leaving_client"))
            return 2;
    return child_ends_well("modest") ? 0 : HOSTILE_WENT_ON;
}

/// Binds to it as often as it can, and ends; alone it finds no such server.
static int leaving_client(void)
{
    errval_t err = call_with_name(MONITOR_NAME_LOOKUP, 0, SERVER_NAME, &server);
    if (err_no(err) == NS_ERR_NOT_FOUND)
        return 0;
    return err_is_ok(err) && err_no(bind_one(0)) != MON_ERR_NO_IREF && takes_its_share(bind_one)
               ? 0
               : HOSTILE_WENT_ON;
}

static int sleeper(void)
{
    while (err_is_ok(barrelfish_usleep(1000000))) {
    }
    return 1;
}

/// It gets its share of its spawnd's table, with all that it spawns, and no more.
static int greedy_domains(void)
{
    static struct capref children[DOMAINS_SHARE];
    char *const argv[] = {"test_hostile", "child", "sleeper", NULL};
    struct spawn_core_info info = {0};
    coreid_t core = disp_get_core_id();
    unsigned count = 0;
    errval_t err = SYS_ERR_OK;
    while (count < DOMAINS_SHARE && err_is_ok(err)) {
        err = spawn_program(core, argv[0], argv, NULL, SPAWN_FLAGS_DEFAULT, &children[count]);
        count += err_is_ok(err);
    }
    bool room = err_is_ok(spawn_core_info(core, &info)) && info.domains < info.domains_max / 2;
    bool poor =
        info.free_bytes < POOR_BYTES; // of a machine whose memory ends before the share does
    bool refused = count > 1 && (err_no(err) == SPAWN_ERR_LIMIT || (err_is_fail(err) && poor));
    for (unsigned i = 0; i < count; i++)
        if (err_is_fail(spawn_kill(children[i])))
            return 1;
    return refused && room ? 0 : HOSTILE_WENT_ON;
}

static void on_connect(void *st, struct monitor_bind_request *request)
{
    (void)st;
    (void)!monitor_refuse(request, MON_ERR_LIMIT);
}

/// A bit of each table.
static int modest(void)
{
    static struct monitor_export service;
    static struct ump_chan chan;
    iref_t own, found;
    errval_t err =
        monitor_export_service(&service, 0, get_default_waitset(), on_connect, NULL, &own);
    if (err_is_ok(err))
        err = nameservice_register("modest", own);
    if (err_is_ok(err))
        err = nameservice_blocking_lookup("modest", &found);
    if (err_is_fail(err) || found != own ||
        err_is_fail(nameservice_blocking_lookup(CONSOLE_NAME, &found)))
        return 1;
    if (err_is_fail(ump_chan_bind_blocking(&chan, found, CHANNEL_BYTES, CHANNEL_BYTES)))
        return 2;
    ump_chan_close(&chan);
    return err_is_ok(monitor_unexport_service(&service)) ? 0 : 3;
}

const struct hostile_case hostile_greedy[] = {
    GOES_ON(modest),         GOES_ON(leaving_client),
    GOES_ON(greedy_names),   GOES_ON(greedy_waits),
    GOES_ON(greedy_exports), GOES_ON(greedy_binds),
    GOES_ON(greedy_server),  HANGS(sleeper),
    GOES_ON(greedy_domains), HOSTILE_END,
};

const struct hostile_case hostile_refused[] = {
    GOES_ON(no_name), GOES_ON(no_wait), GOES_ON(no_export), GOES_ON(no_bind), HOSTILE_END,
};
