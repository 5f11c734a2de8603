// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The boot modules, as spawnd was told of them when it started. A copy: what spawnd decides by,
// a module's marks above all, lies in its own memory alone.
#include "spawnd.h"

#include "kpi/bootinfo.h"

#include <string.h>

static struct bootinfo_module modules[BOOTINFO_MODULES_MAX];
static size_t modules_count;

bool modules_init(const struct bootinfo *bootinfo)
{
    if (bootinfo->magic != BOOTINFO_MAGIC || bootinfo->modules_count > BOOTINFO_MODULES_MAX)
        return false;
    modules_count = bootinfo->modules_count;
    memcpy(modules, bootinfo->modules, modules_count * sizeof(modules[0]));
    return true;
}

const struct bootinfo_module *modules_find(const char *name)
{
    return bootmodule_find_in(modules, modules_count, name);
}
