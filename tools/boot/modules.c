// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The list of boot modules. No I/O.
#include "modules.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *command_line_of(const struct platform_module *module)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (out == NULL)
        abort();
    fprintf(out, "%s%s%s", module->start ? "start:" : "", module->machine ? "machine:" : "",
            module->name);
    for (uint32_t i = 0; i < module->args_count; i++)
        fprintf(out, " %s", module->args[i]);
    fclose(out);
    return text;
}

static bool add(struct modules *modules, const char *path, struct report *report)
{
    const char *name = basename(path);
    if (!platform_module_name_ok(name))
        return report_set(report, "--module %s: not a name for a module", path);
    for (unsigned i = 0; i < modules->count; i++) {
        struct module *module = &modules->items[i];
        if (strcmp(module->name, name) == 0) {
            free(module->path);
            module->path = strdup(path);
            module->added = true;
            return true;
        }
    }
    modules->items[modules->count++] = (struct module){
        .name = strdup(name),
        .path = strdup(path),
        .command_line = strdup(name),
        .added = true,
    };
    return true;
}

bool modules_collect(struct modules *modules, const struct platform *platform,
                     const char *build_folder, const char *const *added, unsigned added_count,
                     struct report *report)
{
    *modules = (struct modules){0};
    modules->items = calloc(platform->modules_count + added_count, sizeof(*modules->items));
    if (modules->items == NULL ||
        asprintf(&modules->cpudriver, "%s/%s", build_folder, platform->cpudriver) < 0)
        abort();
    for (uint32_t i = 0; i < platform->modules_count; i++) {
        struct module *module = &modules->items[modules->count++];
        module->name = strdup(platform->modules[i].name);
        module->command_line = command_line_of(&platform->modules[i]);
        if (asprintf(&module->path, "%s/domains/%s", build_folder, module->name) < 0)
            abort();
    }
    for (unsigned i = 0; i < added_count; i++) {
        if (!add(modules, added[i], report)) {
            modules_free(modules);
            return false;
        }
    }
    return true;
}

void modules_add_commands(struct modules *modules, const char *path)
{
    modules->items = reallocarray(modules->items, modules->count + 1, sizeof(*modules->items));
    if (modules->items == NULL)
        abort();
    modules->items[modules->count++] = (struct module){
        .name = strdup("commands"),
        .path = strdup(path),
        .command_line = strdup("run:commands"),
        .added = true,
    };
}

void modules_free(struct modules *modules)
{
    for (unsigned i = 0; i < modules->count; i++) {
        free(modules->items[i].name);
        free(modules->items[i].path);
        free(modules->items[i].command_line);
    }
    free(modules->items);
    free(modules->cpudriver);
    *modules = (struct modules){0};
}
