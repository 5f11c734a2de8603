// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Calls that wait for their answers (F5). One of the threads that wait receives for all.
// Circle: whoever waits receives (flounder_receive.c), and what is received may be its answer.
#include "stub.h"

#include "barrelfish/blocking.h"
#include "barrelfish/dispatch.h"
#include "barrelfish/systime.h"
#include "barrelfish/threads.h"

#include <assert.h>

#define LINES_EACH_LOOK 16 // at the clock

/// Takes a number for a call. FLOUNDER_ERR_CALLS: too many are outstanding, those whose answer
/// nobody waits for any more included.
static errval_t enter(struct flounder_stub *stub, struct flounder_call *call, unsigned number,
                      void *places)
{
    errval_t err = FLOUNDER_ERR_CALLS;
    *call = (struct flounder_call){.places = places, .number = number + 1};
    waitset_chanstate_init(&call->chan, CHANTYPE_OTHER);
    dispatcher_handle_t handle = disp_disable();
    for (unsigned i = 0; i < FLOUNDER_CALLS_MAX && err_is_fail(err); i++)
        if (stub->calls[i] == NULL && !stub->given_up[i]) {
            call->index = i;
            stub->calls[i] = call;
            err = SYS_ERR_OK;
        }
    disp_enable(handle);
    return err;
}

/// An answer may come after its time: its number is not used again until then.
static void give_up(struct flounder_stub *stub, struct flounder_call *call, bool was_sent)
{
    assert(stub->calls[call->index] == call); // F5
    stub->calls[call->index] = NULL;
    stub->given_up[call->index] = was_sent && stub->state == FLOUNDER_OPEN;
}

static void complete(struct flounder_stub *stub, struct flounder_call *call, errval_t err)
{
    dispatcher_handle_t handle = disp_disable();
    stub->calls[call->index] = NULL;
    call->err = err;
    call->done = true;
    list_remove(&call->place); // what it waits for, another may get now
    disp_enable(handle);
    if (call->async != NULL) {
        (void)deferred_event_cancel(&call->async->timer);
        (void)!waitset_chan_trigger_closure(stub->ws, &call->chan, call->async->done);
    } else if (waitset_chan_is_registered(&call->chan)) {
        (void)waitset_chan_trigger(&call->chan);
    }
}

void flounder_calls_end(struct flounder_stub *stub, errval_t err)
{
    if (err_no(err) != LIB_ERR_CHAN_CLOSED)
        err = err_push(err, LIB_ERR_CHAN_CLOSED);
    for (unsigned i = 0; i < FLOUNDER_CALLS_MAX; i++)
        if (stub->calls[i] != NULL)
            complete(stub, stub->calls[i], err);
}

/// Waits as one of those that do not receive: until the call is done, or nobody receives.
static errval_t wait_aside(struct flounder_stub *stub, struct flounder_call *call,
                           systime_t deadline)
{
    struct waitset ws = WAITSET_INITIALIZER;
    errval_t err = waitset_chan_register(&ws, &call->chan, NOP_CLOSURE);
    if (err_is_fail(err))
        return err;
    dispatcher_handle_t handle = disp_disable();
    bool wait = !call->done && stub->receiver != NULL;
    if (wait)
        list_add(&stub->waiting, &call->place);
    disp_enable(handle);
    if (wait)
        err = event_dispatch_until(&ws, deadline);
    handle = disp_disable();
    list_remove(&call->place);
    disp_enable(handle);
    (void)waitset_chan_deregister(&call->chan);
    return err;
}

static errval_t await(struct flounder_stub *stub, struct flounder_call *call, systime_t deadline)
{
    errval_t err = SYS_ERR_OK;
    unsigned lines = 0;
    bool nested;
    while (!call->done && err_is_ok(err)) {
        if (!flounder_acquire(stub, &nested)) {
            err = wait_aside(stub, call, deadline);
            continue;
        }
        for (flounder_receive(stub); !call->done && err_is_ok(err); flounder_receive(stub)) {
            err = flounder_wait(stub, deadline);
            if (err_is_ok(err) && ++lines % LINES_EACH_LOOK == 0 && deadline != 0 &&
                systime_now() >= deadline)
                err = LIB_ERR_TIMEOUT; // the other side says much, but not what is waited for
        }
        flounder_release(stub, nested); // what has ended the call may have freed the stub
    }
    if (call->done)
        return call->err;
    give_up(stub, call, true);
    if (flounder_acquire(stub, &nested)) // it may have been asked to receive
        flounder_release(stub, nested);
    return err_no(err) == LIB_ERR_TIMEOUT ? err_push(err, LIB_ERR_RECV_TIMEOUT) : err;
}

static void hold(struct flounder_stub *stub)
{
    stub->held++;
}

static void let_go(struct flounder_stub *stub)
{
    if (--stub->held == 0 && stub->freed && stub->receiver == NULL)
        flounder_destroy(stub);
}

/// Waits until something that waits to be sent has been, or another thread gets on.
static errval_t wait_for_room(struct flounder_stub *stub, systime_t deadline)
{
    errval_t err = SYS_ERR_OK;
    bool nested;
    if (stub->pending_count > 0 && flounder_acquire(stub, &nested)) {
        flounder_receive(stub);
        if (stub->pending_count > 0)
            err = flounder_wait(stub, deadline);
        flounder_release(stub, nested);
    } else {
        thread_yield();
        if (deadline != 0 && systime_now() >= deadline)
            err = LIB_ERR_TIMEOUT;
    }
    return err_no(err) == LIB_ERR_TIMEOUT ? err_push(err, LIB_ERR_SEND_TIMEOUT) : err;
}

errval_t flounder_begin_blocking(struct flounder_stub *stub, struct flounder_out *row)
{
    errval_t err = flounder_begin(stub, row), waited = SYS_ERR_OK;
    if (err_no(err) != FLOUNDER_ERR_TX_BUSY)
        return err;
    systime_t deadline = blocking_deadline(BLOCKING_LIMIT_US);
    hold(stub);
    while (err_no(err) == FLOUNDER_ERR_TX_BUSY && err_is_ok(waited)) {
        waited = wait_for_room(stub, deadline);
        if (err_is_ok(waited))
            err = flounder_begin(stub, row);
    }
    let_go(stub);
    return err_is_ok(waited) ? err : waited;
}

errval_t flounder_call(struct flounder_stub *stub, struct flounder_out *row, unsigned number,
                       void *places)
{
    struct flounder_call call;
    errval_t err = enter(stub, &call, number, places);
    if (err_is_fail(err)) {
        (void)flounder_abort(stub);
        return err;
    }
    systime_t deadline = blocking_deadline(BLOCKING_LIMIT_US);
    err = flounder_send(stub, row, FLOUNDER_CTRL(number, call.index + 1), NOP_CONT);
    if (err_is_ok(err))
        return await(stub, &call, deadline);
    give_up(stub, &call, false);
    return err;
}

errval_t flounder_call_line(struct flounder_stub *stub, const struct flounder_line *line,
                            unsigned number, void *places)
{
    struct flounder_call call;
    errval_t err = enter(stub, &call, number, places);
    if (err_is_fail(err))
        return err;
    systime_t deadline = blocking_deadline(BLOCKING_LIMIT_US);
    unsigned ctrl = FLOUNDER_CTRL(number, call.index + 1);
    hold(stub);
    err = flounder_send_line(stub, line, ctrl, NOP_CONT);
    while (err_no(err) == FLOUNDER_ERR_TX_BUSY) {
        err = wait_for_room(stub, deadline);
        if (err_is_ok(err))
            err = flounder_send_line(stub, line, ctrl, NOP_CONT);
    }
    if (err_is_fail(err) && !call.done)
        give_up(stub, &call, false);
    else if (err_is_ok(err))
        err = await(stub, &call, deadline);
    let_go(stub);
    return err;
}

static void expire(void *arg)
{
    struct flounder_async *async = arg;
    give_up(async->stub, &async->call, true);
    async->call.err = LIB_ERR_RECV_TIMEOUT;
    async->done.handler(async->done.arg);
}

/// All is ready for the answer before the call is sent: another thread may receive it.
static errval_t enter_async(struct flounder_stub *stub, struct flounder_async *async,
                            unsigned number, void *places, delayus_t limit_us,
                            struct event_closure done)
{
    errval_t err = enter(stub, &async->call, number, places);
    if (err_is_fail(err))
        return err;
    async->stub = stub;
    async->done = done;
    async->call.async = async;
    deferred_event_init(&async->timer);
    if (limit_us != 0)
        err = deferred_event_register(&async->timer, stub->ws, limit_us, MKCLOSURE(expire, async));
    if (err_is_fail(err))
        give_up(stub, &async->call, false);
    return err;
}

/// The caller's again, if it could not be sent.
static errval_t leave_async(struct flounder_async *async, errval_t err)
{
    if (err_is_fail(err)) {
        (void)deferred_event_cancel(&async->timer);
        give_up(async->stub, &async->call, false);
    }
    return err;
}

errval_t flounder_start(struct flounder_stub *stub, struct flounder_out *row, unsigned number,
                        struct flounder_async *async, void *places, delayus_t limit_us,
                        struct event_closure done)
{
    errval_t err = enter_async(stub, async, number, places, limit_us, done);
    if (err_is_fail(err)) {
        (void)flounder_abort(stub);
        return err;
    }
    unsigned ctrl = FLOUNDER_CTRL(number, async->call.index + 1);
    return leave_async(async, flounder_send(stub, row, ctrl, NOP_CONT));
}

errval_t flounder_start_line(struct flounder_stub *stub, const struct flounder_line *line,
                             unsigned number, struct flounder_async *async, void *places,
                             delayus_t limit_us, struct event_closure done)
{
    errval_t err = enter_async(stub, async, number, places, limit_us, done);
    if (err_is_fail(err))
        return err;
    unsigned ctrl = FLOUNDER_CTRL(number, async->call.index + 1);
    return leave_async(async, flounder_send_line(stub, line, ctrl, NOP_CONT));
}

/// The call that an answer is for; NULL: nobody waits for it.
static struct flounder_call *call_find(const struct flounder_stub *stub, unsigned index)
{
    return index == 0 || index > FLOUNDER_CALLS_MAX ? NULL : stub->calls[index - 1];
}

static errval_t forget_given_up(struct flounder_stub *stub, unsigned index)
{
    if (index == 0 || index > FLOUNDER_CALLS_MAX || !stub->given_up[index - 1])
        return FLOUNDER_ERR_CALLS; // F5
    stub->given_up[index - 1] = false;
    return SYS_ERR_OK;
}

void *flounder_places(struct flounder_in *row, unsigned number)
{
    struct flounder_call *call = call_find(row->stub, row->call);
    return call != NULL && call->number == number ? call->places : NULL;
}

errval_t flounder_call_done(struct flounder_in *row)
{
    complete(row->stub, call_find(row->stub, row->call), SYS_ERR_OK);
    return SYS_ERR_OK;
}

errval_t flounder_call_given_up(struct flounder_in *row)
{
    return forget_given_up(row->stub, row->call);
}

errval_t flounder_call_failed(struct flounder_stub *stub, unsigned index, errval_t err)
{
    struct flounder_call *call = call_find(stub, index);
    if (call == NULL)
        return forget_given_up(stub, index);
    complete(stub, call, err_is_fail(err) ? err : FLOUNDER_ERR_RX_INVALID);
    return SYS_ERR_OK;
}
