// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Counting changes nothing: with --count the machine prints the same bytes as without, times
// included, and the counts come behind them, each line marked. A message between two cores moves at
// most 2.25 cache lines in steady state, and by an interface no more than by a bare channel. And what
// is done most often takes no more instructions than it did when somebody last looked at each of them.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host.h"

#define PLATFORM "tests/system/platform.yaml"
#define COMMANDS                                                                                   \
    "bench syscall; bench lmp --csv; bench urpc 1 2 --csv; bench pairs 1 2 --messages 2000; "      \
    "cores; "                                                                                      \
    "kcb; bench spawn --runs 5 --csv; bench caps --runs 5 --csv; bench rpc 1 --runs 100 --csv"
#define MARK "count: "
#define INTERFACE_MOST 25 // instructions

/// Rows of bench up to the number of runs, and the most that their medians may be: instructions,
/// since the machine is deterministic, of all cores. What looks things up in the mapping database
/// has room for a level of its tree, which depends on what else there is.
static const struct {
    const char *row;
    unsigned long most;
} limits[] = {
    {"\nLMP round trip,0,0,64,", 2030},
    {"\nLRPC round trip,0,0,64,", 870},
    {"\nUMP round trip,0,1,56,", 1700},
    {"\ncall,0,1,0,", 2850},
    {"\ncall,0,0,0,", 1200},
    {"\nspawn and wait,0,0,,", 300000},
    {"\nnull invocation,0,0,0,", 405},
    {"\nidentify,0,0,0,", 777},
    {"\ncopy,0,0,0,", 1200},
    {"\nmint,0,0,0,", 1200},
    {"\nretype to a frame,0,0,0,", 2500},
    {"\nretype to RAM,0,0,0,", 1750},
    {"\nmap a page,0,0,0,", 1550},
    {"\nmodify a page,0,0,0,", 788},
    {"\nunmap a page,0,0,0,", 1150},
    {"\ndelete a copy,0,0,0,", 1400},
    {"\ndelete the last copy,0,0,0,", 2350},
    {"\nrevoke,0,0,100,", 265000},
};

static unsigned long median(const char *text, const char *row)
{
    unsigned long value = 0;
    const char *line = strstr(text, row);
    return line != NULL && sscanf(line + strlen(row), "%*u,cycles,%*u,%lu", &value) == 1 ? value
                                                                                         : 0;
}

static void check_limits(const char *text)
{
    for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
        unsigned long value = median(text, limits[i].row);
        if (!CHECK(value > 0 && value <= limits[i].most))
            printf("%s %lu instructions, at most %lu\n", limits[i].row + 1, value, limits[i].most);
    }
}

/// What an interface adds to a message of a line, on each side.
static void check_interface(const char *text)
{
    static const char *const rows[][2] = {
        {"\nsend bare,0,0,56,", "\nsend by interface,0,0,56,"},
        {"\nreceive bare,0,0,56,", "\nreceive by interface,0,0,56,"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        unsigned long bare = median(text, rows[i][0]), all = median(text, rows[i][1]);
        if (!CHECK(bare > 0 && all > 0 && all <= bare + INTERFACE_MOST))
            printf("%s %lu instructions, %s %lu\n", rows[i][0] + 1, bare, rows[i][1] + 1, all);
    }
}

/// The first line of counts, or the end.
static char *counts_of(char *text)
{
    char *line = text;
    while (*line != '\0' && strncmp(line, MARK, strlen(MARK)) != 0) {
        line = strchr(line, '\n');
        line = line != NULL ? line + 1 : text + strlen(text);
    }
    return line;
}

/// Every line from here on is one of counts.
static bool all_marked(const char *line)
{
    while (*line != '\0') {
        const char *end = strchr(line, '\n');
        if (end == NULL || strncmp(line, MARK, strlen(MARK)) != 0)
            return false;
        line = end + 1;
    }
    return true;
}

/// Finds the row "WHAT,...,all,ITEMS,..." of the file: undivided counts of all cores.
static bool row(const char *csv, const char *what, double *items, double *transfers)
{
    char line[256], name[32];
    bool found = false;
    FILE *file = fopen(csv, "r");
    while (file != NULL && !found && fgets(line, sizeof(line), file) != NULL) {
        found = sscanf(line, "%31[a-z],%*u,all,%lf,%*u,%*u,%lf,", name, items, transfers) == 3 &&
                strcmp(name, what) == 0;
    }
    if (file != NULL)
        fclose(file);
    return found;
}

int main(void)
{
    char csv[] = "/tmp/stave-counted-XXXXXX";
    double items = 0, transfers = 0, calls = 0, call_transfers = 0;
    close(mkstemp(csv));
    struct host_output plain =
        host_boot("--platform", PLATFORM, "--deterministic", "--run", COMMANDS, NULL);
    struct host_output counted =
        host_boot("--platform", PLATFORM, "--count-csv", csv, "--run", COMMANDS, NULL);
    char *counts = counts_of(counted.text);
    bool good = CHECK(plain.status == 0 && counted.status == 0);
    good &= CHECK((size_t)(counts - counted.text) == plain.bytes &&
                  memcmp(plain.text, counted.text, plain.bytes) == 0);
    good &= CHECK(*counts != '\0' && all_marked(counts));
    if (!good) {
        host_show(&plain);
        host_show(&counted);
    }
    check_limits(plain.text);
    check_interface(plain.text);
    CHECK(row(csv, "syscall", &items, &transfers) && items == 10000 && transfers == 0);
    CHECK(row(csv, "ump", &items, &transfers) && items == 500);
    CHECK(row(csv, "rpc", &calls, &call_transfers) && calls == 100 &&
          call_transfers * items <= transfers * calls);
    printf("a round trip moves %.3f lines, a call %.3f\n", transfers / items,
           call_transfers / calls);
    CHECK(row(csv, "pairs", &items, &transfers) && items > 5000 && transfers >= 2 * items &&
          transfers <= 2.25 * items);
    printf("a message moves %.3f lines\n", transfers / items);
    unlink(csv);
    free(plain.text);
    free(counted.text);
    return host_status();
}
