// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Reading the plug-in's configuration. stave-boot writes it, so a mistake in it is one of a
// program; it is told all the same, for the plug-in can also be loaded by hand.
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "lines.h"

#define COST_MAX 1000000u

static bool number(const char *text, unsigned low, unsigned high, unsigned *value)
{
    char *end;
    unsigned long parsed = strtoul(text, &end, 10);
    if (end == text || *end != '\0' || parsed < low || parsed > high)
        return false;
    *value = (unsigned)parsed;
    return true;
}

static bool open_output(FILE **file, const char *path)
{
    *file = fopen(path, "w");
    return *file != NULL;
}

static bool take_node(struct config *config, const char *value)
{
    unsigned first, count;
    if (sscanf(value, "%u %u", &first, &count) != 2 || first > CORES_MAX ||
        count > CORES_MAX - first || config->nodes == CORES_MAX)
        return false;
    memset(config->node + first, (int)config->nodes++, count);
    return true;
}

static bool take_cost(struct config *config, const char *value)
{
    const struct {
        const char *name;
        unsigned *cost;
    } costs[] = {
        {"instruction", &config->costs.instruction},
        {"near", &config->costs.near},
        {"far", &config->costs.far},
        {"busy", &config->costs.busy},
        {"next", &config->costs.next},
        {"memory", &config->costs.memory},
        {"interrupt", &config->costs.interrupt},
        {"read_takes", &config->costs.read_takes},
        {"mhz", &config->costs.mhz},
    };
    for (size_t i = 0; i < sizeof(costs) / sizeof(costs[0]); i++) {
        size_t length = strlen(costs[i].name);
        if (strncmp(value, costs[i].name, length) == 0 && value[length] == ' ')
            return number(value + length + 1, 0, COST_MAX, costs[i].cost);
    }
    return false;
}

static bool take(struct config *config, const char *key, const char *value)
{
    if (strcmp(key, "cores") == 0)
        return number(value, 1, CORES_MAX, &config->cores);
    if (strcmp(key, "image") == 0) {
        // A boot module may be anything; without the CPU driver nothing could be told apart.
        return images_add(&config->images, value) || config->images.count > IMAGE_CPUDRIVER;
    }
    if (strcmp(key, "text") == 0)
        return open_output(&config->text, value);
    if (strcmp(key, "audit") == 0)
        return open_output(&config->audit, value);
    if (strcmp(key, "behalf") == 0)
        return open_output(&config->behalf, value);
    if (strcmp(key, "node") == 0)
        return take_node(config, value);
    if (strcmp(key, "cost") == 0)
        return take_cost(config, value);
    if (strcmp(key, "costs") == 0) {
        snprintf(config->costs_name, sizeof(config->costs_name), "%s", value);
        return true;
    }
    return strcmp(key, "csv") == 0 && open_output(&config->csv, value);
}

bool config_read(struct config *config, const char *path, char *wrong, size_t size)
{
    *config = (struct config){0};
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        snprintf(wrong, size, "cannot read %s", path);
        return false;
    }
    char *line = NULL;
    size_t room = 0;
    bool ok = true;
    for (ssize_t length; ok && (length = getline(&line, &room, file)) > 0;) {
        line[strcspn(line, "\n")] = '\0';
        char *value = line;
        char *key = strsep(&value, " ");
        ok = value != NULL && take(config, key, value);
        if (!ok)
            snprintf(wrong, size, "%s: '%s %s'", path, key, value != NULL ? value : "");
    }
    free(line);
    fclose(file);
    if (ok && (config->cores == 0 || config->images.count == 0 ||
               (config->text == NULL && config->audit == NULL && config->behalf == NULL))) {
        snprintf(wrong, size, "%s: cores, image, or text, audit and behalf are missing", path);
        ok = false;
    }
    return ok;
}
