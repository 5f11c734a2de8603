// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// See options.h.
#include "options.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "pager_policy.h"

#define PAGES_MAX 65536u

static bool parse_number(const char *text, uint64_t max, uint64_t *number)
{
    char *end;
    *number = strtoull(text, &end, 0);
    return *text != '\0' && *text != '-' && *end == '\0' && *number <= max;
}

static bool parse_count(const char *text, unsigned max, unsigned *count)
{
    uint64_t number;
    if (!parse_number(text, max, &number) || number == 0)
        return false;
    *count = (unsigned)number;
    return true;
}

static bool parse_option(struct options *options, const char *name, const char *value)
{
    if (strcmp(name, "--policy") == 0) {
        options->policy = strcmp(value, "all") == 0 ? NULL : value;
        return true;
    }
    if (strcmp(name, "--pattern") == 0) {
        options->pattern = strcmp(value, "all") == 0 ? NULL : value;
        return true;
    }
    if (strcmp(name, "--pages") == 0)
        return parse_count(value, PAGES_MAX, &options->pages);
    if (strcmp(name, "--frames") == 0)
        return parse_count(value, PAGER_FRAMES_MAX, &options->frames);
    if (strcmp(name, "--accesses") == 0)
        return parse_count(value, UINT_MAX, &options->accesses);
    return strcmp(name, "--seed") == 0 && parse_number(value, UINT64_MAX, &options->seed);
}

bool options_parse(struct options *options, int argc, char **argv)
{
    *options = (struct options){.pages = 64, .frames = 32, .accesses = 4000, .seed = 1};
    for (int i = 1; i < argc; i += 2) {
        if (strcmp(argv[i], "--help") == 0) {
            options->help = true;
            return true;
        }
        if (i + 1 == argc || !parse_option(options, argv[i], argv[i + 1]))
            return false;
    }
    return true;
}
