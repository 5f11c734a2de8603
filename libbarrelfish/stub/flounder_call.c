// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Calls that wait for their answers (F5). One of the threads that wait receives for all.
// Circle: whoever waits receives (flounder_receive.c), and what is received may be its answer.
#include "stub.h"

#include "barrelfish/blocking.h"
#include "barrelfish/dispatch.h"
#include "barrelfish/lmp_endpoints.h"
#include "barrelfish/slot_alloc.h"
#include "barrelfish/systime.h"
#include "barrelfish/threads.h"
#include "dispatch/dispatcher.h"

#include <assert.h>

#define LINES_EACH_LOOK 16 // at the clock
#define ROOM_LOOK_US 1000u
#define HANDED (FLOUNDER_CALLS_MAX - 1) // index of a call with which the core is handed over

static uint64_t bit_of(unsigned index)
{
    return UINT64_C(1) << index % 64;
}

/// Of the second word of bit maps: the calls that are sent as messages.
static uint64_t last_bits(const struct flounder_stub *stub)
{
    return bit_of(stub->over_lmp ? HANDED : HANDED + 1) - 1;
}

/// Takes a number for a call. FLOUNDER_ERR_CALLS: too many are outstanding, those whose answer
/// nobody waits for any more included.
static errval_t enter(struct flounder_stub *stub, struct flounder_call *call, unsigned number,
                      void *places)
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
static void give_up(struct flounder_stub *stub, struct flounder_call *call, bool was_sent)
{
    assert(list_is_in(&call->outstanding)); // F5
    dispatcher_handle_t handle = disp_disable();
    list_remove(&call->outstanding);
    if (was_sent && stub->state == FLOUNDER_OPEN)
        stub->calls_given_up[call->index / 64] |= bit_of(call->index);
    else
        stub->calls_taken[call->index / 64] &= ~bit_of(call->index);
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
    stub->calls_taken[call->index / 64] &= ~bit_of(call->index);
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

static void timed_out(const struct flounder_interface *interface, unsigned number, domainid_t peer)
{
    if (flounder_on_timeout != NULL)
        flounder_on_timeout(interface, number, peer);
}

static errval_t await(struct flounder_stub *stub, struct flounder_call *call, systime_t deadline)
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
    give_up(stub, call, true);
    if (flounder_acquire(stub, &nested)) // it may have been asked to receive
        flounder_release(stub, nested);
    if (err_no(err) != LIB_ERR_TIMEOUT)
        return err;
    timed_out(interface, call->number - 1, peer);
    return err_push(err, LIB_ERR_RECV_TIMEOUT);
}

/// Until when a call that begins now waits (0: for ever).
static systime_t deadline_of(const struct flounder_stub *stub)
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
static errval_t wait_for_room(struct flounder_stub *stub, systime_t deadline)
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
    systime_t deadline = deadline_of(stub);
    flounder_hold(stub);
    while (err_no(err) == FLOUNDER_ERR_TX_BUSY && err_is_ok(waited)) {
        waited = wait_for_room(stub, deadline);
        if (err_is_ok(waited))
            err = flounder_begin(stub, row);
    }
    flounder_let_go(stub);
    return err_is_ok(waited) ? err : waited;
}

/// It is one of the binding's calls now if it has been sent.
static __attribute__((noinline)) void not_done(struct flounder_stub *stub,
                                               struct flounder_call *call, errval_t err)
{
    stub->handed = NULL;
    if (err_is_fail(err))
        return;
    call->ws = NULL;
    list_add(&stub->calls, &call->outstanding);
    stub->calls_taken[1] |= bit_of(HANDED);
}

/// Tries to hand the core over with a call. FLOUNDER_ERR_TX_BUSY: another thread receives or sends, the other side has
/// no room, an earlier one was not answered in time, or lines come for other bindings too.
static inline errval_t hand_over(struct flounder_stub *stub, const struct flounder_line *line,
                                 const struct flounder_cap *cap, struct flounder_call *call)
{
    struct capref spare = NULL_CAP;
    if (stub->brings_caps && capref_is_null(stub->lmp.ep->recv_slot))
        spare = stub->over_lmp->spare(stub);
    if (!stub->ready || stub->lmp.badge != 0 || stub->inlet->receiver != NULL ||
        (stub->calls_taken[1] & bit_of(HANDED)) != 0) { // F8: it is open
        if (!capref_is_null(spare))
            (void)slot_free(spare);
        return FLOUNDER_ERR_TX_BUSY;
    }
    struct flounder_inlet *inlet = stub->inlet;
    struct thread *self = thread_self();
    inlet->receiver = self;
    inlet->outer = self->receives;
    self->receives = inlet;
    stub->handed = call;
    call->index = HANDED;
    if (!capref_is_null(spare))
        stub->over_lmp->prepare(stub, spare);
    unsigned ctrl = FLOUNDER_CTRL(call->number - 1, HANDED + 1);
    errval_t err = cap == NULL ? stub->over_lmp->call_line(stub, line, ctrl)
                               : stub->over_lmp->call(stub, line, ctrl, cap);
    if (stub->handed != NULL)
        not_done(stub, call, err);
    bool listens = stub->ws == NULL || waitset_chan_is_registered(&stub->lmp.ep->waitset_state);
    if (inlet->receiver != self)
        return err; // a handler has let others receive
    if (listens && list_is_empty(&inlet->waiting)) {
        self->receives = inlet->outer;
        inlet->receiver = NULL;
    } else {
        flounder_inlet_leave(inlet);
    }
    return err;
}

/// Sends it like any other message.
static errval_t send_aside(struct flounder_stub *stub, const struct flounder_line *line,
                           unsigned ctrl, const struct flounder_cap *cap)
{
    struct flounder_out row;
    if (cap == NULL)
        return flounder_send_line(stub, line, ctrl, NOP_CONT);
    errval_t err = flounder_begin(stub, &row);
    if (err_is_fail(err))
        return err;
    flounder_put(&row, line->bytes, sizeof(line->bytes));
    row.caps[row.caps_count++] = *cap;
    return flounder_send(stub, &row, ctrl, NOP_CONT);
}

/// Calls as over any channel, and keeps trying while there is no room.
static errval_t send_call(struct flounder_stub *stub, const struct flounder_line *line,
                          const struct flounder_cap *cap, struct flounder_call *call,
                          systime_t deadline)
{
    errval_t err = enter(stub, call, call->number - 1, call->places);
    if (err_is_fail(err))
        return err;
    unsigned ctrl = FLOUNDER_CTRL(call->number - 1, call->index + 1);
    err = send_aside(stub, line, ctrl, cap);
    while (err_no(err) == FLOUNDER_ERR_TX_BUSY) {
        err = stub->unlimited ? stub->over_lmp->yield(stub) : wait_for_room(stub, deadline);
        if (err_is_ok(err))
            err = send_aside(stub, line, ctrl, cap);
    }
    if (err_is_fail(err) && !call->done)
        give_up(stub, call, false);
    return err;
}

/// What to do if the core has not come back with the answer.
static __attribute__((noinline)) errval_t go_on(struct flounder_stub *stub,
                                                const struct flounder_line *line,
                                                const struct flounder_cap *cap,
                                                struct flounder_call *call, errval_t err)
{
    systime_t deadline = deadline_of(stub);
    bool ended = stub->state != FLOUNDER_OPEN && !call->done && err_is_fail(err);
    if (ended)
        err = err_push(stub->err, LIB_ERR_CHAN_CLOSED);
    else if (err_no(err) == FLOUNDER_ERR_TX_BUSY)
        err = send_call(stub, line, cap, call, deadline);
    if (err_is_fail(err) && cap != NULL)
        flounder_caps_free(cap, 1);
    return call->done ? call->err : err_is_ok(err) ? await(stub, call, deadline) : err;
}

/// Over LMP the core goes with the call, and mostly comes back with the answer: that takes a fixed and
/// small number of instructions (bench rpc).
static inline errval_t call_over_lmp(struct flounder_stub *stub, const struct flounder_line *line,
                                     unsigned number, void *places, const struct flounder_cap *cap)
{
    struct flounder_call call;
    call.places = places;
    call.number = number + 1;
    call.done = false;
    call.async = NULL;
    call.place.next = call.outstanding.next = NULL;
    call.chan.state = CHAN_UNREGISTERED;
    stub->held++;
    errval_t err = hand_over(stub, line, cap, &call);
    if (cap != NULL && call.done && err_is_fail(err))
        flounder_caps_free(cap, 1);
    err = call.done ? call.err : go_on(stub, line, cap, &call, err);
    flounder_let_go(stub);
    return err;
}

/// The same for a message that has been made as a row, and is short.
static errval_t call_by_row(struct flounder_stub *stub, const struct flounder_out *row,
                            unsigned number, void *places)
{
    struct flounder_line line = {0};
    struct flounder_cap cap = row->caps[0];
    memcpy(line.bytes, row->bytes, row->at);
    (void)flounder_abort(stub);
    return call_over_lmp(stub, &line, number, places, row->caps_count > 0 ? &cap : NULL);
}

errval_t flounder_call(struct flounder_stub *stub, struct flounder_out *row, unsigned number,
                       void *places)
{
    struct flounder_call call;
    if (stub->over_lmp && row->at <= FLOUNDER_LINE_BYTES && row->caps_count <= 1)
        return call_by_row(stub, row, number, places);
    errval_t err = enter(stub, &call, number, places);
    if (err_is_fail(err)) {
        (void)flounder_abort(stub);
        flounder_caps_free(row->caps, row->caps_count);
        return err;
    }
    systime_t deadline = deadline_of(stub);
    err = flounder_send(stub, row, FLOUNDER_CTRL(number, call.index + 1), NOP_CONT);
    if (err_is_ok(err))
        return await(stub, &call, deadline);
    give_up(stub, &call, false);
    flounder_caps_free(row->caps, row->caps_count);
    return err;
}

errval_t flounder_call_line(struct flounder_stub *stub, const struct flounder_line *line,
                            unsigned number, void *places)
{
    struct flounder_call call;
    if (stub->over_lmp)
        return call_over_lmp(stub, line, number, places, NULL);
    errval_t err = enter(stub, &call, number, places);
    if (err_is_fail(err))
        return err;
    systime_t deadline = deadline_of(stub);
    unsigned ctrl = FLOUNDER_CTRL(number, call.index + 1);
    flounder_hold(stub);
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
    flounder_let_go(stub);
    return err;
}

static void expire(void *arg)
{
    struct flounder_async *async = arg;
    give_up(async->stub, &async->call, true);
    async->call.err = LIB_ERR_RECV_TIMEOUT;
    timed_out(async->stub->interface, async->call.number - 1, async->stub->peer);
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
    waitset_chanstate_init(&async->call.chan, CHANTYPE_OTHER);
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
    if (index == HANDED + 1 && stub->handed != NULL)
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
    uint64_t bit = bit_of(index - 1), *given_up = &stub->calls_given_up[(index - 1) / 64];
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
