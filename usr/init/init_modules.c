// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Modules that the platform marks to be started: spawnd makes them, in the order of the boot image.
// The console alone gets devices: the first serial port and its interrupt.
#include "init.h"

#include "barrelfish/capabilities.h"
#include "barrelfish/spawn_client.h"

#include <string.h>

// Slots of the console's ARGCN, and what is in them (PC: COM1).
#define CONSOLE_ARG_IO 0u
#define CONSOLE_ARG_IRQ 1u
#define COM1_PORT 0x3f8u
#define COM1_PORTS 8u
#define COM1_GSI 4u

// An L2CNode with the console's devices.
static errval_t make_console_caps(struct capref *ret)
{
    struct cnoderef cnode;
    errval_t err = cnode_create_l2(ret, &cnode);
    if (err_is_ok(err)) {
        err = cap_retype((struct capref){cnode, CONSOLE_ARG_IO}, cap_io, COM1_PORT, ObjType_IO,
                         COM1_PORTS, 1);
    }
    if (err_is_ok(err)) {
        err = cap_retype((struct capref){cnode, CONSOLE_ARG_IRQ}, cap_irq, COM1_GSI, ObjType_IRQSrc,
                         1, 1);
    }
    return err;
}

static void start(const struct bootinfo_module *module)
{
    struct bootmodule_args args;
    char *argv[BOOTMODULE_ARGS_MAX + 1] = {NULL};
    struct capref caps = NULL_CAP;
    errval_t err = bootmodule_parse(module, &args);
    if (err_is_fail(err)) {
        init_die(err, "boot module '%.*s'", (int)sizeof(module->string), module->string);
    }
    memcpy(argv, args.argv, args.argc * sizeof(argv[0]));
    if (strcmp(args.argv[0], "console") == 0) {
        err = make_console_caps(&caps);
    }
    if (err_is_ok(err)) {
        err = spawn_program_with_caps(disp_get_core_id(), args.argv[0], argv, NULL, NULL_CAP, caps,
                                      SPAWN_FLAGS_BOOTINFO, NULL);
    }
    if (err_is_fail(err)) {
        init_die(err, "boot module '%s' cannot be started", args.argv[0]);
    }
}

void init_start_marked(void)
{
    const struct bootinfo *info = init_bootinfo();
    for (unsigned i = 0; i < info->modules_count; i++) {
        if (bootmodule_is_marked(&info->modules[i])) {
            start(&info->modules[i]);
        }
    }
}
