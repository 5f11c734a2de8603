// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// libcyaml reports errors in a log of several lines that ends where its parser stood; from that log
// the message and the innermost position are kept. For a key that does not exist that position is
// the one of the item before it, so the key itself is looked for from there. What could have stood
// there is told too (yaml/choices.h).
#include "yaml_file.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <yaml/choices.h>

struct load_log {
    char message[256];
    struct choices_path path;
    unsigned line;
    unsigned column;
};

static void keep_log(cyaml_log_t level, void *context, const char *format, va_list args)
{
    (void)level;
    struct load_log *log = context;
    char text[256];
    vsnprintf(text, sizeof(text), format, args);
    text[strcspn(text, "\n")] = '\0';
    choices_note(&log->path, text);
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
    if (sscanf(log->message, "Unexpected key: %63[^\n]", key) == 1)
        file = fopen(path, "r");
    if (file == NULL)
        return;
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

void *yaml_file_load(const char *path, const char *what, const cyaml_schema_value_t *schema,
                     struct report *report)
{
    cyaml_data_t *data = NULL;
    struct load_log log = {0};
    cyaml_config_t config = load_config(&log);
    cyaml_err_t error = cyaml_load_file(path, &config, schema, &data, NULL);
    struct stat status;
    if (stat(path, &status) == 0 && S_ISDIR(status.st_mode)) {
        report_set(report, "%s: a folder, not a %s file", path, what);
        return NULL;
    }
    if (error == CYAML_ERR_FILE_OPEN) {
        report_set(report, "%s: no such %s file", path, what);
        return NULL;
    }
    if (error != CYAML_OK && log.line == 0) { // it is nothing of that kind
        report_set(report, "%s: not a %s file, which is YAML and begins with a key (docs/run.md)",
                   path, what);
        return NULL;
    }
    if (error != CYAML_OK) {
        locate_key(path, &log);
        const char *message = log.message[0] != '\0' ? log.message : cyaml_strerror(error);
        char choices[256];
        choices_print(schema, &log.path, message, choices, sizeof(choices));
        report_set(report, "%s:%u:%u: %s%s", path, log.line, log.column, message, choices);
        return NULL;
    }
    if (data == NULL)
        report_set(report, "%s:1:1: the file is empty", path);
    return data;
}

void yaml_file_free(const cyaml_schema_value_t *schema, void *data)
{
    struct load_log log = {0};
    cyaml_config_t config = load_config(&log);
    cyaml_free(&config, schema, data, 0);
}
