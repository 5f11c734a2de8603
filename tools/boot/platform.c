// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Platform files: the schema, and the checks that a schema cannot express.
#include "platform.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "yaml_file.h"

#define MODULE_NAME_MAX 31u

static const cyaml_schema_value_t arg_schema = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1, CYAML_UNLIMITED),
};

static const cyaml_strval_t truth[] = {{"false", false}, {"true", true}};

static const cyaml_schema_field_t module_fields[] = {
    CYAML_FIELD_STRING_PTR("name", CYAML_FLAG_POINTER, struct platform_module, name, 1,
                           MODULE_NAME_MAX),
    // Not CYAML_FIELD_BOOL, to which every word but "false" and the like is true.
    CYAML_FIELD_ENUM("start", CYAML_FLAG_OPTIONAL | CYAML_FLAG_STRICT, struct platform_module,
                     start, truth, 2),
    CYAML_FIELD_ENUM("machine", CYAML_FLAG_OPTIONAL | CYAML_FLAG_STRICT, struct platform_module,
                     machine, truth, 2),
    CYAML_FIELD_SEQUENCE("args", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct platform_module,
                         args, &arg_schema, 0, 32),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t module_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct platform_module, module_fields),
};

static const cyaml_schema_field_t platform_fields[] = {
    CYAML_FIELD_STRING_PTR("name", CYAML_FLAG_POINTER, struct platform, name, 1, MODULE_NAME_MAX),
    CYAML_FIELD_STRING_PTR("cpudriver", CYAML_FLAG_POINTER, struct platform, cpudriver, 1, 255),
    CYAML_FIELD_UINT("cores", CYAML_FLAG_DEFAULT, struct platform, cores),
    CYAML_FIELD_STRING_PTR("memory", CYAML_FLAG_POINTER, struct platform, memory, 1, 31),
    CYAML_FIELD_UINT("nodes", CYAML_FLAG_DEFAULT, struct platform, nodes),
    CYAML_FIELD_SEQUENCE("modules", CYAML_FLAG_POINTER, struct platform, modules, &module_schema, 1,
                         64),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t platform_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct platform, platform_fields),
};

bool platform_module_name_ok(const char *name)
{
    size_t length = strlen(name);
    for (size_t i = 0; i < length; i++)
        if (!isalnum((unsigned char)name[i]) && strchr("_-.", name[i]) == NULL)
            return false;
    return length >= 1 && length <= MODULE_NAME_MAX && name[0] != '.' && name[0] != '-';
}

/// Arguments reach the machine as words of one string, through GRUB's command language.
static bool arg_ok(const char *arg)
{
    for (const char *c = arg; *c != '\0'; c++)
        if (!isgraph((unsigned char)*c) || strchr("\"'\\$;&|<>{}#", *c) != NULL)
            return false;
    return true;
}

static bool check_module(const struct platform *platform, uint32_t index, const char *path,
                         struct report *report)
{
    const struct platform_module *module = &platform->modules[index];
    if (!platform_module_name_ok(module->name)) {
        return report_set(report,
                          "%s: module name '%s' is not 1 to %u letters, digits, _, - and ., the "
                          "first of which is no - or .",
                          path, module->name, MODULE_NAME_MAX);
    }
    for (uint32_t i = 0; i < index; i++)
        if (strcmp(platform->modules[i].name, module->name) == 0)
            return report_set(report, "%s: module '%s' is there twice", path, module->name);
    for (uint32_t i = 0; i < module->args_count; i++) {
        if (!arg_ok(module->args[i])) {
            return report_set(report, "%s: module '%s': argument '%s' has a space or quote", path,
                              module->name, module->args[i]);
        }
    }
    return true;
}

static bool check(const struct platform *platform, const char *path, struct report *report)
{
    char what[300];
    uint64_t memory_mib;
    snprintf(what, sizeof(what), "%s: memory", path);
    if (!platform_module_name_ok(platform->name)) {
        return report_set(report, "%s: platform name '%s' has characters other than a-z, 0-9, _-.",
                          path, platform->name);
    }
    if (platform->cores < 1 || platform->cores > MACHINE_CORES_MAX) {
        return report_set(report, "%s: cores: %u is not from 1 to %u", path, platform->cores,
                          MACHINE_CORES_MAX);
    }
    if (platform->nodes < 1 || platform->nodes > MACHINE_NODES_MAX) {
        return report_set(report, "%s: nodes: %u is not from 1 to %u", path, platform->nodes,
                          MACHINE_NODES_MAX);
    }
    if (!machine_parse_memory(platform->memory, what, &memory_mib, report))
        return false;
    for (uint32_t i = 0; i < platform->modules_count; i++)
        if (!check_module(platform, i, path, report))
            return false;
    return true;
}

struct platform *platform_load(const char *path, struct report *report)
{
    struct platform *platform = yaml_file_load(path, "platform", &platform_schema, report);
    if (platform != NULL && !check(platform, path, report)) {
        platform_free(platform);
        return NULL;
    }
    return platform;
}

void platform_free(struct platform *platform)
{
    yaml_file_free(&platform_schema, platform);
}

struct machine platform_machine(const struct platform *platform)
{
    struct report ignored = {0};
    struct machine machine = {.cores = platform->cores, .nodes = platform->nodes};
    machine_parse_memory(platform->memory, "memory", &machine.memory_mib, &ignored);
    return machine;
}
