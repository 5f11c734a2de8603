// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The master's side of its workers: starting them all at once, and talking to them.
#include "bench.h"

#include "barrelfish/spawn_client.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/// It is not listened to but for an answer: while something is measured nothing else is looked at.
struct hired {
    struct worker_binding *binding;
    struct capref domain;
    struct worker_act__call call;
    uint64_t results[2];
    bool answered;
};

/// Workers that may be on their way to the service at once; it refuses more than
/// MONITOR_EXPORT_QUEUE.
#define COMING_MAX (MONITOR_EXPORT_QUEUE / 2)

static struct hired *workers[CORES_MAX];
static unsigned connected_count, expected_count;

static errval_t on_connect(void *st, struct worker_binding *binding)
{
    (void)st;
    domainid_t domain = flounder_peer(&binding->stub);
    coreid_t core = spawn_domain_core(domain);
    if (core >= CORES_MAX || workers[core] == NULL ||
        spawn_domain_id(workers[core]->domain) != domain)
        return MON_ERR_LIMIT;
    workers[core]->binding = binding;
    connected_count++;
    return binding->control(binding, IDC_CONTROL_PAUSE);
}

static iref_t own_iref(void)
{
    static iref_t iref;
    if (iref == 0)
        check(worker_export_blocking(NULL, on_connect, get_default_waitset(), &iref),
              "offering a service");
    return iref;
}

/// Until at most `coming` have not connected yet.
static void await_workers(unsigned coming)
{
    while (expected_count - connected_count > coming)
        check(event_dispatch(get_default_waitset()), "waiting for workers");
}

void workers_start(const coreid_t *cores, unsigned count)
{
    char number[32];
    snprintf(number, sizeof(number), "%" PRIu64, own_iref());
    char *const argv[] = {"bench", "worker", number, NULL};
    for (unsigned i = 0; i < count; i++) {
        if (workers[cores[i]] != NULL)
            continue;
        struct hired *worker = calloc(1, sizeof(*worker));
        check(worker != NULL ? SYS_ERR_OK : LIB_ERR_MALLOC_FAIL, "remembering a worker");
        workers[cores[i]] = worker;
        check(
            spawn_program(cores[i], disp_name(), argv, NULL, SPAWN_FLAGS_DEFAULT, &worker->domain),
            "starting a worker");
        expected_count++;
        await_workers(COMING_MAX);
    }
    await_workers(0);
}

static void on_answer(void *arg)
{
    struct hired *worker = arg;
    worker->answered = true;
}

void worker_tell2(coreid_t core, worker_command_t what, uint64_t first, uint64_t second)
{
    struct hired *worker = workers[core];
    worker->answered = false;
    check(worker_act__start(worker->binding, &worker->call, 0, MKCLOSURE(on_answer, worker), what,
                            first, second, &worker->results[0], &worker->results[1]),
          "telling a worker");
}

void worker_tell(coreid_t core, worker_command_t what, uint64_t first)
{
    worker_tell2(core, what, first, 0);
}

const uint64_t *worker_answer(coreid_t core)
{
    struct hired *worker = workers[core];
    check(worker->binding->control(worker->binding, IDC_CONTROL_RESUME), "listening to a worker");
    while (!worker->answered)
        check(event_dispatch(get_default_waitset()), "waiting for a worker");
    check(flounder_result(&worker->call.async), "hearing a worker");
    check(worker->binding->control(worker->binding, IDC_CONTROL_PAUSE), "leaving a worker");
    return worker->results;
}

uint64_t worker_ask(coreid_t core, worker_command_t what, uint64_t first)
{
    worker_tell(core, what, first);
    return *worker_answer(core);
}

void worker_reach(coreid_t core, struct ump_chan *chan, size_t bytes)
{
    iref_t iref = worker_ask(core, worker_OFFER, 0);
    check(ump_chan_bind_blocking(chan, iref, bytes, bytes), "reaching a worker");
}

void workers_connect(coreid_t from, coreid_t to, worker_command_t how)
{
    (void)worker_ask(from, how, worker_ask(to, worker_OFFER, 0));
}

void workers_end(void)
{
    for (unsigned core = 0; core < CORES_MAX; core++)
        if (workers[core] != NULL)
            worker_close(workers[core]->binding);
    for (unsigned core = 0; core < CORES_MAX; core++) {
        if (workers[core] != NULL) {
            check(spawn_wait(workers[core]->domain, NULL, false), "ending a worker");
            free(workers[core]);
            workers[core] = NULL;
        }
    }
}
