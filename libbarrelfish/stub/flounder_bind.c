// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Binding to a service by its iref, and accepting who binds: over LMP on one core, over UMP between
// two. The monitors connect both sides; then they greet (flounder_hello.c).
#include "bind.h"

#include "barrelfish/blocking.h"
#include "barrelfish/capabilities.h"
#include "barrelfish/dispatch.h"
#include "barrelfish/domain.h"
#include "barrelfish/slot_alloc.h"
#include "client/monitor_events.h"

#include <assert.h>
#include <stdlib.h>

/// What the monitor's events find a binding over LMP by.
struct lmp_bound {
    struct monitor_wait wait; ///< of who connects
    struct monitor_peer peer; ///< of who accepts
    struct waitset_chanstate chan;
    struct flounder_stub *stub;
    uint64_t id;
};

static void close_ump(struct flounder_stub *stub)
{
    ump_chan_close(&stub->chan);
}

static void close_lmp(struct flounder_stub *stub)
{
    struct lmp_bound *bound = stub->bound;
    uint64_t words[LMP_MSG_LENGTH] = {MONITOR_DISCONNECT, bound->id};
    if (err_is_ok(monitor_events_begin())) {
        if (stub->lmp.badge != 0)
            monitor_peer_remove(&bound->peer);
        if (!stub->lmp.gone)
            (void)!monitor_call(words, NULL_CAP, words, NULL);
        monitor_events_end();
    }
    waitset_chanstate_destroy(&bound->chan);
    free(bound);
}

/// Tells who binds that it has failed; there is no channel, or it has been closed.
static void fail(struct flounder_stub *stub, errval_t err)
{
    flounder_conclude(stub, err);
    flounder_destroy(stub);
}

static void greet(struct flounder_stub *stub)
{
    errval_t err = flounder_greet(stub);
    if (err_is_fail(err))
        fail(stub, err);
}

// ---- Over LMP

static void on_bound(void *arg)
{
    struct lmp_bound *bound = arg;
    if (err_is_ok(bound->wait.err))
        greet(bound->stub);
    else
        fail(bound->stub, bound->wait.err);
}

/// What the wait has brought. Errors: why the server does not want it.
static errval_t take_answer(struct flounder_stub *stub, struct monitor_wait *wait)
{
    if (err_is_ok(wait->err) && capref_is_null(wait->cap))
        wait->err = LIB_ERR_RPC_REPLY;
    stub->lmp.gone = err_is_fail(wait->err);
    stub->peer = (domainid_t)wait->value;
    stub->lmp.remote = wait->cap;
    stub->lmp.to = get_cap_caddr(wait->cap);
    return wait->err;
}

/// Runs in the events' thread.
static void answered(struct monitor_wait *wait)
{
    struct lmp_bound *bound = wait->st;
    (void)take_answer(bound->stub, wait);
    (void)!waitset_chan_trigger_closure(bound->stub->ws, &bound->chan, MKCLOSURE(on_bound, bound));
}

static errval_t ask(struct flounder_stub *stub, iref_t iref, void (*done)(struct monitor_wait *))
{
    struct lmp_bound *bound = calloc(1, sizeof(*bound));
    uint64_t words[LMP_MSG_LENGTH] = {MONITOR_BIND_LMP, iref};
    if (bound == NULL)
        return LIB_ERR_MALLOC_FAIL;
    bound->stub = stub;
    waitset_chanstate_init(&bound->chan, CHANTYPE_OTHER);
    errval_t err = flounder_lmp_open(stub);
    if (err_is_ok(err))
        err = monitor_events_begin();
    if (err_is_fail(err)) {
        free(bound);
        return err;
    }
    err = monitor_call(words, stub->lmp.local, words, NULL);
    if (err_is_ok(err)) {
        bound->id = words[1];
        stub->bound = bound;
        stub->unbind = close_lmp;
        monitor_wait_add(&bound->wait, MONITOR_EVENT_BOUND, words[1], done, bound);
    } else {
        free(bound);
    }
    monitor_events_end();
    return err;
}

static errval_t ask_blocking(struct flounder_stub *stub, iref_t iref)
{
    errval_t err = ask(stub, iref, NULL);
    if (err_is_fail(err))
        return err;
    struct lmp_bound *bound = stub->bound;
    err = monitor_wait_block(&bound->wait, blocking_deadline(BLOCKING_LIMIT_US));
    return err_no(err) == LIB_ERR_TIMEOUT ? err_push(err, LIB_ERR_BIND_TIMEOUT)
                                          : take_answer(stub, &bound->wait);
}

/// Runs in the events' thread.
static void peer_gone(struct monitor_peer *peer)
{
    flounder_lmp_gone(LIST_OWNER(peer, struct lmp_bound, peer)->stub);
}

/// Gives the client a capability that says who it is, and takes its endpoint.
static errval_t accept_lmp(struct flounder_stub *stub, struct lmp_bound *bound,
                           struct monitor_bind_request *request, struct capref invitation)
{
    struct flounder_reception *reception;
    uint32_t badge;
    errval_t err = flounder_reception_need(stub->ws, &reception);
    if (err_is_ok(err))
        err = flounder_reception_invite(reception, invitation, &badge);
    if (err_is_ok(err))
        err = monitor_events_begin();
    if (err_is_fail(err))
        return err;
    flounder_reception_enter(reception, stub, badge, request->cap);
    stub->peer = request->client;
    request->cap = NULL_CAP;
    err = monitor_accept_lmp(request, invitation);
    if (err_is_ok(err)) {
        *bound = (struct lmp_bound){.peer = {.id = request->id, .server = true, .gone = peer_gone},
                                    .stub = stub,
                                    .id = request->id};
        stub->bound = bound;
        stub->unbind = close_lmp;
        monitor_peer_add(&bound->peer);
    }
    monitor_events_end();
    flounder_lmp_watch(stub);
    return err;
}

static errval_t flounder_accept_lmp(struct flounder_stub *stub,
                                    struct monitor_bind_request *request)
{
    struct capref invitation;
    struct lmp_bound *bound = malloc(sizeof(*bound));
    errval_t err = bound == NULL ? LIB_ERR_MALLOC_FAIL : slot_alloc(&invitation);
    if (err_is_ok(err)) {
        err = accept_lmp(stub, bound, request, invitation);
        (void)cap_destroy(invitation);
        if (err_is_fail(err))
            (void)monitor_refuse(request, err);
    } else {
        (void)monitor_refuse(request, err);
    }
    if (err_is_fail(err))
        free(bound);
    return err;
}

// ---- Either

static void opened_ump(struct flounder_stub *stub)
{
    stub->unbind = close_ump;
    stub->peer = stub->chan.recv_chan.peer;
}

static void bound_ump(void *st, errval_t err, struct ump_chan *uc, struct capref notify_cap)
{
    struct flounder_stub *stub = st;
    (void)uc, (void)notify_cap;
    if (err_is_fail(err)) {
        fail(stub, err);
    } else {
        opened_ump(stub);
        greet(stub);
    }
}

static bool takes_lmp(iref_t iref, idc_bind_flags_t flags)
{
    return IREF_CORE(iref) == disp_get_core_id() && (flags & IDC_BIND_FLAG_UMP) == 0;
}

errval_t flounder_bind(const struct flounder_interface *interface, iref_t iref,
                       flounder_bind_continuation_fn *cont, void *st, struct waitset *ws,
                       idc_bind_flags_t flags)
{
    struct flounder_bind bind = {.cont = cont, .st = st, .connects = true};
    struct flounder_stub *stub = flounder_make(interface, ws, bind);
    if (stub == NULL)
        return LIB_ERR_MALLOC_FAIL;
    errval_t err =
        takes_lmp(iref, flags)
            ? ask(stub, iref, answered)
            : ump_chan_bind(&stub->chan, (struct ump_bind_continuation){bound_ump, stub}, NULL,
                            iref, NULL, DEFAULT_UMP_BUFLEN, DEFAULT_UMP_BUFLEN, NULL_CAP);
    if (err_is_fail(err))
        flounder_destroy(stub);
    return err;
}

static errval_t connect(struct flounder_stub *stub, iref_t iref, idc_bind_flags_t flags)
{
    flounder_on_timeout = flounder_timed_out;
    if (takes_lmp(iref, flags))
        return ask_blocking(stub, iref);
    errval_t err =
        ump_chan_bind_blocking(&stub->chan, iref, DEFAULT_UMP_BUFLEN, DEFAULT_UMP_BUFLEN);
    if (err_is_ok(err))
        opened_ump(stub);
    return err;
}

errval_t flounder_bind_blocking(const struct flounder_interface *interface, iref_t iref,
                                struct waitset *ws, idc_bind_flags_t flags, void **binding)
{
    errval_t result = LIB_ERR_BIND_TIMEOUT;
    struct flounder_bind bind = {.result = &result, .connects = true};
    struct flounder_stub *stub = flounder_make(interface, ws, bind);
    if (stub == NULL)
        return LIB_ERR_MALLOC_FAIL;
    errval_t err = connect(stub, iref, flags);
    if (err_is_fail(err)) {
        flounder_destroy(stub);
        return err;
    }
    err = flounder_greet_blocking(stub, blocking_deadline(BLOCKING_LIMIT_US));
    if (err_is_ok(err))
        err = result;
    if (err_is_fail(err))
        flounder_close(stub);
    else
        *binding = flounder_binding_of(stub);
    return err_no(err) == LIB_ERR_TIMEOUT ? err_push(err, LIB_ERR_BIND_TIMEOUT) : err;
}

errval_t flounder_accept_request(struct flounder_stub *stub, struct monitor_bind_request *request)
{
    if (request->lmp)
        return flounder_accept_lmp(stub, request);
    errval_t err = ump_chan_accept(&stub->chan, request);
    if (err_is_ok(err))
        opened_ump(stub);
    return err;
}
