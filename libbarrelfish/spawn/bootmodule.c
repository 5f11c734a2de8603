// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The strings of boot modules. Pure; written by tools/boot into the boot loader's configuration.
#include "barrelfish/bootmodule.h"

#include <string.h>

static const char start_mark[] = "start:";
static const char machine_mark[] = "machine:";

/// Characters of the string that a mark takes at `at`: 0 if it is not there.
static size_t mark_length(const struct bootinfo_module *module, size_t at, const char *mark)
{
    size_t length = strlen(mark);
    return strncmp(module->string + at, mark, length) == 0 ? length : 0;
}

/// Where its name and arguments begin.
static size_t marks_length(const struct bootinfo_module *module)
{
    size_t start = mark_length(module, 0, start_mark);
    return start + mark_length(module, start, machine_mark);
}

bool bootmodule_is_marked(const struct bootinfo_module *module)
{
    return mark_length(module, 0, start_mark) != 0;
}

bool bootmodule_is_machine(const struct bootinfo_module *module)
{
    return mark_length(module, mark_length(module, 0, start_mark), machine_mark) != 0;
}

errval_t bootmodule_parse(const struct bootinfo_module *module, struct bootmodule_args *args)
{
    size_t skip = marks_length(module);
    size_t length = strnlen(module->string + skip, sizeof(module->string) - skip);
    if (length >= sizeof(args->text))
        return SPAWN_ERR_ARGS;
    memcpy(args->text, module->string + skip, length);
    args->text[length] = '\0';
    args->argc = 0;
    char *rest = args->text;
    for (char *word = strtok_r(rest, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest)) {
        if (args->argc == BOOTMODULE_ARGS_MAX)
            return SPAWN_ERR_ARGS;
        args->argv[args->argc++] = word;
    }
    return args->argc > 0 ? SYS_ERR_OK : SPAWN_ERR_ARGS;
}

/// Whether its name begins as this one: few strings need be taken apart.
static bool begins_as(const struct bootinfo_module *module, const char *name)
{
    size_t at = marks_length(module);
    while (at < sizeof(module->string) && module->string[at] == ' ')
        at++;
    return at < sizeof(module->string) && module->string[at] == name[0];
}

const struct bootinfo_module *bootmodule_find_in(const struct bootinfo_module *modules,
                                                 size_t count, const char *name)
{
    struct bootmodule_args args;
    for (size_t i = 0; i < count && i < BOOTINFO_MODULES_MAX; i++)
        if (begins_as(&modules[i], name) && err_is_ok(bootmodule_parse(&modules[i], &args)) &&
            strcmp(args.argv[0], name) == 0)
            return &modules[i];
    return NULL;
}

const struct bootinfo_module *bootmodule_find(const struct bootinfo *info, const char *name)
{
    return bootmodule_find_in(info->modules, info->modules_count, name);
}
