// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Calls of an honest domain to monitor, memory server, spawnd and console.
#include "siege.h"

#include <stdio.h>

#include "barrelfish/barrelfish.h"
#include "barrelfish/capabilities.h"
#include "barrelfish/console.h"
#include "barrelfish/domain.h"
#include "barrelfish/monitor_client.h"
#include "barrelfish/nameservice_client.h"
#include "barrelfish/ram_alloc.h"
#include "barrelfish/spawn_client.h"
#include "barrelfish/terminal_client.h"
#include "barrelfish/ump_chan.h"

#define HOLES 512u

static iref_t console;

/// Fills the holes in the free memory: from then on a page is always cut off a larger range and
/// merged into it again, which costs the most, so that the comparison is with that.
static errval_t fill_holes(void)
{
    struct capref ram;
    errval_t err = SYS_ERR_OK;
    for (unsigned i = 0; i < HOLES && err_is_ok(err); i++)
        err = ram_alloc_bytes(&ram, BASE_PAGE_SIZE, BASE_PAGE_SIZE);
    return err;
}

errval_t siege_calls_init(void)
{
    errval_t err = fill_holes();
    return err_is_ok(err) ? nameservice_blocking_lookup(CONSOLE_NAME, &console) : err;
}

static errval_t look_up(void)
{
    iref_t iref;
    return nameservice_lookup(CONSOLE_NAME, &iref);
}

static errval_t export_and_withdraw(void)
{
    uint64_t words[LMP_MSG_LENGTH] = {MONITOR_EXPORT};
    errval_t err = monitor_call(words, NULL_CAP, words, NULL);
    if (err_is_fail(err))
        return err;
    uint64_t withdraw[LMP_MSG_LENGTH] = {MONITOR_UNEXPORT, words[1]};
    return monitor_call(withdraw, NULL_CAP, withdraw, NULL);
}

static errval_t bind_and_close(void)
{
    static struct ump_chan chan;
    errval_t err = ump_chan_bind_blocking(&chan, console, 1024, 1024);
    if (err_is_ok(err))
        ump_chan_close(&chan);
    return err;
}

static errval_t ask_for_memory(void)
{
    genpaddr_t available, total;
    return ram_available(&available, &total);
}

static errval_t take_and_return_memory(void)
{
    struct capref ram;
    errval_t err = ram_alloc_bytes(&ram, BASE_PAGE_SIZE, BASE_PAGE_SIZE);
    return err_is_ok(err) ? cap_destroy(ram) : err;
}

static errval_t list_domains(void)
{
    struct spawn_domain_info info;
    return spawn_list_next(disp_get_domain_id(), &info);
}

static errval_t spawn_on(coreid_t core)
{
    char *argv[] = {(char *)disp_name(), "exit", NULL};
    struct capref domain;
    uint8_t status;
    errval_t err = spawn_program(core, argv[0], argv, NULL, SPAWN_FLAGS_DEFAULT, &domain);
    return err_is_ok(err) ? spawn_wait(domain, &status, false) : err;
}

static errval_t spawn_and_wait(void)
{
    return spawn_on(disp_get_core_id());
}

static errval_t spawn_far(void)
{
    return spawn_on((coreid_t)((disp_get_core_id() + 1) % SIEGE_CORES_MAX));
}

static errval_t print(void)
{
    printf("a line\n");
    fflush(stdout);
    return terminal_flush();
}

const struct siege_call siege_calls[] = {
    {.name = "look a name up", .run = look_up, .single = true},
    {.name = "export and withdraw", .run = export_and_withdraw},
    {.name = "bind and close", .run = bind_and_close},
    {.name = "ask for free memory", .run = ask_for_memory, .single = true},
    {.name = "take and return a page", .run = take_and_return_memory},
    {.name = "list domains", .run = list_domains, .single = true},
    {.name = "spawn and wait", .run = spawn_and_wait},
    {.name = "print a line", .run = print, .single = true},
    {.name = "spawn on another core", .run = spawn_far, .far = true},
};
const size_t siege_calls_count = sizeof(siege_calls) / sizeof(siege_calls[0]);
