// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Round trips within a core in which call and reply hand the core over (barrelfish/lrpc.h): both
// sides of the measurement.
#include "bench.h"

#include "barrelfish/lrpc.h"
#include "bench/mark.h"

#include <stdlib.h>

#define LRPC_RUNS 500u

void lrpc_echo(const struct lmp_end *end, uint64_t count)
{
    struct lmp_recv_msg msg = LMP_RECV_MSG_INIT;
    check(lrpc_wait(end->ep, &msg, NULL), "waiting for a call");
    for (; count > 1; count--)
        check(lrpc_reply_and_wait(end->remote, 0, NULL_CAP, end->ep, &msg, NULL), "replying");
    lmp_end_send(end, msg.words);
}

void measure_lrpc(const struct options *options, const struct lmp_end *end)
{
    unsigned runs = options->runs != 0 ? options->runs : LRPC_RUNS, warm = runs / 10;
    coreid_t core = disp_get_core_id();
    cycles_t *samples = calloc(runs, sizeof(*samples));
    check(samples != NULL ? SYS_ERR_OK : LIB_ERR_MALLOC_FAIL, "keeping the times");
    worker_tell(core, worker_ECHO_LRPC, warm + runs);
    for (unsigned i = 0; i < warm + runs; i++) {
        struct lmp_recv_msg msg = {.buf.msglen = LMP_MSG_LENGTH, .words = {i}};
        if (i == warm)
            bench_mark_begin(BENCH_MARK_LRPC);
        cycles_t start = bench_tsc();
        errval_t err = lrpc_call(end->remote, 0, NULL_CAP, end->ep, &msg, NULL);
        cycles_t stop = bench_tsc();
        if (i >= warm)
            bench_mark_item(BENCH_MARK_LRPC);
        check(err_is_ok(err) && *msg.words != i ? LIB_ERR_RPC_REPLY : err, "hearing the echo");
        samples[i < warm ? 0 : i - warm] = bench_time_diff(start, stop);
    }
    bench_mark_end(BENCH_MARK_LRPC);
    (void)worker_answer(core);
    const struct report_row row = {.what = "LRPC round trip",
                                   .from = core,
                                   .to = -1,
                                   .size = LMP_MSG_LENGTH * sizeof(uint64_t)};
    (void)report(options, &row, samples, runs);
}
