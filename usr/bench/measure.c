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
#include <stdlib.h>

#define SYSCALL_RUNS 10000u
#define ROUND_TRIP_RUNS 500u

cycles_t *samples_new(unsigned runs)
{
    cycles_t *samples = calloc(runs, sizeof(*samples));
    check(samples != NULL ? SYS_ERR_OK : LIB_ERR_MALLOC_FAIL, "keeping the times");
    return samples;
}

unsigned runs_chosen(const struct options *options, unsigned standard)
{
    return options->runs != 0 ? options->runs : standard;
}

unsigned messages_chosen(const struct options *options, unsigned standard)
{
    return options->messages != 0 ? options->messages : standard;
}

unsigned numbers_chosen(const struct options *options, const unsigned *standard, unsigned count,
                        const unsigned **numbers)
{
    bool given = options->numbers_count > 0;
    *numbers = given ? options->numbers : standard;
    return given ? options->numbers_count : count;
}

cycles_t rate(uint64_t messages, cycles_t cycles)
{
    unsigned __int128 scaled = (unsigned __int128)messages * disp_shared()->tsc_per_ms;
    return (cycles_t)(scaled / (cycles > 0 ? cycles : 1));
}

unsigned cores_chosen(const struct options *options, coreid_t cores[CORES_MAX])
{
    struct monitor_cores state;
    unsigned count = 0;
    check(monitor_get_cores(&state), "asking for the cores");
    for (unsigned core = 0; core < CORES_MAX; core++) {
        if ((state.up[core / 64] >> core % 64 & 1) != 0 &&
            (!options->on_given || options->on[core])) {
            cores[count++] = (coreid_t)core;
        }
    }
    return count;
}

void measure_syscall(const struct options *options)
{
    unsigned runs = runs_chosen(options, SYSCALL_RUNS), warm = runs / 10;
    cycles_t *samples = samples_new(runs);
    for (unsigned i = 0; i < warm + runs; i++) {
        if (i == warm) {
            bench_mark_begin(BENCH_MARK_SYSCALL);
        }
        cycles_t start = bench_tsc();
        errval_t err = sys_nop();
        cycles_t end = bench_tsc();
        bench_mark_item(BENCH_MARK_SYSCALL);
        check(err, "calling the CPU driver");
        samples[i < warm ? 0 : i - warm] = bench_time_diff(start, end);
    }
    bench_mark_end(BENCH_MARK_SYSCALL);
    const struct report_row row = {.what = "system call", .from = disp_get_core_id(), .to = -1};
    (void)report(options, &row, samples, runs);
    free(samples);
}

void measure_lmp(const struct options *options)
{
    unsigned runs = runs_chosen(options, ROUND_TRIP_RUNS), warm = runs / 10;
    coreid_t core = disp_get_core_id();
    uint64_t results[2], words[LMP_MSG_LENGTH] = {0};
    struct lmp_end end;
    workers_start(&core, 1);
    worker_tell(core, WORKER_EXPORT_LMP, 0);
    worker_answer(core, WORKER_EXPORT_LMP, results);
    check(endpoint_create(1, &end.local, &end.ep), "making an endpoint");
    check(monitor_bind_lmp(results[0], end.local, &end.remote), "binding over LMP");
    worker_tell(core, WORKER_ECHO_LMP, warm + runs);
    worker_answer(core, WORKER_ECHO_LMP, results);
    cycles_t *samples = samples_new(runs);
    for (unsigned i = 0; i < warm + runs; i++) {
        words[0] = i;
        if (i == warm) {
            bench_mark_begin(BENCH_MARK_LMP);
        }
        cycles_t start = bench_tsc();
        lmp_end_send(&end, words);
        lmp_end_receive(&end, words);
        cycles_t stop = bench_tsc();
        bench_mark_item(BENCH_MARK_LMP);
        check(words[0] == i ? SYS_ERR_OK : LIB_ERR_RPC_REPLY, "hearing the echo");
        samples[i < warm ? 0 : i - warm] = bench_time_diff(start, stop);
    }
    bench_mark_end(BENCH_MARK_LMP);
    const struct report_row row = {
        .what = "LMP round trip", .from = core, .to = -1, .sized = true, .size = sizeof(words)};
    (void)report(options, &row, samples, runs);
    free(samples);
    measure_lrpc(options, &end);
}

static void measure_ump_to(const struct options *options, coreid_t core)
{
    unsigned runs = runs_chosen(options, ROUND_TRIP_RUNS), warm = runs / 10;
    cycles_t *samples = samples_new(runs);
    struct ump_chan *chan = worker_chan(core);
    worker_tell(core, WORKER_ECHO, warm + runs);
    for (unsigned i = 0; i < warm + runs; i++) {
        uint64_t words[3];
        if (i == warm) {
            bench_mark_begin(BENCH_MARK_UMP);
        }
        cycles_t start = bench_tsc();
        message_send(chan, i, 0, 0);
        message_receive(chan, words);
        cycles_t stop = bench_tsc();
        bench_mark_item(BENCH_MARK_UMP);
        check(words[0] == i ? SYS_ERR_OK : LIB_ERR_RPC_REPLY, "hearing the echo");
        samples[i < warm ? 0 : i - warm] = bench_time_diff(start, stop);
    }
    bench_mark_end(BENCH_MARK_UMP);
    const struct report_row row = {.what = "UMP round trip",
                                   .from = disp_get_core_id(),
                                   .to = core,
                                   .sized = true,
                                   .size = MESSAGE_BYTES};
    (void)report(options, &row, samples, runs);
    free(samples);
}

unsigned others_chosen(const struct options *options, coreid_t to[CORES_MAX])
{
    coreid_t up[CORES_MAX];
    unsigned up_count = cores_chosen(options, up), count = 0;
    bool given = options->numbers_count > 0;
    for (unsigned i = 0; given && i < options->numbers_count; i++) {
        to[count++] = (coreid_t)options->numbers[i];
    }
    for (unsigned i = 0; !given && i < up_count; i++) {
        if (up[i] != disp_get_core_id()) {
            to[count++] = up[i];
        }
    }
    return count;
}

void measure_ump(const struct options *options)
{
    coreid_t to[CORES_MAX];
    unsigned count = others_chosen(options, to);
    if (count == 0 && !options->csv) {
        printf("UMP round trip: there is no other core\n");
    }
    workers_start(to, count);
    for (unsigned i = 0; i < count; i++) {
        measure_ump_to(options, to[i]);
    }
}
