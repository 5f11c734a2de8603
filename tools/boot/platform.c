// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Platform files: the schema, on libcyaml, and the checks that a schema cannot express. libcyaml
// reports errors in a log of several lines that ends where its parser stood; from that log the
// message and the innermost position are kept. For a key that does not exist that position is the
// one of the item before it, so the key itself is looked for from there.
#include "platform.h"

#include <ctype.h>
#include <cyaml/cyaml.h>
#include <stdio.h>
#include <string.h>

#define MODULE_NAME_MAX 31u

struct load_log {
    char message[256];
    unsigned line;
    unsigned column;
};

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

static void keep_log(cyaml_log_t level, void *context, const char *format, va_list args)
{
    (void)level;
    struct load_log *log = context;
    char text[256];
    vsnprintf(text, sizeof(text), format, args);
    text[strcspn(text, "\n")] = '\0';
    const char *position = strstr(text, "(line: ");
    if (position != NULL && log->line == 0) {
        sscanf(position, "(line: %u, column: %u", &log->line, &log->column);
    } else if (log->message[0] == '\0') {
        const char *prefix = "Load: ";
        size_t skip = strncmp(text, prefix, strlen(prefix)) == 0 ? strlen(prefix) : 0;
        snprintf(log->message, sizeof(log->message), "%s", text + skip);
    }
}

static cyaml_config_t load_config(struct load_log *log)
{
    return (cyaml_config_t){
        .log_fn = keep_log,
        .log_ctx = log,
        .mem_fn = cyaml_mem,
        .log_level = CYAML_LOG_WARNING,
    };
}

/// If the complaint is about a key, move the log's position from the item before it to the key.
static void locate_key(const char *path, struct load_log *log)
{
    char key[64];
    FILE *file = NULL;
    if (sscanf(log->message, "Unexpected key: %63[^\n]", key) == 1) {
        file = fopen(path, "r");
    }
    if (file == NULL) {
        return;
    }
    char text[512];
    for (unsigned line = 1; fgets(text, sizeof(text), file) != NULL; line++) {
        size_t start = strspn(text, " -");
        size_t end = start + strlen(key);
        if (line >= log->line && strncmp(text + start, key, strlen(key)) == 0 &&
            text[end + strspn(text + end, " ")] == ':') {
            log->line = line;
            log->column = (unsigned)start + 1;
            break;
        }
    }
    fclose(file);
}

bool platform_module_name_ok(const char *name)
{
    size_t length = strlen(name);
    for (size_t i = 0; i < length; i++) {
        if (!isalnum((unsigned char)name[i]) && strchr("_-.", name[i]) == NULL) {
            return false;
        }
    }
    return length >= 1 && length <= MODULE_NAME_MAX && name[0] != '.' && name[0] != '-';
}

/// Arguments reach the machine as words of one string, through GRUB's command language.
static bool arg_ok(const char *arg)
{
    for (const char *c = arg; *c != '\0'; c++) {
        if (!isgraph((unsigned char)*c) || strchr("\"'\\$;&|<>{}#", *c) != NULL) {
            return false;
        }
    }
    return true;
}

static bool check_module(const struct platform *platform, uint32_t index, const char *path,
                         struct report *report)
{
    const struct platform_module *module = &platform->modules[index];
    if (!platform_module_name_ok(module->name)) {
        return report_set(report, "%s: module name '%s' has characters other than a-z, 0-9, _-.",
                          path, module->name);
    }
    for (uint32_t i = 0; i < index; i++) {
        if (strcmp(platform->modules[i].name, module->name) == 0) {
            return report_set(report, "%s: module '%s' is there twice", path, module->name);
        }
    }
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
    if (!machine_parse_memory(platform->memory, what, &memory_mib, report)) {
        return false;
    }
    for (uint32_t i = 0; i < platform->modules_count; i++) {
        if (!check_module(platform, i, path, report)) {
            return false;
        }
    }
    return true;
}

struct platform *platform_load(const char *path, struct report *report)
{
    struct platform *platform = NULL;
    struct load_log log = {0};
    cyaml_config_t config = load_config(&log);
    cyaml_err_t error =
        cyaml_load_file(path, &config, &platform_schema, (cyaml_data_t **)&platform, NULL);
    if (error == CYAML_ERR_FILE_OPEN) {
        report_set(report, "%s: no such platform file", path);
        return NULL;
    }
    if (error != CYAML_OK) {
        locate_key(path, &log);
        const char *message = log.message[0] != '\0' ? log.message : cyaml_strerror(error);
        report_set(report, "%s:%u:%u: %s", path, log.line, log.column, message);
        return NULL;
    }
    if (platform == NULL) {
        report_set(report, "%s:1:1: the file is empty", path);
        return NULL;
    }
    if (!check(platform, path, report)) {
        platform_free(platform);
        return NULL;
    }
    return platform;
}

void platform_free(struct platform *platform)
{
    struct load_log log = {0};
    cyaml_config_t config = load_config(&log);
    cyaml_free(&config, &platform_schema, platform, 0);
}

struct machine platform_machine(const struct platform *platform)
{
    struct report ignored = {0};
    struct machine machine = {.cores = platform->cores, .nodes = platform->nodes};
    machine_parse_memory(platform->memory, "memory", &machine.memory_mib, &ignored);
    return machine;
}
