// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The master's side of its workers: starting them all at once, and talking to them.
#include "bench.h"

#include "barrelfish/spawn_client.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct hired {
    struct ump_chan chan;
    struct capref domain;
};

/// Workers that may be on their way to the service at once; it refuses more than
/// MONITOR_EXPORT_QUEUE.
#define COMING_MAX (MONITOR_EXPORT_QUEUE / 2)

static struct hired *workers[CORES_MAX];
static unsigned connected_count, expected_count;

static void on_connect(void *st, struct monitor_bind_request *request)
{
    (void)st;
    coreid_t core = spawn_domain_core(request->client);
    if (core >= CORES_MAX || workers[core] == NULL ||
        spawn_domain_id(workers[core]->domain) != request->client) {
        (void)monitor_refuse(request, MON_ERR_LIMIT);
        return;
    }
    check(ump_chan_accept(&workers[core]->chan, request), "accepting a worker");
    connected_count++;
}

static iref_t own_iref(void)
{
    static struct monitor_export service;
    static iref_t iref;
    if (iref == 0) {
        check(monitor_export_service(&service, 0, get_default_waitset(), on_connect, NULL, &iref),
              "offering a service");
    }
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
    bool new[CORES_MAX] = {false};
    for (unsigned i = 0; i < count; i++) {
        if (workers[cores[i]] != NULL)
            continue;
        struct hired *worker = calloc(1, sizeof(*worker));
        check(worker != NULL ? SYS_ERR_OK : LIB_ERR_MALLOC_FAIL, "remembering a worker");
        workers[cores[i]] = worker;
        new[cores[i]] = true;
        check(
            spawn_program(cores[i], disp_name(), argv, NULL, SPAWN_FLAGS_DEFAULT, &worker->domain),
            "starting a worker");
        expected_count++;
        await_workers(COMING_MAX);
    }
    await_workers(0);
    for (unsigned core = 0; core < CORES_MAX; core++) {
        uint64_t results[2];
        if (new[core])
            worker_answer((coreid_t)core, WORKER_HELLO, results);
    }
}

struct ump_chan *worker_chan(coreid_t core)
{
    return &workers[core]->chan;
}

void worker_tell2(coreid_t core, enum command command, uint64_t argument, uint64_t second)
{
    message_send(worker_chan(core), command, argument, second);
}

void worker_tell(coreid_t core, enum command command, uint64_t argument)
{
    worker_tell2(core, command, argument, 0);
}

void worker_answer(coreid_t core, enum command command, uint64_t results[2])
{
    uint64_t words[3];
    message_receive(worker_chan(core), words);
    check(words[0] == command ? SYS_ERR_OK : LIB_ERR_RPC_REPLY, "hearing a worker");
    results[0] = words[1];
    results[1] = words[2];
}

void workers_connect(coreid_t from, coreid_t to, enum command how)
{
    uint64_t results[2];
    worker_tell(to, WORKER_EXPORT, 0);
    worker_answer(to, WORKER_EXPORT, results);
    worker_tell(from, how, results[0]);
    worker_answer(from, how, results);
}

void workers_end(void)
{
    for (unsigned core = 0; core < CORES_MAX; core++)
        if (workers[core] != NULL)
            worker_tell((coreid_t)core, WORKER_QUIT, 0);
    for (unsigned core = 0; core < CORES_MAX; core++) {
        if (workers[core] != NULL) {
            check(spawn_wait(workers[core]->domain, NULL, false), "ending a worker");
            ump_chan_close(&workers[core]->chan);
            free(workers[core]);
            workers[core] = NULL;
        }
    }
}
