// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The plug-in gets one argument, the name of a file; QEMU takes commas in it for separators.
#include "count.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "files.h"

#define RESULTS "count"
#define AUDIT "audit"
#define AUDIT_FAILED 1
#define COSTS_DEFAULT "host"

char *count_configuration(const struct options *options, const struct machine *machine,
                          const struct modules *modules, const struct costs *costs,
                          const char *folder)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (out == NULL)
        abort();
    fprintf(out, "cores %u\n", machine->cores);
    if (options->count)
        fprintf(out, "text %s/" RESULTS "\n", folder);
    if (options->count_csv != NULL)
        fprintf(out, "csv %s\n", options->count_csv);
    if (options->audit)
        fprintf(out, "audit %s/" AUDIT "\n", folder);
    if (options->behalf != NULL)
        fprintf(out, "behalf %s\n", options->behalf);
    for (unsigned i = 0; i < machine->nodes; i++) {
        struct machine_share cores = machine_split(machine->cores, machine->nodes, i);
        fprintf(out, "node %" PRIu64 " %" PRIu64 "\n", cores.first, cores.count);
    }
    costs_write(costs, out);
    fprintf(out, "image %s\n", modules->cpudriver);
    for (unsigned i = 0; i < modules->count; i++)
        fprintf(out, "image %s\n", modules->items[i].path);
    fclose(out);
    return text;
}

/// A text whose every comma stands twice, allocated.
static char *double_commas(const char *text)
{
    char *doubled = malloc(2 * strlen(text) + 1);
    size_t length = 0;
    if (doubled == NULL)
        abort();
    for (; *text != '\0'; text++) {
        doubled[length++] = *text;
        if (*text == ',')
            doubled[length++] = ',';
    }
    doubled[length] = '\0';
    return doubled;
}

/// QEMU's argument; it lives until the program ends, as all arguments do.
static const char *plugin_argument(const char *plugin, const char *configuration)
{
    char *argument;
    char *file = double_commas(plugin), *value = double_commas(configuration);
    if (asprintf(&argument, "file=%s,config=%s", file, value) < 0)
        abort();
    free(file);
    free(value);
    return argument;
}

/// The plug-in would fail later, and say less.
static bool check_files(const struct options *options, const char *plugin, struct report *report)
{
    if (access(plugin, R_OK) != 0)
        return report_set(report, "there is no %s: build it with ninja", plugin);
    const char *results[] = {options->count_csv, options->behalf};
    for (size_t i = 0; i < sizeof(results) / sizeof(results[0]); i++)
        if (results[i] != NULL && !files_write(results[i], "", report))
            return false;
    return options->qemu_args_count + 2 <= OPTIONS_QEMU_ARGS_MAX ||
           report_set(report, "--qemu-arg: too many beside --count and --audit");
}

/// Costs are named like a platform: by a file or by a name.
static struct costs *find_costs(const struct options *options, const char *build_folder,
                                struct report *report)
{
    char path[FILES_PATH_MAX];
    const char *name = options->costs != NULL ? options->costs : COSTS_DEFAULT;
    return files_named(path, report, build_folder, "platforms/costs", name)
               ? costs_load(path, report)
               : NULL;
}

bool count_prepare(struct options *options, const struct machine *machine,
                   const struct modules *modules, const char *folder, const char *build_folder,
                   struct report *report)
{
    char configuration[FILES_PATH_MAX], plugin[FILES_PATH_MAX];
    if (!files_path(configuration, report, "%s/coherence", folder) ||
        !files_path(plugin, report, "%s/coherence.so", build_folder) ||
        !check_files(options, plugin, report))
        return false;
    struct costs *costs = find_costs(options, build_folder, report);
    if (costs == NULL)
        return false;
    char *text = count_configuration(options, machine, modules, costs, folder);
    bool written = files_write(configuration, text, report);
    free(text);
    costs_free(costs);
    if (written) {
        options->qemu_args[options->qemu_args_count++] = "-plugin";
        options->qemu_args[options->qemu_args_count++] = plugin_argument(plugin, configuration);
    }
    return written;
}

/// Print a file of results with `name` before each line. Returns whether one of them says that the
/// machine ended properly (CPU drivers were looked at) and none that something is shared.
static bool show(const char *folder, const char *name)
{
    char path[FILES_PATH_MAX], line[4096];
    struct report ignored = {0};
    bool complete = false, shared = false;
    FILE *results = files_path(path, &ignored, "%s/%s", folder, name) ? fopen(path, "r") : NULL;
    while (results != NULL && fgets(line, sizeof(line), results) != NULL) {
        printf("%s: %s", name, line);
        complete |= strncmp(line, "CPU drivers", 11) == 0;
        shared |= strncmp(line, "SHARED", 6) == 0;
    }
    fflush(stdout);
    if (results != NULL)
        fclose(results);
    return complete && !shared;
}

int count_finish(const struct options *options, const char *folder, int status)
{
    if (options->count)
        show(folder, RESULTS);
    bool clean = !options->audit || show(folder, AUDIT);
    return status == 0 && !clean ? AUDIT_FAILED : status;
}
