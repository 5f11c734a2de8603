// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Times of single operations. Each run is timed by itself; a tenth as many runs before are not
// counted, so that caches and translations are warm.
#include "bench.h"

#include "barrelfish/capabilities.h"
#include "barrelfish/monitor_client.h"
#include "bench/mark.h"

#include <stdio.h>

#define SYSCALL_RUNS 10000u
#define ROUND_TRIP_RUNS 500u

void measure_syscall(const struct options *options)
{
    unsigned runs = runs_chosen(options, SYSCALL_RUNS), warm = runs / 10;
    cycles_t *samples = samples_new(runs);
    for (unsigned i = 0; i < warm + runs; i++) {
        if (i == warm)
            bench_mark_begin(BENCH_MARK_SYSCALL);
        cycles_t start = bench_tsc();
        errval_t err = sys_nop();
        cycles_t end = bench_tsc();
        bench_mark_item(BENCH_MARK_SYSCALL);
        check(err, "calling the CPU driver");
        samples[i < warm ? 0 : i - warm] = bench_time_diff(start, end);
    }
    bench_mark_end(BENCH_MARK_SYSCALL);
    const struct report_row row = {
        .what = "system call", .from = disp_get_core_id(), .to = -1, .size = ROW_UNSIZED};
    (void)report(options, &row, samples, runs);
}

void measure_lmp(const struct options *options)
{
    unsigned runs = runs_chosen(options, ROUND_TRIP_RUNS), warm = runs / 10;
    coreid_t core = disp_get_core_id();
    uint64_t payload[LMP_MSG_LENGTH] = {0};
    struct lmp_end end;
    workers_start(&core, 1);
    iref_t iref = worker_ask(core, worker_OFFER, 0);
    check(endpoint_create(1, &end.local, &end.ep), "making an endpoint");
    check(monitor_bind_lmp(iref, end.local, &end.remote), "binding over LMP");
    worker_tell(core, worker_ECHO_LMP, warm + runs);
    cycles_t *samples = samples_new(runs);
    for (unsigned i = 0; i < warm + runs; i++) {
        payload[0] = i;
        if (i == warm)
            bench_mark_begin(BENCH_MARK_LMP);
        cycles_t start = bench_tsc();
        lmp_end_send(&end, payload);
        lmp_end_receive(&end, payload);
        cycles_t stop = bench_tsc();
        bench_mark_item(BENCH_MARK_LMP);
        check(payload[0] == i ? SYS_ERR_OK : LIB_ERR_RPC_REPLY, "hearing the echo");
        samples[i < warm ? 0 : i - warm] = bench_time_diff(start, stop);
    }
    bench_mark_end(BENCH_MARK_LMP);
    (void)worker_answer(core);
    const struct report_row row = {
        .what = "LMP round trip", .from = core, .to = -1, .size = sizeof(payload)};
    (void)report(options, &row, samples, runs);
    measure_lrpc(options, &end);
}

static void measure_ump_to(const struct options *options, coreid_t core)
{
    unsigned runs = runs_chosen(options, ROUND_TRIP_RUNS), warm = runs / 10;
    cycles_t *samples = samples_new(runs);
    struct ump_chan chan;
    worker_reach(core, &chan, CHANNEL_BYTES);
    worker_tell(core, worker_ECHO, warm + runs);
    for (unsigned i = 0; i < warm + runs; i++) {
        struct note note;
        if (i == warm)
            bench_mark_begin(BENCH_MARK_UMP);
        cycles_t start = bench_tsc();
        message_send(&chan, i, 0, 0);
        message_receive(&chan, &note);
        cycles_t stop = bench_tsc();
        bench_mark_item(BENCH_MARK_UMP);
        check(note.number == i ? SYS_ERR_OK : LIB_ERR_RPC_REPLY, "hearing the echo");
        samples[i < warm ? 0 : i - warm] = bench_time_diff(start, stop);
    }
    bench_mark_end(BENCH_MARK_UMP);
    (void)worker_answer(core);
    ump_chan_close(&chan);
    const struct report_row row = {
        .what = "UMP round trip", .from = disp_get_core_id(), .to = core, .size = MESSAGE_BYTES};
    (void)report(options, &row, samples, runs);
}

void measure_ump(const struct options *options)
{
    coreid_t to[CORES_MAX];
    unsigned count = others_chosen(options, to);
    if (count == 0 && !options->csv)
        printf("UMP round trip: there is no other core\n");
    workers_start(to, count);
    for (unsigned i = 0; i < count; i++)
        measure_ump_to(options, to[i]);
}
