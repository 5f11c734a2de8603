// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// bench: what messages, system calls and invocations cost. The command line, errors, and messages
// of both kinds as all measurements use them: a receiver polls briefly and then blocks, as any
// program's would.
#include "bench.h"

#include "barrelfish/spawn_client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void check(errval_t err, const char *what)
{
    if (err_is_fail(err)) {
        printf("bench: %s: %s\n", what, err_getstring(err));
        exit(EXIT_FAILURE);
    }
}

void message_send(struct ump_chan *chan, uint64_t word0, uint64_t word1, uint64_t word2)
{
    const uint64_t words[UMP_PAYLOAD_WORDS] = {word0, word1, word2};
    check(ump_chan_send_blocking(chan, words, 0), "sending a message");
}

void message_receive(struct ump_chan *chan, uint64_t words[3])
{
    volatile struct ump_message *message;
    check(ump_chan_recv_blocking(chan, &message), "receiving a message");
    for (unsigned i = 0; i < 3; i++) {
        words[i] = message->data[i];
    }
}

void lmp_end_send(const struct lmp_end *end, const uint64_t words[LMP_MSG_LENGTH])
{
    errval_t err;
    do {
        err = sys_lmp_send(get_cap_caddr(end->remote), LMP_FLAG_YIELD, 0, LMP_MSG_LENGTH, words);
    } while (lmp_err_is_transient(err) && err_is_ok(sys_yield(get_cap_caddr(end->remote))));
    check(err, "sending over LMP");
}

void lmp_end_receive(const struct lmp_end *end, uint64_t words[LMP_MSG_LENGTH])
{
    static struct waitset waitset = WAITSET_INITIALIZER;
    struct lmp_recv_msg message = LMP_RECV_MSG_INIT;
    while (!lmp_endpoint_can_recv(end->ep)) {
        check(lmp_endpoint_register(end->ep, &waitset, NOP_CLOSURE), "waiting for a message");
        check(event_dispatch(&waitset), "waiting for a message");
    }
    check(lmp_endpoint_recv(end->ep, &message.buf, NULL), "receiving over LMP");
    memcpy(words, message.words, sizeof(message.words));
}

// The same command line on another core.
static int run_on(coreid_t core, char *argv[])
{
    struct capref domain;
    uint8_t status = EXIT_FAILURE;
    for (unsigned i = 1; argv[i] != NULL; i++) {
        if (strcmp(argv[i], "--core") == 0) {
            for (; argv[i + 1] != NULL; i++) {
                argv[i] = argv[i + 2];
            }
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
    {MEASURE_SPAWN, measure_spawn},
};

int main(int argc, char *argv[])
{
    struct options options;
    if (argc == 3 && strcmp(argv[1], "worker") == 0) {
        return worker_run((iref_t)strtoull(argv[2], NULL, 10));
    }
    if (argc == 2 && strcmp(argv[1], "exit") == 0) {
        return EXIT_SUCCESS; // what measure_spawn() starts
    }
    enum options_result result = options_parse(argc, argv, &options);
    if (result == OPTIONS_HELP) {
        options_help();
        return EXIT_SUCCESS;
    }
    if (result == OPTIONS_BAD) {
        return 2;
    }
    if (options.core >= 0 && options.core != disp_get_core_id()) {
        return run_on((coreid_t)options.core, argv);
    }
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
