// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// bench: what messages, system calls and invocations cost. The command line.
#include "bench.h"

#include "barrelfish/spawn_client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// The same command line on another core.
static int run_on(coreid_t core, char *argv[])
{
    struct capref domain;
    uint8_t status = EXIT_FAILURE;
    for (unsigned i = 1; argv[i] != NULL; i++) {
        if (strcmp(argv[i], "--core") == 0) {
            for (; argv[i + 1] != NULL; i++)
                argv[i] = argv[i + 2];
            break;
        }
    }
    check(spawn_program(core, disp_name(), argv, NULL, SPAWN_FLAGS_DEFAULT, &domain),
          "starting on another core");
    check(spawn_wait(domain, &status, false), "waiting for it");
    return status;
}

static const struct {
    enum measurement what;
    void (*measure)(const struct options *options);
} measurements[] = {
    {MEASURE_SYSCALL, measure_syscall}, {MEASURE_LMP, measure_lmp},
    {MEASURE_UMP, measure_ump},         {MEASURE_RING, measure_ring},
    {MEASURE_PAIRS, measure_pairs},     {MEASURE_FANIN, measure_fanin},
    {MEASURE_FANOUT, measure_fanout},   {MEASURE_PIPELINE, measure_pipeline},
    {MEASURE_BULK, measure_bulk},       {MEASURE_WAKE, measure_wake},
    {MEASURE_POLL, measure_poll},       {MEASURE_CAPS, measure_caps},
    {MEASURE_SPAWN, measure_spawn},     {MEASURE_RPC, measure_rpc},
};

int main(int argc, char *argv[])
{
    struct options options;
    if (argc == 3 && strcmp(argv[1], "worker") == 0)
        return worker_run((iref_t)strtoull(argv[2], NULL, 10));
    if (argc == 2 && strcmp(argv[1], "exit") == 0)
        return EXIT_SUCCESS; // what measure_spawn() starts
    enum options_result result = options_parse(argc, argv, &options);
    if (result == OPTIONS_HELP) {
        options_help();
        return EXIT_SUCCESS;
    }
    if (result == OPTIONS_BAD)
        return 2;
    if (options.core >= 0 && options.core != disp_get_core_id())
        return run_on((coreid_t)options.core, argv);
    bench_init();
    report_begin(&options);
    for (size_t i = 0; i < sizeof(measurements) / sizeof(measurements[0]); i++) {
        if ((options.what & measurements[i].what) != 0) {
            measurements[i].measure(&options);
            workers_end();
        }
    }
    return EXIT_SUCCESS;
}
