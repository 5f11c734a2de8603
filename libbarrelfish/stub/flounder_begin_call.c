// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// How generated code calls: waiting for the answer, or not. Over LMP the core goes with a call that
// waits. What happens until it ends is in flounder_call.c.
#include "stub.h"

#include "barrelfish/lmp_endpoints.h"
#include "dispatch/dispatcher.h"

/// It is one of the binding's calls now if it has been sent.
static __attribute__((noinline)) void not_done(struct flounder_stub *stub,
                                               struct flounder_call *call, errval_t err)
{
    stub->handed = NULL;
    if (err_is_fail(err))
        return;
    call->ws = NULL;
    list_add(&stub->calls, &call->outstanding);
    stub->calls_taken[1] |= flounder_call_bit(FLOUNDER_HANDED);
}

/// Tries to hand the core over with a call. FLOUNDER_ERR_TX_BUSY: another thread receives or sends, the
/// other side has no room, an earlier one was not answered in time, or lines come for other bindings
/// too.
static inline errval_t hand_over(struct flounder_stub *stub, const struct flounder_line *line,
                                 const struct flounder_cap *cap, struct flounder_call *call)
{
    struct capref spare = NULL_CAP;
    if (stub->brings_caps && capref_is_null(stub->lmp.ep->recv_slot))
        spare = stub->over_lmp->spare(stub);
    if (!stub->ready || stub->lmp.badge != 0 || stub->inlet->receiver != NULL ||
        (stub->calls_taken[1] & flounder_call_bit(FLOUNDER_HANDED)) != 0) { // F8: it is open
        stub->over_lmp->prepare(stub, spare); // another thread receives the answer
        return FLOUNDER_ERR_TX_BUSY;
    }
    struct flounder_inlet *inlet = stub->inlet;
    struct thread *self = thread_self();
    inlet->receiver = self;
    inlet->outer = self->receives;
    self->receives = inlet;
    stub->handed = call;
    call->index = FLOUNDER_HANDED;
    if (!capref_is_null(spare))
        stub->over_lmp->prepare(stub, spare);
    unsigned ctrl = FLOUNDER_CTRL(call->number - 1, FLOUNDER_HANDED + 1);
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
    size_t longest = stub->interface->longest;
    if (cap == NULL)
        return flounder_send_line(stub, line, ctrl, NOP_CONT);
    errval_t err = flounder_begin(stub, &row);
    if (err_is_fail(err))
        return err;
    flounder_put(&row, line->bytes, longest < sizeof(line->bytes) ? longest : sizeof(line->bytes));
    row.caps[row.caps_count++] = *cap;
    return flounder_send(stub, &row, ctrl, NOP_CONT);
}

/// Calls as over any channel, and keeps trying while there is no room.
static errval_t send_call(struct flounder_stub *stub, const struct flounder_line *line,
                          const struct flounder_cap *cap, struct flounder_call *call,
                          systime_t deadline)
{
    errval_t err = flounder_call_enter(stub, call, call->number - 1, call->places);
    if (err_is_fail(err))
        return err;
    unsigned ctrl = FLOUNDER_CTRL(call->number - 1, call->index + 1);
    err = send_aside(stub, line, ctrl, cap);
    while (err_no(err) == FLOUNDER_ERR_TX_BUSY) {
        err =
            stub->unlimited ? stub->over_lmp->yield(stub) : flounder_wait_for_room(stub, deadline);
        if (err_is_ok(err))
            err = send_aside(stub, line, ctrl, cap);
    }
    if (err_is_fail(err) && !call->done)
        flounder_call_give_up(stub, call, false);
    return err;
}

/// What to do if the core has not come back with the answer.
static __attribute__((noinline)) errval_t go_on(struct flounder_stub *stub,
                                                const struct flounder_line *line,
                                                const struct flounder_cap *cap,
                                                struct flounder_call *call, errval_t err)
{
    systime_t deadline = flounder_call_deadline(stub);
    bool ended = stub->state != FLOUNDER_OPEN && !call->done && err_is_fail(err);
    if (ended)
        err = err_push(stub->err, LIB_ERR_CHAN_CLOSED);
    else if (err_no(err) == FLOUNDER_ERR_TX_BUSY)
        err = send_call(stub, line, cap, call, deadline);
    if (err_is_fail(err) && cap != NULL)
        flounder_caps_free(cap, 1);
    return call->done       ? call->err
           : err_is_ok(err) ? flounder_call_await(stub, call, deadline)
                            : err;
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
    errval_t err = flounder_call_enter(stub, &call, number, places);
    if (err_is_fail(err)) {
        (void)flounder_abort(stub);
        flounder_caps_free(row->caps, row->caps_count);
        return err;
    }
    systime_t deadline = flounder_call_deadline(stub);
    err = flounder_send(stub, row, FLOUNDER_CTRL(number, call.index + 1), NOP_CONT);
    if (err_is_ok(err))
        return flounder_call_await(stub, &call, deadline);
    flounder_call_give_up(stub, &call, false);
    flounder_caps_free(row->caps, row->caps_count);
    return err;
}

errval_t flounder_call_line(struct flounder_stub *stub, const struct flounder_line *line,
                            unsigned number, void *places)
{
    struct flounder_call call;
    if (stub->over_lmp)
        return call_over_lmp(stub, line, number, places, NULL);
    errval_t err = flounder_call_enter(stub, &call, number, places);
    if (err_is_fail(err))
        return err;
    systime_t deadline = flounder_call_deadline(stub);
    unsigned ctrl = FLOUNDER_CTRL(number, call.index + 1);
    flounder_hold(stub);
    err = flounder_send_line(stub, line, ctrl, NOP_CONT);
    while (err_no(err) == FLOUNDER_ERR_TX_BUSY) {
        err = flounder_wait_for_room(stub, deadline);
        if (err_is_ok(err))
            err = flounder_send_line(stub, line, ctrl, NOP_CONT);
    }
    if (err_is_fail(err) && !call.done)
        flounder_call_give_up(stub, &call, false);
    else if (err_is_ok(err))
        err = flounder_call_await(stub, &call, deadline);
    flounder_let_go(stub);
    return err;
}

static void expire(void *arg)
{
    struct flounder_async *async = arg;
    flounder_call_give_up(async->stub, &async->call, true);
    async->call.err = LIB_ERR_RECV_TIMEOUT;
    flounder_call_timed_out(async->stub->interface, async->call.number - 1, async->stub->peer);
    async->done.handler(async->done.arg);
}

/// All is ready for the answer before the call is sent: another thread may receive it.
static errval_t enter_async(struct flounder_stub *stub, struct flounder_async *async,
                            unsigned number, void *places, delayus_t limit_us,
                            struct event_closure done)
{
    errval_t err = flounder_call_enter(stub, &async->call, number, places);
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
        flounder_call_give_up(stub, &async->call, false);
    return err;
}

/// The caller's again, if it could not be sent.
static errval_t leave_async(struct flounder_async *async, errval_t err)
{
    if (err_is_fail(err)) {
        (void)deferred_event_cancel(&async->timer);
        flounder_call_give_up(async->stub, &async->call, false);
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
