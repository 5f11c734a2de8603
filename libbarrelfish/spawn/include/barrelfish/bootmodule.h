// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Boot modules, as bootinfo lists them. A module's string is its name and arguments, separated by
// spaces. Marks stand in front of the name: "start:" asks init to start it, "machine:" asks spawnd
// to give it copies of the machine's capabilities, as far as spawnd itself holds them.
#pragma once

#include "barrelfish/caddr.h"
#include "kpi/bootinfo.h"

#define BOOTMODULE_ARGS_MAX 32u

/// A module's string taken apart; argv points into `text`.
struct bootmodule_args {
    size_t argc; ///< at least 1: argv[0] is the name
    const char *argv[BOOTMODULE_ARGS_MAX];
    char text[BOOTINFO_STRING_MAX];
};

/// The first module of this name, or NULL.
const struct bootinfo_module *bootmodule_find(const struct bootinfo *info, const char *name);
const struct bootinfo_module *bootmodule_find_in(const struct bootinfo_module *modules,
                                                 size_t count, const char *name);

/// Whether init is to start it.
bool bootmodule_is_marked(const struct bootinfo_module *module);

/// Whether it is to get the machine's capabilities (struct spawn_params, `machine`).
bool bootmodule_is_machine(const struct bootinfo_module *module);

/// Take its string apart. SPAWN_ERR_ARGS: no name, or too many arguments.
LIB_MUST_CHECK errval_t bootmodule_parse(const struct bootinfo_module *module,
                                         struct bootmodule_args *args);
