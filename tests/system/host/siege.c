// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// With a hostile domain at full effort on each core, what an honest one asks of the services costs
// at most twice the instructions that it costs undisturbed, in client, services and CPU drivers:
// counted for whom they are (tools/coherence/behalf.h), for each call and attack of
// tests/system/siege, which checks the rest. Where there are several cores the honest one is on one
// that has neither the names nor the console. The machine is slow: an instruction takes 8 ns, so that
// a slice, of which all that is asked of services takes many, is 1.25 million instructions.
//   system-siege CORES [ATTACK]...
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host.h"

#define COST_FACTOR 2
#define CALLS_MAX 16u
#define ROUNDS 5u // of tests/system/siege/siege.h
#define COMMANDS_BYTES 1024u
#define LIMIT_S "1500" // all attacks between cores take long

struct cost {
    unsigned long client, services, driver;
};

static unsigned long total(const struct cost *cost)
{
    return cost->client + cost->services + cost->driver;
}

static int by_total(const void *a, const void *b)
{
    return (total(a) > total(b)) - (total(a) < total(b));
}

/// All calls under one attack: of each the median of all rounds.
static bool read_costs(FILE *csv, unsigned calls, struct cost medians[CALLS_MAX])
{
    struct cost costs[CALLS_MAX][ROUNDS];
    char line[128];
    bool good = csv != NULL && calls > 0 && calls <= CALLS_MAX;
    for (unsigned i = 0; i < ROUNDS * calls && good; i++) {
        struct cost *cost = &costs[i % calls][i / calls];
        good =
            fgets(line, sizeof(line), csv) != NULL &&
            sscanf(line, "%*u,1,%lu,%lu,%lu", &cost->client, &cost->services, &cost->driver) == 3;
    }
    for (unsigned i = 0; i < calls && good; i++) {
        qsort(costs[i], ROUNDS, sizeof(costs[i][0]), by_total);
        medians[i] = costs[i][ROUNDS / 2];
    }
    return good;
}

static void print_cost(unsigned call, const struct cost *cost)
{
    printf("call %u: client %lu, services %lu, CPU drivers %lu\n", call, cost->client,
           cost->services, cost->driver);
}

/// Attacks as the machine tells them, "siege: NAME".
static const char *next_attack(const char *text, char name[32])
{
    const char *line = text != NULL ? strstr(text, "siege: ") : NULL;
    return line != NULL && sscanf(line, "siege: %31[a-z]", name) == 1 ? line + 1 : NULL;
}

static unsigned count_rows(FILE *csv)
{
    char line[128];
    unsigned rows = 0;
    while (csv != NULL && fgets(line, sizeof(line), csv) != NULL)
        rows++;
    if (csv != NULL) {
        rewind(csv);
        (void)!fgets(line, sizeof(line), csv); // the head
    }
    return rows > 0 ? rows - 1 : 0;
}

static void judge(const char *attack, unsigned calls, const struct cost *undisturbed,
                  const struct cost *costs)
{
    unsigned worst = 0;
    double most = 0;
    for (unsigned i = 0; i < calls; i++) {
        double factor = (double)total(&costs[i]) / (double)total(&undisturbed[i]);
        if (!CHECK(total(&costs[i]) <= COST_FACTOR * total(&undisturbed[i])))
            print_cost(i, &costs[i]);
        worst = factor > most ? i : worst;
        most = factor > most ? factor : most;
    }
    printf("%-12s at most %.2f times, ", attack, most);
    print_cost(worst, &costs[worst]);
}

/// The first two are none: what happens then for the first time, and what the others are compared
/// with.
static void judge_all(FILE *csv, const char *text, unsigned attacks)
{
    struct cost undisturbed[CALLS_MAX], costs[CALLS_MAX];
    unsigned calls = count_rows(csv) / ROUNDS / attacks;
    char attack[32];
    const char *at = text;
    for (unsigned i = 0; i < attacks; i++) {
        at = next_attack(at, attack);
        if (!CHECK(read_costs(csv, calls, i < 2 ? undisturbed : costs)))
            return;
        for (unsigned c = 0; c < calls && i == 1; c++) {
            CHECK(undisturbed[c].services != 0 && undisturbed[c].driver != 0);
            print_cost(c, &undisturbed[c]);
        }
        if (i > 1)
            judge(attack, calls, undisturbed, costs);
    }
}

static void make_commands(char *text, int argc, char **argv)
{
    unsigned cores = (unsigned)atoi(argv[1]);
    FILE *out = fmemopen(text, COMMANDS_BYTES, "w");
    for (unsigned core = 0; core < cores; core++)
        fprintf(out, "spawn %u test_camp & ", core);
    fprintf(out, "spawn %u test_siege", cores / 2);
    for (int i = 2; i < argc; i++)
        fprintf(out, " %s", argv[i]);
    fclose(out);
}

int main(int argc, char **argv)
{
    char path[] = "/tmp/stave-siege-XXXXXX", commands[COMMANDS_BYTES], attack[32];
    unsigned attacks = 0;
    if (!CHECK(argc > 1))
        return host_status();
    make_commands(commands, argc, argv);
    close(mkstemp(path));
    struct host_output run =
        host_boot("--platform", "tests/system/platform.yaml", "--cores", argv[1], "--behalf", path,
                  "--timeout", LIMIT_S, "--qemu-arg", "-icount", "--qemu-arg", "shift=3", "--run",
                  commands, NULL);
    for (const char *at = run.text; (at = next_attack(at, attack)) != NULL;)
        attacks++;
    FILE *csv = fopen(path, "r");
    if (!CHECK(run.status == 0 && attacks > 2))
        host_show(&run);
    else
        judge_all(csv, run.text, attacks);
    fclose(csv);
    unlink(path);
    free(run.text);
    return host_status();
}
