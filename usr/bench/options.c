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
#define NUMBER_MAX (64u << 20)

static const struct {
    const char *name;
    unsigned what;
} kinds[] = {
    {"syscall", MEASURE_SYSCALL}, {"lmp", MEASURE_LMP},       {"urpc", MEASURE_UMP},
    {"ump", MEASURE_UMP},         {"pairs", MEASURE_PAIRS},   {"main", MEASURE_MAIN},
    {"fanin", MEASURE_FANIN},     {"fanout", MEASURE_FANOUT}, {"pipeline", MEASURE_PIPELINE},
    {"bulk", MEASURE_BULK},       {"wake", MEASURE_WAKE},     {"poll", MEASURE_POLL},
    {"caps", MEASURE_CAPS},       {"spawn", MEASURE_SPAWN},   {"ring", MEASURE_RING},
    {"rpc", MEASURE_RPC},
};

void options_help(void)
{
    printf(
        "usage: bench MEASUREMENT [OPTIONS] [NUMBERS]\n"
        "  syscall    a system call that does nothing\n"
        "  lmp        round trips between two domains of one core: through a waitset, LRPC\n"
        "  urpc       round trip to another core; NUMBERS are the cores (all others)\n"
        "  ring       round trips and a stream to another core, by polling alone: the ring\n"
        "             without the library; NUMBERS are the cores (all others)\n"
        "  pairs      messages in one direction between NUMBERS pairs of cores at once\n"
        "  fanin      messages of NUMBERS clients, each on a core, to one server\n"
        "  fanout     one message to NUMBERS cores: one by one, through a tree, and through a\n"
        "             tree that crosses each NUMA node's border once\n"
        "  pipeline   messages through NUMBERS cores in a circle\n"
        "  bulk       blocks of NUMBERS bytes: by reference, and copied through the ring\n"
        "  wake       one way to a core that sleeps and to one that polls; NUMBERS: cores\n"
        "  poll       round trip if a waiting side polls NUMBERS times, then sleeps\n"
        "  main       syscall, lmp, urpc and pairs\n"
        "  caps       invocations of capabilities, also with 1,000 and 10,000 further\n"
        "             capabilities, and revoke with 1 to 1,000 descendants\n"
        "  spawn      starting a domain that ends at once, and hearing of its end; NUMBERS are\n"
        "             the cores on which (the own one)\n"
        "  rpc        messages and calls that an interface declares; NUMBERS are the cores that\n"
        "             are called (all others)\n"
        "  --core CORE     measure from this core (default: the own one)\n"
        "  --on CORES      use these cores only, as 0,2,4-7 (default: all that are up)\n"
        "  --runs N        round trips or repetitions, up to %u\n"
        "  --messages N    messages of each sender; pairs: for as long as these take\n"
        "  --fair N        fail if the slowest pair has less than 1 / N of the median's\n"
        "  --arity N       children of a core in a tree (default: 4)\n"
        "  --csv           comma-separated values\n"
        "  --samples       the same, with every sample in the last column, in their order\n"
        "Times are cycles of the time-stamp counter and nanoseconds: least, median, 99th\n"
        "percentile (nearest rank). On a deterministic machine a cycle is an instruction of\n"
        "any core. docs/measure.md says what each row means and what it does not.\n",
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

/// Cores as 0,2,4-7.
static bool cores(const char *text, struct options *options)
{
    bool ok = text != NULL && text[0] != '\0';
    options->on_given = true;
    while (ok && *text != '\0') {
        char *end;
        unsigned long first = strtoul(text, &end, 10), last = first;
        ok = text[0] >= '0' && text[0] <= '9';
        if (ok && *end == '-') {
            text = end + 1;
            last = strtoul(text, &end, 10);
            ok = text[0] >= '0' && text[0] <= '9';
        }
        ok = ok && first <= last && last < CORES_MAX && (*end == '\0' || *end == ',');
        for (unsigned long core = first; ok && core <= last; core++)
            options->on[core] = true;
        text = *end == ',' ? end + 1 : end;
    }
    if (!ok)
        printf("bench: --on wants cores, as 0,2,4-7\n");
    return ok;
}

/// An option with a value; *taken tells whether it was one.
static bool option(const char *name, const char *value, struct options *options, bool *taken)
{
    unsigned core;
    *taken = true;
    if (strcmp(name, "--runs") == 0)
        return number(value, COUNT_MAX, &options->runs);
    if (strcmp(name, "--messages") == 0)
        return number(value, COUNT_MAX, &options->messages);
    if (strcmp(name, "--fair") == 0)
        return number(value, COUNT_MAX, &options->fair);
    if (strcmp(name, "--arity") == 0)
        return number(value, CORES_MAX, &options->arity);
    if (strcmp(name, "--on") == 0)
        return cores(value, options);
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
        if (strcmp(argv[i], "--help") == 0)
            return OPTIONS_HELP;
        if (strcmp(argv[i], "--csv") == 0 || strcmp(argv[i], "--samples") == 0) {
            options->csv = true;
            options->samples |= argv[i][2] == 's';
            continue;
        }
        ok = option(argv[i], i + 1 < argc ? argv[i + 1] : NULL, options, &taken);
        if (taken)
            i++;
        else if (argv[i][0] >= '0' && argv[i][0] <= '9' && options->numbers_count < CORES_MAX)
            ok = number(argv[i], NUMBER_MAX, &options->numbers[options->numbers_count++]);
        else
            ok = kind(argv[i], options);
        if (!ok)
            return OPTIONS_BAD;
    }
    return options->what != 0 ? OPTIONS_OK : OPTIONS_HELP;
}
