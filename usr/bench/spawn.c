// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What it costs to start a domain, have it end at once and hear of that: this program, by the spawnd
// of its own core and of others. Loading it and giving its memory back is part of it.
#include "bench.h"

#include "barrelfish/spawn_client.h"
#include "bench/mark.h"

#define SPAWN_RUNS 20u
#define SPAWN_WARM 5u // the library's and the services' tables have grown then

static void measure_spawn_on(const struct options *options, coreid_t core, bool own)
{
    char *const argv[] = {"bench", "exit", NULL};
    unsigned runs = runs_chosen(options, SPAWN_RUNS);
    cycles_t *samples = samples_new(runs);
    for (unsigned i = 0; i < runs; i++) {
        struct capref domain;
        if (i == SPAWN_WARM)
            bench_mark_begin(BENCH_MARK_SPAWN);
        cycles_t start = bench_tsc();
        check(spawn_program(core, disp_name(), argv, NULL, SPAWN_FLAGS_DEFAULT, &domain),
              "starting a domain");
        check(spawn_wait(domain, NULL, false), "waiting for its end");
        samples[i] = bench_time_diff(start, bench_tsc());
        if (i >= SPAWN_WARM)
            bench_mark_item(BENCH_MARK_SPAWN);
    }
    bench_mark_end(BENCH_MARK_SPAWN);
    const struct report_row row = {.what = own ? "spawn and wait" : "spawn on another core",
                                   .from = disp_get_core_id(),
                                   .to = own ? -1 : core,
                                   .size = ROW_UNSIZED};
    (void)report(options, &row, samples, runs);
}

void measure_spawn(const struct options *options)
{
    const unsigned own = disp_get_core_id();
    const unsigned *cores;
    unsigned count = numbers_chosen(options, &own, 1, &cores);
    for (unsigned i = 0; i < count; i++)
        measure_spawn_on(options, (coreid_t)cores[i], cores[i] == own);
}
