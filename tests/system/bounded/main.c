// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// No event of the CPU driver grows with what a domain has made (design, rule 2): the longest event
// while many capabilities are destroyed, or much memory is cleared, is at most twice that with few,
// timer interrupts keep coming and other domains keep running. Deterministic and on one core, so
// that a cycle is an instruction and no other core's turn is measured. `kind` is what the longest
// event was (KERNEL_EVENT_ in kpi/syscalls.h).
#include "bounded.h"

#include <inttypes.h>
#include <stdio.h>

#include "barrelfish/deferred.h"
#include "barrelfish/invocations.h"
#include "barrelfish/ram_alloc.h"

#define SETTLE_TURNS 100u
#define FACTOR 2u
#define SLICE_US 10000u ///< of the CPU driver's round robin
#define LONG_US 100000u ///< a time in which the witnesses can be judged

struct measured {
    uint64_t cycles, what, ticks, computed, woken;
    uint64_t us;
};

static struct witness_counts *counts;

static uint64_t stat(enum kernel_stat which)
{
    uint64_t value = 0;
    EXPECT_OK(invoke_kernel_stat(cap_kernel, which, &value));
    return value;
}

/// The memory server takes what has come back before, in few turns: one for each of our requests.
static void settle(void)
{
    genpaddr_t available, total;
    unsigned turns = 0;
    do {
        EXPECT_OK(ram_available(&available, &total));
    } while (stat(KERNEL_STAT_UNRETURNED_BYTES) > 0 && turns++ < SETTLE_TURNS);
    EXPECT(turns < SETTLE_TURNS);
}

static struct measured measure(const struct bounded_case *which, bool many)
{
    struct measured m = {0};
    which->prepare(many);
    settle();
    m.ticks = stat(KERNEL_STAT_TICKS);
    m.computed = counts->computed;
    m.woken = counts->woken;
    systime_t begin = systime_now();
    EXPECT_OK(invoke_kernel_stat_reset(cap_kernel, &m.cycles, &m.what));
    which->act();
    EXPECT_OK(invoke_kernel_stat_reset(cap_kernel, &m.cycles, &m.what));
    m.us = systime_to_us(systime_now() - begin);
    m.ticks = stat(KERNEL_STAT_TICKS) - m.ticks;
    m.computed = counts->computed - m.computed;
    m.woken = counts->woken - m.woken;
    which->finish();
    return m;
}

static void show(const char *name, const char *how, const struct measured *m)
{
    printf("%-20s %-5s %8" PRIu64 " %11" PRIu64 " %8" PRIu64 " %6" PRIu64 " %6" PRIu64 "\n", name,
           how, m->cycles, m->what, m->us, m->ticks, m->woken);
}

/// One tick for each slice at least, and a wake-up for each period in which the sleeper got a turn:
/// it waits for two others at the most.
static void expect_progress(const struct measured *m)
{
    EXPECT(m->ticks >= m->us / SLICE_US / 2);
    EXPECT(m->woken >= m->us / (2 * SLICE_US + WITNESS_PERIOD_US) / 2);
    EXPECT(m->computed > 0);
}

static void compare(const struct bounded_case *which)
{
    struct measured few = measure(which, false);
    struct measured many = measure(which, true);
    show(which->name, "few", &few);
    show(which->name, "many", &many);
    EXPECT(few.cycles > 0 && many.cycles <= FACTOR * few.cycles);
    if (many.us >= LONG_US)
        expect_progress(&many);
}

static void expect_reset(void)
{
    uint64_t cycles = 0, what = 0;
    EXPECT_OK(invoke_kernel_stat_reset(cap_kernel, &cycles, &what));
    EXPECT(cycles > 0);
    EXPECT(stat(KERNEL_STAT_LONGEST_CYCLES) < cycles);
    EXPECT_ERR(invoke_kernel_stat_reset(cap_kernelinfo, &cycles, &what), SYS_ERR_RIGHTS);
}

int main(int argc, char **argv)
{
    if (argc > 1)
        return witness_main(argv[1]);
    expect_reset();
    counts = witness_start();
    if (counts == NULL)
        return test_summary("test_bounded");
    // The library's tables, and what printing needs, grow once.
    printf("%-20s %-5s %8s %11s %8s %6s %6s\n", "", "", "cycles", "kind", "us", "ticks", "woken");
    fflush(stdout);
    (void)measure(&bounded_cases[BOUNDED_CASE_SLOTS], true);
    uint64_t before = test_memory_settled();
    for (unsigned i = 0; i < bounded_cases_count; i++)
        compare(&bounded_cases[i]);
    EXPECT_MEMORY(before);
    witness_stop();
    return test_summary("test_bounded");
}
