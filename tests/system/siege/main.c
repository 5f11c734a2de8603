// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What one hostile domain can do to an honest one of its core, by resource (docs/threats.md): each
// attack first takes all that it can get, and sleeps; then what the honest domain asks of the
// services may cost at most twice the instructions that it cost before, in client, services and
// CPU driver together, since nothing else runs. Then the attack goes on as hard as it can; then
// each request waits at most as many slices as there are runnable domains and three more. In the
// end all that the attack took is back. On one core and deterministic, a cycle is an instruction.
//   test_siege [ATTACK]         the test: all attacks, or one
//   test_siege hostile ATTACK   a hostile domain
//   test_siege sleeper          a child of one
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "barrelfish/barrelfish.h"
#include "barrelfish/deferred.h"
#include "barrelfish/domain.h"
#include "barrelfish/info.h"
#include "barrelfish/invocations.h"
#include "barrelfish/spawn_client.h"
#include "bench/bench.h"
#include "siege.h"
#include "systest/systest.h"

#define ROUNDS 9u
#define CALLS_MAX 16u
#define COST_FACTOR 2u
#define TURNS_MORE 3u
#define SLICE_MS 10u ///< of the scheduler
#define POLL_US 1000u
#define READY_POLLS 30000u
#define SETTLE_US 20000u

static cycles_t undisturbed[CALLS_MAX];

static int by_value(const void *a, const void *b)
{
    cycles_t x = *(const cycles_t *)a, y = *(const cycles_t *)b;
    return x < y ? -1 : x > y;
}

static cycles_t time_once(const struct siege_call *call)
{
    cycles_t start = bench_tsc();
    EXPECT_OK(call->run());
    return bench_time_diff(start, bench_tsc());
}

// Of the second half: in the first one tables and heaps grow, and both sides learn again how long it
// is worth to poll.
static cycles_t median_cost(const struct siege_call *call)
{
    cycles_t costs[ROUNDS];
    for (unsigned i = 0; i < 2 * ROUNDS; i++) {
        costs[i % ROUNDS] = time_once(call);
    }
    qsort(costs, ROUNDS, sizeof(costs[0]), by_value);
    return costs[ROUNDS / 2];
}

static void measure_undisturbed(void)
{
    for (size_t i = 0; i < siege_calls_count; i++) {
        undisturbed[i] = median_cost(&siege_calls[i]);
    }
}

static uint64_t runnable(void)
{
    struct info_kernel info = {0};
    EXPECT_OK(info_read_kernel(&info));
    return info.runnable;
}

// Whether the hostile domain has taken what it can and sleeps: nobody else is runnable for a while.
static bool is_occupied(void)
{
    unsigned quiet = 0;
    for (unsigned i = 0; i < READY_POLLS && quiet < 20; i++) {
        (void)!barrelfish_usleep(POLL_US);
        quiet = runnable() == 1 ? quiet + 1 : 0;
    }
    return quiet == 20;
}

static void check_costs(const struct siege_attack *attack)
{
    for (size_t i = 0; i < siege_calls_count; i++) {
        if (attack->spawns && siege_calls[i].spawns) {
            continue;
        }
        cycles_t cost = median_cost(&siege_calls[i]);
        if (!EXPECT(cost <= COST_FACTOR * undisturbed[i])) {
            printf("  %s: to %s costs %" PRIu64 ", undisturbed %" PRIu64 "\n", attack->name,
                   siege_calls[i].name, cost, undisturbed[i]);
        }
    }
}

static void check_turns(const char *attack)
{
    cycles_t slice = SLICE_MS * disp_shared()->tsc_per_ms;
    for (size_t i = 0; i < siege_calls_count; i++) {
        for (unsigned round = 0; round < ROUNDS && siege_calls[i].single; round++) {
            uint64_t others = runnable();
            cycles_t took = time_once(&siege_calls[i]);
            others = runnable() > others ? runnable() : others;
            if (!EXPECT(took <= (others + TURNS_MORE) * slice)) {
                printf("  %s: to %s took %" PRIu64 " slices with %" PRIu64 " runnable\n", attack,
                       siege_calls[i].name, took / slice, others);
            }
        }
    }
}

// What must be as before when the hostile domain has ended.
struct balance {
    uint64_t memory, capabilities, domains;
};

static struct balance balance_now(void)
{
    struct balance now = {.memory = test_memory_settled()};
    struct spawn_core_info info = {0};
    EXPECT_OK(invoke_kernel_stat(cap_kernelinfo, KERNEL_STAT_MDB_SIZE, &now.capabilities));
    EXPECT_OK(spawn_core_info(disp_get_core_id(), &info));
    now.domains = info.domains;
    return now;
}

// What the hostile domain has spawned belongs to whoever spawned it.
static void kill_orphans(void)
{
    struct spawn_domain_info info;
    domainid_t self = disp_get_domain_id();
    for (domainid_t from = 1; err_is_ok(spawn_list_next(from, &info)) && info.id != 0;
         from = info.id + 1) {
        if (info.id != self && strncmp(info.name, "test_", 5) == 0) {
            EXPECT_OK(spawn_kill(spawn_domain_cap(info.id)));
        }
    }
}

static void lay_siege(const struct siege_attack *attack)
{
    char *argv[] = {"test_siege", "hostile", (char *)attack->name, NULL};
    struct capref domain;
    uint8_t status;
    if (!EXPECT_OK(
            spawn_program(disp_get_core_id(), argv[0], argv, NULL, SPAWN_FLAGS_DEFAULT, &domain))) {
        return;
    }
    if (EXPECT(is_occupied())) {
        check_costs(attack);
    }
    EXPECT_OK(barrelfish_usleep(SIEGE_PAUSE_US));
    EXPECT_ERR(spawn_wait(domain, &status, true), LIB_ERR_NO_EVENT);
    check_turns(attack->name);
    EXPECT_OK(spawn_kill(domain));
    EXPECT_OK(spawn_wait(domain, &status, false));
    kill_orphans();
    EXPECT_OK(barrelfish_usleep(SETTLE_US));
}

static void besiege(const struct siege_attack *attack)
{
    struct balance before = balance_now();
    lay_siege(attack);
    struct balance after = balance_now();
    if (!EXPECT(after.memory == before.memory && after.capabilities == before.capabilities &&
                after.domains == before.domains)) {
        printf("  %s: %" PRId64 " bytes, %" PRId64 " capabilities, %" PRId64
               " domains are not back\n",
               attack->name, (int64_t)(before.memory - after.memory),
               (int64_t)(after.capabilities - before.capabilities),
               (int64_t)(after.domains - before.domains));
    }
}

static const struct siege_attack *find(size_t i)
{
    return i < siege_attacks_count ? &siege_attacks[i]
           : i < siege_attacks_count + siege_service_attacks_count
               ? &siege_service_attacks[i - siege_attacks_count]
               : NULL;
}

static int be_hostile(const char *name)
{
    for (size_t i = 0; find(i) != NULL; i++) {
        if (strcmp(find(i)->name, name) == 0) {
            if (!find(i)->occupy()) {
                return 1;
            }
            (void)!barrelfish_usleep(SIEGE_PAUSE_US);
            for (;;) {
                find(i)->rage();
            }
        }
    }
    return 1;
}

int main(int argc, char **argv)
{
    if (argc > 2 && strcmp(argv[1], "hostile") == 0) {
        return be_hostile(argv[2]);
    }
    while (argc > 1 && strcmp(argv[1], "sleeper") == 0) {
        (void)!barrelfish_usleep(1000000000);
    }
    EXPECT_OK(siege_calls_init());
    measure_undisturbed();
    for (size_t i = 0; find(i) != NULL; i++) {
        if (argc < 2 || strcmp(argv[1], find(i)->name) == 0) {
            lay_siege(find(i)); // the services' tables grow in this round
            besiege(find(i));
        }
    }
    return test_summary("siege");
}
