// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Modules that the platform marks to be started: spawnd makes them, in the order of the boot image.
// The console gets devices, the first serial port and its interrupt, and is told who the shell is,
// whose the keyboard is; the shell may halt the machine and end any domain. A machine whose shell has
// ended by itself could be told nothing more, not even to halt: a thread waits for that.
#include "init.h"

#include "barrelfish/capabilities.h"
#include "barrelfish/console.h"
#include "barrelfish/spawn_client.h"
#include "if/monitor.h"

#include <string.h>

#define CONSOLE_PORTS 8u

static volatile struct console_operator *console_operator;

/// The frame where the console looks for its operator, in which only init can write. In a machine
/// that starts no shell there is none.
static errval_t make_operator_place(struct capref slot)
{
    struct capref frame;
    void *place;
    const struct bootinfo_module *shell = bootmodule_find(init_bootinfo(), "shell");
    if (shell == NULL || !bootmodule_is_marked(shell))
        return SYS_ERR_OK;
    errval_t err = frame_alloc(&frame, BASE_PAGE_SIZE, NULL);
    if (err_is_ok(err))
        err = vspace_map_one_frame(&place, BASE_PAGE_SIZE, frame, NULL, NULL);
    if (err_is_ok(err)) {
        console_operator = place;
        err = cap_mint(slot, frame, CAPRIGHTS_READ | CAPRIGHTS_IDENTIFY | CAPRIGHTS_GRANT, 0);
    }
    return err;
}

/// An L2CNode with the console's devices.
static errval_t make_console_caps(struct capref *ret)
{
    struct cnoderef cnode;
    errval_t err = cnode_create_l2(ret, &cnode);
    if (err_is_ok(err))
        err = make_operator_place((struct capref){cnode, CONSOLE_ARG_OPERATOR});
    if (err_is_ok(err)) {
        err = cap_retype((struct capref){cnode, CONSOLE_ARG_IO}, cap_io, CONSOLE_PORT, ObjType_IO,
                         CONSOLE_PORTS, 1);
    }
    if (err_is_ok(err)) {
        err = cap_retype((struct capref){cnode, CONSOLE_ARG_IRQ}, cap_irq, CONSOLE_GSI,
                         ObjType_IRQSrc, 1, 1);
    }
    return err;
}

/// An L2CNode with the operator's endpoint.
static errval_t make_shell_caps(struct capref monitor_ep, struct capref *ret)
{
    struct cnoderef cnode;
    errval_t err = cnode_create_l2(ret, &cnode);
    if (err_is_ok(err)) {
        err = cap_mint((struct capref){cnode, SHELL_ARG_OPERATOR}, monitor_ep, CAPRIGHTS_ALL,
                       MONITOR_OPERATOR);
    }
    return err;
}

static int watch_shell(void *arg)
{
    const struct capref *shell = arg;
    uint8_t status;
    errval_t err = spawn_wait(*shell, &status, false);
    if (err_is_fail(err))
        init_die(err, "cannot learn how the shell fares");
    else if (status == SPAWN_STATUS_DIED)
        init_die(SYS_ERR_OK, "the shell died");
    init_die(SYS_ERR_OK, "the shell ended, with status %u, and did not halt the machine", status);
}

static void start(const struct bootinfo_module *module, struct capref monitor_ep,
                  struct capref *shell)
{
    struct bootmodule_args args;
    char *argv[BOOTMODULE_ARGS_MAX + 1] = {NULL};
    struct capref caps = NULL_CAP, domain = NULL_CAP;
    spawn_flags_t flags = SPAWN_FLAGS_BOOTINFO;
    errval_t err = bootmodule_parse(module, &args);
    if (err_is_fail(err))
        init_die(err, "boot module '%.*s'", (int)sizeof(module->string), module->string);
    memcpy(argv, args.argv, args.argc * sizeof(argv[0]));
    bool is_shell = strcmp(args.argv[0], "shell") == 0;
    if (strcmp(args.argv[0], "console") == 0) {
        err = make_console_caps(&caps);
    } else if (is_shell) {
        err = make_shell_caps(monitor_ep, &caps);
        flags |= SPAWN_FLAGS_OPERATOR;
    }
    if (err_is_ok(err)) {
        err = spawn_program_with_caps(disp_get_core_id(), args.argv[0], argv, NULL, NULL_CAP, caps,
                                      flags, &domain);
    }
    if (err_is_fail(err))
        init_die(err, "boot module '%s' cannot be started", args.argv[0]);
    if (is_shell)
        *shell = domain;
    if (is_shell && console_operator != NULL)
        console_operator->domain = spawn_domain_id(domain);
}

void init_start_marked(struct capref monitor_ep)
{
    static struct capref shell;
    const struct bootinfo *info = init_bootinfo();
    if ((info->flags & BOOTINFO_FLAG_COMMANDS) != 0 && bootmodule_find(info, "shell") == NULL)
        init_die(SPAWN_ERR_NO_MODULE, "there are commands to run, but no boot module 'shell'");
    for (unsigned i = 0; i < info->modules_count; i++)
        if (bootmodule_is_marked(&info->modules[i]))
            start(&info->modules[i], monitor_ep, &shell);
    if (spawn_domain_id(shell) != 0 && thread_create(watch_shell, &shell) == NULL)
        init_die(LIB_ERR_MALLOC_FAIL, "cannot watch over the shell");
}
