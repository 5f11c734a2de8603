// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Reading the command line of bench; a mistake is said in words.
#include "options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT_MAX 1000000u

static const struct {
    const char *name;
    unsigned what;
} kinds[] = {
    {"syscall", MEASURE_SYSCALL}, {"lmp", MEASURE_LMP},     {"urpc", MEASURE_UMP},
    {"ump", MEASURE_UMP},         {"pairs", MEASURE_PAIRS}, {"main", MEASURE_MAIN},
    {"caps", MEASURE_CAPS},
};

void options_help(void)
{
    printf(
        "usage: bench syscall|lmp|urpc|pairs|main|caps [OPTIONS] [NUMBERS]\n"
        "  syscall         a system call that does nothing\n"
        "  lmp             round trips between two domains of one core: through a waitset, LRPC\n"
        "  urpc            round trip to another core; NUMBERS are the cores (default: all)\n"
        "  pairs           messages in one direction between pairs of cores at once; NUMBERS\n"
        "                  are the numbers of pairs (default: 1 2 4 8)\n"
        "  main            all of these, short\n"
        "  caps            invocations of capabilities, also with 1,000 and 10,000 further\n"
        "                  capabilities, and revoke with 1 to 1,000 descendants\n"
        "  --core CORE     measure from this core (default: the own one)\n"
        "  --runs N        round trips or repetitions, up to %u\n"
        "  --messages N    messages of each pair and repetition (default: 2000)\n"
        "  --csv           comma-separated values\n"
        "Times are cycles of the time-stamp counter and nanoseconds: least, median, 99th\n"
        "percentile (nearest rank). On a deterministic machine a cycle is an instruction.\n"
        "caps also prints the most steps that an operation took, and how many times the\n"
        "median of the smallest size each median is.\n",
        COUNT_MAX);
}

static bool number(const char *text, unsigned long max, unsigned *value)
{
    char *end;
    errno = 0;
    unsigned long parsed = text != NULL ? strtoul(text, &end, 10) : 0;
    if (text == NULL || text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 ||
        parsed > max) {
        printf("bench: '%s' is no number up to %lu\n", text != NULL ? text : "", max);
        return false;
    }
    *value = (unsigned)parsed;
    return true;
}

// An option with a value; *taken tells whether it was one.
static bool option(const char *name, const char *value, struct options *options, bool *taken)
{
    unsigned core;
    *taken = true;
    if (strcmp(name, "--runs") == 0) {
        return number(value, COUNT_MAX, &options->runs);
    }
    if (strcmp(name, "--messages") == 0) {
        return number(value, COUNT_MAX, &options->messages);
    }
    if (strcmp(name, "--core") == 0) {
        bool ok = number(value, CORES_MAX - 1, &core);
        options->core = ok ? (int)core : -1;
        return ok;
    }
    *taken = false;
    return true;
}

static bool kind(const char *name, struct options *options)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strcmp(name, kinds[i].name) == 0) {
            options->what = kinds[i].what;
            return true;
        }
    }
    printf("bench: no measurement '%s'; see bench --help\n", name);
    return false;
}

enum options_result options_parse(int argc, char *argv[], struct options *options)
{
    *options = (struct options){.core = -1};
    for (int i = 1; i < argc; i++) {
        bool taken = false, ok;
        if (strcmp(argv[i], "--help") == 0) {
            return OPTIONS_HELP;
        }
        if (strcmp(argv[i], "--csv") == 0) {
            options->csv = true;
            continue;
        }
        ok = option(argv[i], i + 1 < argc ? argv[i + 1] : NULL, options, &taken);
        if (taken) {
            i++;
        } else if (argv[i][0] >= '0' && argv[i][0] <= '9' && options->numbers_count < CORES_MAX) {
            ok = number(argv[i], CORES_MAX - 1, &options->numbers[options->numbers_count++]);
        } else {
            ok = kind(argv[i], options);
        }
        if (!ok) {
            return OPTIONS_BAD;
        }
    }
    return options->what != 0 ? OPTIONS_OK : OPTIONS_HELP;
}
