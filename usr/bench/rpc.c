// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What messages and calls cost that are declared in an interface (bench.if). Of a message both ends
// are here, so that each side is counted by itself, beside a bare channel's. Of calls the server is a
// worker; bytes go both ways.
#include "bench.h"

#include "barrelfish/domain.h"
#include "bench/mark.h"
#include "flounder/flounder.h"
#include "if/bench_defs.h"

#include <stdlib.h>
#include <string.h>

#define MESSAGE_RUNS 100u
#define CALL_RUNS 200u
#define BATCH 16u
#define CHANNEL 2048u

static _Alignas(64) uint8_t areas[4][CHANNEL];
static uint64_t received, sum;
static struct bench_binding *client, *server;

static void on_line(struct bench_binding *binding, uint64_t a, uint64_t b, uint64_t c, uint64_t d,
                    uint64_t e, uint64_t f, uint64_t g)
{
    (void)binding;
    sum += a + b + c + d + e + f + g;
    received++;
}

static void on_client(void *st, errval_t err, struct bench_binding *binding)
{
    (void)st;
    check(err, "connecting");
    client = binding;
}

static void on_server(void *st, errval_t err, struct bench_binding *binding)
{
    (void)st;
    check(err, "accepting");
    binding->rx_vtbl.line = on_line;
    server = binding;
}

static void connect(struct waitset *ws)
{
    struct bench_frameinfo one = {0, areas[0], CHANNEL, areas[1], CHANNEL},
                           other = {0, areas[1], CHANNEL, areas[0], CHANNEL};
    check(bench_accept(&one, NULL, on_server, ws, 0), "accepting");
    check(bench_connect(&other, NULL, on_client, ws, 0), "connecting");
    while (client == NULL || server == NULL)
        check(event_dispatch(ws), "waiting for a binding");
}

static void row(const struct options *options, const char *what, cycles_t *samples, unsigned runs)
{
    const struct report_row row = {.what = what, .from = disp_get_core_id(), .to = -1, .size = 56};
    (void)report(options, &row, samples, runs);
}

static void measure_bare(const struct options *options, unsigned runs)
{
    struct ump_chan from, to;
    cycles_t *sends = samples_new(runs), *receives = samples_new(runs);
    check(ump_chan_init(&from, areas[2], CHANNEL, areas[3], CHANNEL), "a channel");
    check(ump_chan_init(&to, areas[3], CHANNEL, areas[2], CHANNEL), "a channel");
    for (unsigned i = 0; i < runs; i++) {
        cycles_t start = bench_tsc();
        for (uint64_t k = 0; k < BATCH; k++) {
            uint64_t payload[UMP_PAYLOAD_WORDS] = {k, i, k, i, k, i, k};
            check(ump_chan_send(&from, payload, 1), "sending");
        }
        cycles_t middle = bench_tsc();
        for (unsigned k = 0; k < BATCH; k++) {
            volatile struct ump_message *msg;
            check(ump_chan_recv(&to, &msg), "receiving");
            for (unsigned w = 0; w < UMP_PAYLOAD_WORDS; w++)
                sum += msg->data[w];
        }
        sends[i] = bench_time_diff(start, middle) / BATCH;
        receives[i] = bench_time_diff(middle, bench_tsc()) / BATCH;
    }
    row(options, "send bare", sends, runs);
    row(options, "receive bare", receives, runs);
}

static void measure_messages(const struct options *options, unsigned runs)
{
    struct waitset ws = WAITSET_INITIALIZER;
    cycles_t *sends = samples_new(runs), *receives = samples_new(runs);
    connect(&ws);
    for (unsigned i = 0; i < runs; i++) {
        cycles_t start = bench_tsc();
        for (uint64_t k = 0; k < BATCH; k++)
            check(bench_line__tx(client, NOP_CONT, k, i, k, i, k, i, k), "sending");
        cycles_t middle = bench_tsc();
        received = 0;
        while (received < BATCH)
            check(event_dispatch_non_block(&ws), "receiving");
        sends[i] = bench_time_diff(start, middle) / BATCH;
        receives[i] = bench_time_diff(middle, bench_tsc()) / BATCH;
    }
    bench_close(client);
    bench_close(server);
    row(options, "send by interface", sends, runs);
    row(options, "receive by interface", receives, runs);
}

// ---- The worker's side

static bool served;

static errval_t on_null(struct bench_binding *binding)
{
    (void)binding;
    return SYS_ERR_OK;
}

static errval_t on_echo_line(struct bench_binding *binding, uint64_t a, uint64_t b, uint64_t c,
                             uint64_t d, uint64_t e, uint64_t f, uint64_t g, uint64_t *a_back,
                             uint64_t *b_back, uint64_t *c_back, uint64_t *d_back, uint64_t *e_back,
                             uint64_t *f_back, uint64_t *g_back)
{
    (void)binding;
    *a_back = a;
    *b_back = b;
    *c_back = c;
    *d_back = d;
    *e_back = e;
    *f_back = f;
    *g_back = g;
    return SYS_ERR_OK;
}

static errval_t on_echo(struct bench_binding *binding, const uint8_t *data, size_t length,
                        uint8_t *back, size_t *back_length)
{
    (void)binding;
    memcpy(back, data, length);
    *back_length = length;
    return SYS_ERR_OK;
}

static void on_gone(struct bench_binding *binding, errval_t err)
{
    (void)binding, (void)err;
    served = true;
}

static errval_t on_connect(void *st, struct bench_binding *binding)
{
    (void)st;
    binding->rpc_rx_vtbl = (struct bench_rpc_rx_vtbl){
        .null_call = on_null, .echo_line_call = on_echo_line, .echo_call = on_echo};
    binding->error_handler = on_gone;
    return SYS_ERR_OK;
}

void offer_calls(struct worker *worker, const struct order *order, uint64_t results[2])
{
    iref_t iref;
    (void)worker, (void)order;
    served = false;
    check(bench_export_blocking(NULL, on_connect, get_default_waitset(), &iref), "offering");
    results[0] = iref;
}

void serve_calls(struct worker *worker, const struct order *order, uint64_t results[2])
{
    (void)worker, (void)order, (void)results;
    flounder_handle_until(&served);
}

// ---- The master's side of calls

static errval_t call(struct bench_binding *binding, size_t bytes)
{
    static uint8_t data[bench__echo_data_MAX_ARGUMENT_SIZE], back[sizeof(data)];
    uint64_t echoed[7];
    size_t length;
    if (bytes == 0)
        return bench_null(binding);
    if (bytes == sizeof(echoed))
        return bench_echo_line(binding, 1, 2, 3, 4, 5, 6, 7, &echoed[0], &echoed[1], &echoed[2],
                               &echoed[3], &echoed[4], &echoed[5], &echoed[6]);
    return bench_echo(binding, data, bytes, back, &length);
}

/// Of calls that take a line each way, as a round trip of a bare channel does, each is an item.
static cycles_t call_timed(struct bench_binding *binding, size_t bytes)
{
    cycles_t start = bench_tsc();
    check(call(binding, bytes), "calling");
    cycles_t took = bench_time_diff(start, bench_tsc());
    if (bytes == FLOUNDER_LINE_BYTES)
        bench_mark_item(BENCH_MARK_RPC);
    return took;
}

static void measure_calls(const struct options *options, coreid_t core, unsigned runs)
{
    static const size_t sizes[] = {0, 56, 512, 4096};
    struct bench_binding *binding;
    iref_t iref = worker_ask(core, worker_OFFER_CALLS, 0);
    worker_tell(core, worker_SERVE_CALLS, 0);
    check(bench_bind_blocking(iref, get_default_waitset(), 0, &binding), "binding");
    for (unsigned s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
        unsigned warm = runs / 10;
        cycles_t *samples = samples_new(runs);
        for (unsigned i = 0; i < warm + runs; i++) {
            if (i == warm && sizes[s] == FLOUNDER_LINE_BYTES)
                bench_mark_begin(BENCH_MARK_RPC);
            samples[i < warm ? 0 : i - warm] = call_timed(binding, sizes[s]);
        }
        if (sizes[s] == FLOUNDER_LINE_BYTES)
            bench_mark_end(BENCH_MARK_RPC);
        const struct report_row row = {
            .what = "call", .from = disp_get_core_id(), .to = core, .size = sizes[s]};
        (void)report(options, &row, samples, runs);
    }
    bench_close(binding);
    (void)worker_answer(core);
}

void measure_rpc(const struct options *options)
{
    coreid_t to[CORES_MAX];
    unsigned runs = runs_chosen(options, MESSAGE_RUNS);
    measure_bare(options, runs);
    measure_messages(options, runs);
    unsigned count = others_chosen(options, to);
    to[count++] = disp_get_core_id();
    workers_start(to, count);
    for (unsigned i = 0; i < count; i++)
        measure_calls(options, to[i], runs_chosen(options, CALL_RUNS));
}
