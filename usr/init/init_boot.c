// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What init was given, and what it does without it.
#include "init.h"

#include <stdarg.h>
#include <stdio.h>

const struct bootinfo *init_bootinfo(void)
{
    return (const struct bootinfo *)BOOTINFO_VADDR;
}

void init_die(errval_t err, const char *format, ...)
{
    char reason[256];
    char line[384];
    va_list args;
    va_start(args, format);
    vsnprintf(reason, sizeof(reason), format, args);
    va_end(args);
    int length = err == SYS_ERR_OK
                     ? snprintf(line, sizeof(line), "init: %s\n", reason)
                     : snprintf(line, sizeof(line), "init: %s: %s\n", reason, err_getstring(err));
    (void)sys_print(line, (size_t)length);
    if (err != SYS_ERR_OK)
        err_print_calltrace(err);
    (void)!invoke_kernel_halt(cap_kernel, INIT_STATUS_DEAD);
    disp_fatal();
}

const struct bootinfo_module *init_need_module(const char *name)
{
    const struct bootinfo_module *module = bootmodule_find(init_bootinfo(), name);
    if (module == NULL)
        init_die(SYS_ERR_OK, "boot module '%s' is missing", name);
    return module;
}
