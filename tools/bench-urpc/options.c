// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The parser of bench-urpc's command line. Whether there are such processors is seen later.
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS_MAX = 1000000, LINES_MAX = 65536, SECONDS_MAX = 86400, CORES_MAX = 1024 };

static const struct option list[] = {
    {"csv", no_argument, NULL, 'c'},          {"costs", required_argument, NULL, 'k'},
    {"rounds", required_argument, NULL, 'r'}, {"cores", required_argument, NULL, 'p'},
    {"lines", required_argument, NULL, 'l'},  {"seconds", required_argument, NULL, 's'},
    {"help", no_argument, NULL, 'h'},         {0},
};

const char options_help[] =
    "Usage: bench-urpc [OPTION]...   measure the cache-line ring between two processors\n"
    "\n"
    "  --rounds N     rounds, in each of which everything is measured once (default 1000)\n"
    "  --seconds S    begin no round after S seconds (default 30)\n"
    "  --cores A,B    the two processors (default: the first two that may be used)\n"
    "  --lines N      a power of two, 4 to 65536: each channel holds N - 1 messages in each\n"
    "                 direction (default 64)\n"
    "  --csv          print comma-separated values\n"
    "  --costs FILE   also measure what a transfer of a line costs, and write FILE for\n"
    "                 stave-boot --costs\n"
    "  --help         show this text\n"
    "\n"
    "Exit status: 0; 1 if a message had a wrong content or nothing could be measured; 2 bad\n"
    "arguments. What is measured, and what it means: docs/measure.md, \"Measuring on the host\".\n";

/// A decimal number up to the end or `stop`; what follows is returned, NULL if it is bad.
static const char *number(const char *text, unsigned long least, unsigned long most, char stop,
                          unsigned long *value)
{
    char *end;
    errno = 0;
    unsigned long got = strtoul(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || errno != 0 || *end != stop || got < least || got > most)
        return NULL;
    *value = got;
    return end;
}

static bool take(int option, struct options *options)
{
    unsigned long value = 0, other = 0;
    const char *rest;
    switch (option) {
    case 'c':
        options->csv = true;
        return true;
    case 'k':
        options->costs = optarg;
        return true;
    case 'r':
        rest = number(optarg, 1, ROUNDS_MAX, '\0', &value);
        options->rounds = value;
        return rest != NULL;
    case 's':
        rest = number(optarg, 1, SECONDS_MAX, '\0', &value);
        options->seconds = (unsigned)value;
        return rest != NULL;
    case 'l':
        rest = number(optarg, 4, LINES_MAX, '\0', &value);
        options->lines = value;
        return rest != NULL && (value & (value - 1)) == 0;
    default: // 'p'
        rest = number(optarg, 0, CORES_MAX - 1, ',', &value);
        rest = rest == NULL ? NULL : number(rest + 1, 0, CORES_MAX - 1, '\0', &other);
        options->cores[0] = (int)value;
        options->cores[1] = (int)other;
        return rest != NULL && value != other;
    }
}

enum options_result options_parse(int argc, char *argv[], struct options *options)
{
    *options = (struct options){.lines = 64, .seconds = 30, .cores = {-1, -1}};
    int option, at;
    while ((option = getopt_long(argc, argv, "", list, &at)) != -1) {
        if (option == 'h')
            return OPTIONS_HELP;
        if (option == '?')
            return OPTIONS_BAD; // getopt has said why
        if (!take(option, options)) {
            fprintf(stderr, "bench-urpc: --%s: '%s' cannot be used (try --help)\n", list[at].name,
                    optarg);
            return OPTIONS_BAD;
        }
    }
    if (optind < argc) {
        fprintf(stderr, "bench-urpc: there are no operands (try --help)\n");
        return OPTIONS_BAD;
    }
    return OPTIONS_OK;
}
