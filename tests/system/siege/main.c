// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What hostile domains, one on each core, can do to an honest one, by resource (docs/threats.md).
// Each attack first takes all that it can get, and then goes on as hard as it can. Meanwhile each
// request waits at most as many slices as there are runnable domains and three more; and in the end
// all that the attack took is back. What the calls cost meanwhile is counted by the coherence
// plug-in for whom it is, between marks (tools/coherence/behalf.h), and judged by
// tests/system/host/siege.c.
//   test_siege [ATTACK]...   all attacks, or these; on each core a test_camp must run
//   test_siege exit          a child
#include "siege.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "barrelfish/barrelfish.h"
#include "barrelfish/deferred.h"
#include "barrelfish/domain.h"
#include "barrelfish/info.h"
#include "barrelfish/invocations.h"
#include "barrelfish/monitor_client.h"
#include "barrelfish/nameservice_client.h"
#include "barrelfish/spawn_client.h"
#include "barrelfish/ump_chan.h"
#include "bench/bench.h"
#include "bench/mark.h"
#include "systest/systest.h"

#define TURNS_MORE 3u
#define SLICE_MS 10u ///< of the scheduler
#define GAP_US 7000u ///< between rounds, so that they fall on different moments of an attack
#define SETTLE_US 20000u
#define LOOK_US 2000u
#define LOOKS_SAME 10u
#define LOOKS_MAX 2000u
/// Between cores tables still grow in the second siege, and no more in the third.
#define PREPARATIONS 2u

static struct ump_chan camps[SIEGE_CORES_MAX];
static unsigned cores;

static void find_camps(void)
{
    struct monitor_cores up;
    EXPECT_OK(monitor_get_cores(&up));
    cores = up.cores_count;
    EXPECT(cores <= SIEGE_CORES_MAX);
    for (unsigned core = 0; core < cores && test_failures() == 0; core++) {
        char name[32];
        iref_t iref = 0;
        snprintf(name, sizeof(name), SIEGE_CAMP_NAME " %u", core);
        EXPECT_OK(nameservice_blocking_lookup(name, &iref));
        EXPECT_OK(
            ump_chan_bind_blocking(&camps[core], iref, SIEGE_CHANNEL_BYTES, SIEGE_CHANNEL_BYTES));
    }
}

static bool order_all(enum siege_order order, uint64_t attack)
{
    const uint64_t words[UMP_PAYLOAD_WORDS] = {order, attack};
    volatile struct ump_message *answer;
    bool done = true;
    for (unsigned core = 0; core < cores; core++)
        done &= EXPECT_OK(ump_chan_send_blocking(&camps[core], words, 0));
    for (unsigned core = 0; core < cores; core++) {
        done &= EXPECT_OK(ump_chan_recv_blocking(&camps[core], &answer)) &&
                EXPECT(answer->data[0] == 1);
    }
    return done;
}

static uint64_t runnable(void)
{
    struct info_kernel info = {0};
    EXPECT_OK(info_read_kernel(&info));
    return info.runnable;
}

/// Runs a call; a single request must not wait longer than it may. Where there are several cores
/// the time-stamp counter goes on while others execute, and nothing can be said.
static void run(const struct siege_call *call, const char *attack)
{
    cycles_t slice = SLICE_MS * disp_shared()->tsc_per_ms;
    uint64_t others = runnable();
    cycles_t start = bench_tsc();
    EXPECT_OK(call->run());
    cycles_t took = bench_time_diff(start, bench_tsc());
    others = runnable() > others ? runnable() : others;
    if (call->single && cores == 1 && !EXPECT(took <= (others + TURNS_MORE) * slice)) {
        printf("  %s: to %s took %" PRIu64 " slices with %" PRIu64 " runnable\n", attack,
               call->name, took / slice, others);
    }
}

static bool is_there(const struct siege_call *call)
{
    return !call->far || cores > 1;
}

/// All calls again and again, marked if they are judged: what happened first, when tables and heaps grew and both
/// sides learnt how long it is worth to poll, is not what is judged.
static void repeat_calls(const char *attack, bool marked)
{
    for (unsigned round = 0; round < SIEGE_ROUNDS; round++) {
        for (size_t i = 0; i < siege_calls_count; i++) {
            if (!is_there(&siege_calls[i]))
                continue;
            if (marked)
                bench_mark_begin(BENCH_MARK_CALL);
            run(&siege_calls[i], attack);
            if (!marked)
                continue;
            bench_mark_item(BENCH_MARK_CALL);
            bench_mark_end(BENCH_MARK_CALL);
        }
        EXPECT_OK(barrelfish_usleep(GAP_US));
    }
}

/// What of a core must be as before when the hostile domains have ended.
struct balance {
    uint64_t memory, capabilities, domains;
};

static struct balance balance_of(coreid_t core)
{
    struct balance now = {0};
    struct spawn_core_info info = {0};
    EXPECT_OK(spawn_core_info(core, &info));
    EXPECT_OK(monitor_get_stat(core, KERNEL_STAT_MDB_SIZE, &now.capabilities));
    now.memory = info.free_bytes;
    now.domains = info.domains;
    return now;
}

static bool is_same(const struct balance *a, const struct balance *b)
{
    return a->memory == b->memory && a->capabilities == b->capabilities && a->domains == b->domains;
}

/// Waits for what services put off: until nothing has changed on any core for a while.
static void balance_all(struct balance balances[SIEGE_CORES_MAX])
{
    unsigned same = 0;
    memset(balances, 0, SIEGE_CORES_MAX * sizeof(balances[0]));
    for (unsigned look = 0; look < LOOKS_MAX && same <= LOOKS_SAME; look++) {
        same++;
        for (unsigned core = 0; core < cores; core++) {
            struct balance now = balance_of((coreid_t)core);
            same = is_same(&now, &balances[core]) ? same : 0;
            balances[core] = now;
        }
        EXPECT_OK(barrelfish_usleep(LOOK_US));
    }
}

static void lay_siege(size_t attack, void (*meanwhile)(const char *attack))
{
    if (order_all(SIEGE_BEGIN, attack))
        meanwhile(siege_attack_names[attack]);
    (void)order_all(SIEGE_END, 0);
    EXPECT_OK(barrelfish_usleep(SETTLE_US));
}

static void make_calls(const char *attack)
{
    repeat_calls(attack, true);
}

/// So that services' tables grow. Between cores they do with the calls.
static void prepare(const char *attack)
{
    if (cores > 1)
        repeat_calls(attack, false);
}

static void besiege(size_t attack)
{
    printf("siege: %s\n", siege_attack_names[attack]);
    struct balance before[SIEGE_CORES_MAX], after[SIEGE_CORES_MAX];
    for (unsigned i = 0; i < PREPARATIONS; i++)
        lay_siege(attack, prepare);
    balance_all(before);
    lay_siege(attack, make_calls);
    balance_all(after);
    for (unsigned core = 0; core < cores; core++) {
        if (!EXPECT(is_same(&before[core], &after[core]))) {
            printf("  core %u: %" PRId64 " bytes, %" PRId64 " capabilities, %" PRId64
                   " domains are not back\n",
                   core, (int64_t)(before[core].memory - after[core].memory),
                   (int64_t)(after[core].capabilities - before[core].capabilities),
                   (int64_t)(after[core].domains - before[core].domains));
        }
    }
}

static bool is_wanted(const char *attack, int argc, char **argv)
{
    bool wanted = argc < 2;
    for (int i = 1; i < argc; i++)
        wanted |= strcmp(argv[i], attack) == 0;
    return wanted;
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "exit") == 0)
        return 0;
    find_camps();
    EXPECT_OK(siege_calls_init());
    printf("siege: beginning\n"); // tables and heaps grow
    make_calls("nobody");
    printf("siege: nobody\n");
    make_calls("nobody");
    for (size_t i = 0; siege_attack_names[i] != NULL; i++)
        if (is_wanted(siege_attack_names[i], argc, argv))
            besiege(i);
    return test_summary("siege");
}
