// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The service side of connections: exports and the requests of clients who want to bind, which go
// from the events' thread through a short queue to the waitset of the service. Accepting over UMP
// is in ump_bind.c.
// MX1 No more requests wait for a service than its queue has room for.

#include "monitor_events.h"

#include "barrelfish/blocking.h"
#include "barrelfish/capabilities.h"
#include "barrelfish/debug.h"
#include "barrelfish/lmp_endpoints.h"
#include "barrelfish/slot_alloc.h"
#include "barrelfish/waitset_chan.h"

#include <assert.h>

static struct list services = LIST_EMPTY(services); ///< changed between begin and end only

static errval_t answer(uint64_t id, errval_t result, struct capref cap)
{
    uint64_t words[LMP_MSG_LENGTH] = {MONITOR_BIND_REPLY, id, result};
    return monitor_call(words, cap, words, NULL);
}

errval_t monitor_refuse(struct monitor_bind_request *request, errval_t err)
{
    if (!capref_is_null(request->cap))
        (void)cap_destroy(request->cap);
    request->cap = NULL_CAP;
    return answer(request->id, err, NULL_CAP);
}

errval_t monitor_accept_lmp(struct monitor_bind_request *request, struct capref endpoint)
{
    return request->lmp ? answer(request->id, SYS_ERR_OK, endpoint) : LIB_ERR_INVALID_ARGS;
}

/// Runs on the service's waitset.
static void run_connect(void *arg)
{
    struct monitor_export *service = arg;
    struct monitor_bind_request request;
    bool any = false;
    if (err_is_fail(monitor_events_begin()))
        return;
    assert(service->count <= MONITOR_EXPORT_QUEUE); // MX1
    if (service->count > 0) {
        request = service->queue[service->first];
        service->first = (service->first + 1) % MONITOR_EXPORT_QUEUE;
        any = true;
        if (--service->count > 0 &&
            err_is_fail(waitset_chan_trigger_closure(service->ws, &service->chan,
                                                     MKCLOSURE(run_connect, service))))
            USER_PANIC("a service's channel is in use");
    }
    monitor_events_end();
    if (any)
        service->connect(service->st, &request);
}

static struct monitor_export *service_find(iref_t iref)
{
    for (struct list *place = services.next; place != &services; place = place->next) {
        struct monitor_export *service = LIST_OWNER(place, struct monitor_export, place);
        if (service->iref == iref)
            return service;
    }
    return NULL;
}

static void bind_requested(struct monitor_bind_request *request)
{
    struct monitor_export *service = service_find(request->iref);
    if (service == NULL || service->count == MONITOR_EXPORT_QUEUE) {
        (void)monitor_refuse(request, service == NULL ? MON_ERR_NO_IREF : MON_ERR_LIMIT);
        return;
    }
    service->queue[(service->first + service->count++) % MONITOR_EXPORT_QUEUE] = *request;
    if (service->count == 1 && err_is_fail(waitset_chan_trigger_closure(
                                   service->ws, &service->chan, MKCLOSURE(run_connect, service))))
        USER_PANIC("a service's channel is in use");
}

errval_t monitor_export_service(struct monitor_export *service, uint32_t index, struct waitset *ws,
                                void (*connect)(void *st, struct monitor_bind_request *request),
                                void *st, iref_t *iref)
{
    uint64_t words[LMP_MSG_LENGTH] = {MONITOR_EXPORT, index};
    errval_t err = monitor_events_begin();
    if (err_is_fail(err))
        return err;
    monitor_bind_requested = bind_requested;
    err = monitor_call(words, NULL_CAP, words, NULL);
    if (err_is_ok(err)) {
        *service =
            (struct monitor_export){.iref = words[1], .ws = ws, .connect = connect, .st = st};
        waitset_chanstate_init(&service->chan, CHANTYPE_OTHER);
        list_add(&services, &service->place);
        *iref = words[1];
    }
    monitor_events_end();
    return err;
}

errval_t monitor_unexport_service(struct monitor_export *service)
{
    uint64_t words[LMP_MSG_LENGTH] = {MONITOR_UNEXPORT, service->iref};
    errval_t err = monitor_events_begin();
    if (err_is_fail(err))
        return err;
    list_remove(&service->place);
    waitset_chanstate_destroy(&service->chan);
    for (; service->count > 0; service->count--) {
        (void)monitor_refuse(&service->queue[service->first], MON_ERR_NO_IREF);
        service->first = (service->first + 1) % MONITOR_EXPORT_QUEUE;
    }
    err = monitor_call(words, NULL_CAP, words, NULL);
    monitor_events_end();
    return err;
}

errval_t monitor_bind_give_up(uint64_t id, errval_t err)
{
    uint64_t words[LMP_MSG_LENGTH] = {MONITOR_DISCONNECT, id};
    if (err_is_ok(monitor_events_begin())) {
        (void)!monitor_call(words, NULL_CAP, words, NULL);
        monitor_events_end();
    }
    return err_push(err, LIB_ERR_BIND_TIMEOUT);
}

errval_t monitor_bind_lmp(iref_t iref, struct capref endpoint, struct capref *remote)
{
    struct monitor_wait wait;
    uint64_t words[LMP_MSG_LENGTH] = {MONITOR_BIND_LMP, iref};
    errval_t err = monitor_events_begin();
    if (err_is_fail(err))
        return err;
    err = monitor_call(words, endpoint, words, NULL);
    if (err_is_ok(err))
        monitor_wait_add(&wait, MONITOR_EVENT_BOUND, words[1], NULL, NULL);
    monitor_events_end();
    if (err_is_ok(err))
        err = monitor_wait_block(&wait, blocking_deadline(BLOCKING_LIMIT_US));
    if (err_no(err) == LIB_ERR_TIMEOUT)
        err = monitor_bind_give_up(words[1], err);
    if (err_is_ok(err) && capref_is_null(wait.cap))
        err = LIB_ERR_RPC_REPLY;
    if (err_is_ok(err))
        *remote = wait.cap;
    return err;
}
