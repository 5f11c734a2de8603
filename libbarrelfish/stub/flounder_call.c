// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Calls that wait for their answers (F5), and what ends them. One of the threads that wait receives for
// all. How they begin is in flounder_begin_call.c.
// Circle: whoever waits receives (flounder_receive.c), and what is received may be its answer.
#include "stub.h"

#include "barrelfish/blocking.h"
#include "barrelfish/dispatch.h"
#include "barrelfish/systime.h"
#include "barrelfish/threads.h"
#include "dispatch/dispatcher.h"

#include <assert.h>

#define LINES_EACH_LOOK 16 // at the clock
#define ROOM_LOOK_US 1000u

/// Of the second word of bit maps: the calls that are sent as messages.
static uint64_t last_bits(const struct flounder_stub *stub)
{
    return flounder_call_bit(stub->over_lmp ? FLOUNDER_HANDED : FLOUNDER_HANDED + 1) - 1;
}

errval_t flounder_call_enter(struct flounder_stub *stub, struct flounder_call *call,
                             unsigned number, void *places)
{
    call->place.next = call->outstanding.next = NULL;
    call->places = places;
    call->number = number + 1;
    call->done = false;
    call->async = NULL;
    call->ws = NULL;
    call->chan.state = CHAN_UNREGISTERED; // all of it is made when somebody waits for it
    dispatcher_handle_t handle = disp_disable();
    unsigned word = stub->calls_taken[0] == UINT64_MAX;
    uint64_t free_bits = ~stub->calls_taken[word] & (word == 0 ? UINT64_MAX : last_bits(stub));
    bool any = free_bits != 0;
    if (any) {
        call->index = 64 * word + (unsigned)__builtin_ctzll(free_bits);
        stub->calls_taken[word] |= free_bits & -free_bits;
        list_add(&stub->calls, &call->outstanding);
    }
    disp_enable(handle);
    return any ? SYS_ERR_OK : FLOUNDER_ERR_CALLS;
}

/// An answer may come after its time: its number is not used again until then.
void flounder_call_give_up(struct flounder_stub *stub, struct flounder_call *call, bool was_sent)
{
    assert(list_is_in(&call->outstanding)); // F5
    dispatcher_handle_t handle = disp_disable();
    list_remove(&call->outstanding);
    if (was_sent && stub->state == FLOUNDER_OPEN)
        stub->calls_given_up[call->index / 64] |= flounder_call_bit(call->index);
    else
        stub->calls_taken[call->index / 64] &= ~flounder_call_bit(call->index);
    disp_enable(handle);
}

static void complete(struct flounder_stub *stub, struct flounder_call *call, errval_t err)
{
    if (call == stub->handed) { // its thread is here
        stub->handed = NULL;
        call->err = err;
        call->done = true;
        return;
    }
    dispatcher_handle_t handle = disp_disable();
    stub->calls_taken[call->index / 64] &= ~flounder_call_bit(call->index);
    list_remove(&call->outstanding);
    struct flounder_async *async = call->async;
    struct waitset *ws = call->ws;
    call->err = err;
    call->done = true;
    list_remove(&call->place); // what it waits for, another may get now
    if (async == NULL && waitset_chan_is_registered(&call->chan))
        (void)waitset_chan_trigger_disabled(&call->chan);
    disp_enable(handle); // from now on a thread that waited may have gone on, and its call with it
    if (async != NULL) {
        (void)deferred_event_cancel(&async->timer);
        (void)!waitset_chan_trigger_closure(stub->ws, &call->chan, async->done);
    } else if (ws != NULL) {
        waitset_wake(ws);
    }
}

void flounder_calls_end(struct flounder_stub *stub, errval_t err)
{
    if (err_no(err) != LIB_ERR_CHAN_CLOSED)
        err = err_push(err, LIB_ERR_CHAN_CLOSED);
    if (stub->handed != NULL)
        complete(stub, stub->handed, err);
    while (!list_is_empty(&stub->calls))
        complete(stub, LIST_OWNER(stub->calls.next, struct flounder_call, outstanding), err);
}

/// Waits as one of those that do not receive: until the call is done, or nobody receives.
static errval_t wait_aside(struct flounder_stub *stub, struct flounder_call *call,
                           systime_t deadline)
{
    struct waitset ws = WAITSET_INITIALIZER;
    waitset_chanstate_init(&call->chan, CHANTYPE_OTHER);
    errval_t err = waitset_chan_register(&ws, &call->chan, NOP_CLOSURE);
    if (err_is_fail(err))
        return err;
    dispatcher_handle_t handle = disp_disable();
    bool wait = !call->done && stub->inlet->receiver != NULL;
    if (wait)
        list_add(&stub->inlet->waiting, &call->place);
    disp_enable(handle);
    if (wait)
        err = event_dispatch_until(&ws, deadline);
    handle = disp_disable();
    list_remove(&call->place);
    disp_enable(handle);
    (void)waitset_chan_deregister(&call->chan);
    return err;
}

/// Looks at the clock now and then: the other side may say much, but not what is waited for.
static bool is_late(unsigned *looks, systime_t deadline)
{
    return ++*looks % LINES_EACH_LOOK == 0 && deadline != 0 && systime_now() >= deadline;
}

/// Receives until the call is done, or somebody else is to receive.
static errval_t receive_until_done(struct flounder_stub *stub, struct flounder_call *call,
                                   systime_t deadline)
{
    errval_t err = SYS_ERR_OK;
    unsigned lines = 0;
    flounder_receive(stub);
    while (!call->done && err_is_ok(err) && flounder_receives(stub)) {
        err = flounder_wait(stub, deadline);
        if (err_is_ok(err) && is_late(&lines, deadline))
            err = LIB_ERR_TIMEOUT;
        flounder_receive(stub);
    }
    return err;
}

/// Waits once: dispatches an event, or receives, or waits for who does.
static errval_t await_once(struct flounder_stub *stub, struct flounder_call *call,
                           systime_t deadline)
{
    bool nested;
    if (call->ws != NULL)
        return flounder_dispatch(stub, call->ws, &call->done, deadline);
    if (!flounder_acquire(stub, &nested))
        return wait_aside(stub, call, deadline);
    errval_t err = receive_until_done(stub, call, deadline);
    flounder_release(stub, nested); // what has ended the call may have freed the stub
    return err;
}

void (*flounder_on_timeout)(const struct flounder_interface *interface, unsigned number,
                            domainid_t peer);

void flounder_call_timed_out(const struct flounder_interface *interface, unsigned number,
                             domainid_t peer)
{
    if (flounder_on_timeout != NULL)
        flounder_on_timeout(interface, number, peer);
}

errval_t flounder_call_await(struct flounder_stub *stub, struct flounder_call *call,
                             systime_t deadline)
{
    const struct flounder_interface *interface = stub->interface;
    domainid_t peer = stub->peer;
    errval_t err = SYS_ERR_OK;
    unsigned events = 0;
    bool nested;
    call->ws = stub->dispatches ? stub->ws : NULL;
    while (!call->done && err_is_ok(err)) {
        err = await_once(stub, call, deadline);
        if (err_is_ok(err) && !call->done && is_late(&events, deadline))
            err = LIB_ERR_TIMEOUT;
    }
    if (call->done)
        return call->err;
    flounder_call_give_up(stub, call, true);
    if (flounder_acquire(stub, &nested)) // it may have been asked to receive
        flounder_release(stub, nested);
    if (err_no(err) != LIB_ERR_TIMEOUT)
        return err;
    flounder_call_timed_out(interface, call->number - 1, peer);
    return err_push(err, LIB_ERR_RECV_TIMEOUT);
}

/// Until when a call that begins now waits (0: for ever).
systime_t flounder_call_deadline(const struct flounder_stub *stub)
{
    return stub->unlimited ? 0 : blocking_deadline(BLOCKING_LIMIT_US);
}

/// Looks again now and then: others may take the event that has made room.
static errval_t dispatch_for_room(struct flounder_stub *stub, systime_t deadline)
{
    errval_t err = flounder_dispatch(stub, stub->ws, &stub->ready, blocking_until(ROOM_LOOK_US));
    bool late = deadline != 0 && systime_now() >= deadline;
    return late ? LIB_ERR_TIMEOUT : err_no(err) == LIB_ERR_TIMEOUT ? SYS_ERR_OK : err;
}

/// Waits until something that waits to be sent has been, or another thread gets on.
errval_t flounder_wait_for_room(struct flounder_stub *stub, systime_t deadline)
{
    errval_t err = SYS_ERR_OK;
    bool nested;
    if (stub->dispatches) {
        err = dispatch_for_room(stub, deadline);
    } else if (stub->pending_count > 0 && flounder_acquire(stub, &nested)) {
        flounder_receive(stub);
        if (stub->pending_count > 0 && flounder_receives(stub))
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
    systime_t deadline = flounder_call_deadline(stub);
    flounder_hold(stub);
    while (err_no(err) == FLOUNDER_ERR_TX_BUSY && err_is_ok(waited)) {
        waited = flounder_wait_for_room(stub, deadline);
        if (err_is_ok(waited))
            err = flounder_begin(stub, row);
    }
    flounder_let_go(stub);
    return err_is_ok(waited) ? err : waited;
}

/// The call that an answer is for; NULL: nobody waits for it.
static struct flounder_call *call_find(const struct flounder_stub *stub, unsigned index)
{
    if (index == FLOUNDER_HANDED + 1 && stub->handed != NULL)
        return stub->handed;
    for (struct list *place = stub->calls.next; place != &stub->calls; place = place->next) {
        struct flounder_call *call = LIST_OWNER(place, struct flounder_call, outstanding);
        if (call->index + 1 == index)
            return call;
    }
    return NULL;
}

static errval_t forget_given_up(struct flounder_stub *stub, unsigned index)
{
    if (index == 0 || index > FLOUNDER_CALLS_MAX)
        return FLOUNDER_ERR_CALLS; // F5
    uint64_t bit = flounder_call_bit(index - 1),
             *given_up = &stub->calls_given_up[(index - 1) / 64];
    if ((*given_up & bit) == 0)
        return FLOUNDER_ERR_CALLS; // F5
    *given_up &= ~bit;
    stub->calls_taken[(index - 1) / 64] &= ~bit;
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
