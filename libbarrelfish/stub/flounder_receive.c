// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Receiving, and the end of a binding (F6, F7). While nobody receives, an event of the channel is
// registered on the binding's waitset. A server receives nothing while something waits to be sent,
// so that it has room for an answer; a client always receives, so that the server gets room.
// Circle: a line may be an answer (flounder_call.c) or one of the stubs' own (flounder_hello.c), which
// may end the binding here.
#include "stub.h"

#include "barrelfish/capabilities.h"
#include "barrelfish/debug.h"
#include "barrelfish/threads.h"
#include "dispatch/dispatcher.h"

#include <assert.h>
#include <stdlib.h>

#define LINES_EACH_EVENT 64 // so that a flood leaves room for the waitset's other channels

static void on_line(void *arg)
{
    struct flounder_stub *stub = arg;
    bool nested;
    if (!flounder_acquire(stub, &nested))
        return;
    flounder_receive(stub);
    flounder_release(stub, nested);
}

/// A server that waits for room does not, so that it has some for an answer, nor one whose user has
/// none.
static bool takes_lines(const struct flounder_stub *stub)
{
    return !stub->server || (stub->pending_count == 0 && !stub->paused);
}

void flounder_listen(struct flounder_stub *stub)
{
    if (stub->over_lmp)
        stub->over_lmp->listen(stub, MKCLOSURE(on_line, stub));
    else if (stub->inlet->receiver == NULL && stub->state != FLOUNDER_CLOSED && takes_lines(stub) &&
             !stub->paused && !waitset_chan_is_registered(&stub->chan.recv_chan))
        (void)!ump_chan_register_recv(&stub->chan, stub->ws, MKCLOSURE(on_line, stub));
}

bool flounder_inlet_enter(struct flounder_inlet *inlet, bool *nested)
{
    struct thread *nobody = NULL, *self = thread_self();
    *nested = inlet->receiver == self;
    if (*nested)
        return true;
    if (!__atomic_compare_exchange_n(&inlet->receiver, &nobody, self, false, __ATOMIC_ACQUIRE,
                                     __ATOMIC_RELAXED))
        return false;
    inlet->outer = self->receives;
    self->receives = inlet;
    return true;
}

/// Has the next thread receive, unless it has just stopped waiting.
static __attribute__((noinline)) void wake_next(struct flounder_inlet *inlet)
{
    dispatcher_handle_t handle = disp_disable();
    bool any = !list_is_empty(&inlet->waiting);
    if (any)
        (void)waitset_chan_trigger_disabled(
            &LIST_OWNER(inlet->waiting.next, struct flounder_call, place)->chan);
    disp_enable(handle);
    if (!any)
        inlet->listen(inlet);
}

void flounder_inlet_leave(struct flounder_inlet *inlet)
{
    struct thread *self = thread_self();
    assert(inlet->receiver == self && self->receives == inlet); // F6
    self->receives = inlet->outer;
    inlet->receiver = NULL;
    if (list_is_empty(&inlet->waiting))
        inlet->listen(inlet);
    else
        wake_next(inlet);
}

void flounder_let_receive(void)
{
    struct flounder_inlet *inlet;
    while ((inlet = thread_self()->receives) != NULL)
        flounder_inlet_leave(inlet);
}

bool flounder_acquire(struct flounder_stub *stub, bool *nested)
{
    if (!flounder_inlet_enter(stub->inlet, nested))
        return false;
    stub->held++;
    if (!*nested && !stub->over_lmp)
        (void)ump_chan_deregister_recv(&stub->chan);
    return true;
}

bool flounder_receives(const struct flounder_stub *stub)
{
    return stub->inlet->receiver == thread_self();
}

void flounder_let_go(struct flounder_stub *stub)
{
    if (--stub->held == 0 && stub->freed)
        flounder_destroy(stub);
}

void flounder_hold(struct flounder_stub *stub)
{
    stub->held++;
}

void flounder_release(struct flounder_stub *stub, bool nested)
{
    if (!nested && flounder_receives(stub)) // else a handler has let others receive
        flounder_inlet_leave(stub->inlet);
    flounder_let_go(stub);
}

void *flounder_memory(struct flounder_in *row, size_t bytes)
{
    unsigned place = row->memory[0] != NULL; // arguments, then an answer
    row->memory[place] = calloc(1, bytes);
    return row->memory[place];
}

errval_t flounder_finish(struct flounder_in *row, errval_t err)
{
    if (row->lent)
        flounder_caps_return(row);
    for (unsigned i = 0; i < row->caps_count && !row->delivered; i++)
        if ((row->caps_kept >> i & 1) == 0)
            (void)cap_destroy(row->caps[i]);
    free(row->memory[0]);
    free(row->memory[1]);
    return err;
}

/// A line that is not a message by itself.
static errval_t handle(struct flounder_stub *stub, unsigned ctrl,
                       const uint64_t words[FLOUNDER_LINE_WORDS])
{
    struct flounder_in row;
    unsigned number = ctrl & 0xff;
    bool begun = stub->assembly.total != 0; // F4
    if (!begun && number > FLOUNDER_NUMBERS_MAX && number != FLOUNDER_SIGNATURE)
        return flounder_control_line(stub, ctrl, words);
    if (stub->state == FLOUNDER_BINDING && number != FLOUNDER_SIGNATURE && number != 0)
        return FLOUNDER_ERR_INVALID_STATE;
    errval_t err = flounder_assemble(&stub->assembly, stub->interface, ctrl, words, &number, &row);
    if (err_is_fail(err) || number == 0)
        return err;
    row.stub = stub;
    return number == FLOUNDER_SIGNATURE ? flounder_signature(stub, &row)
                                        : stub->interface->receive(stub, number, &row);
}

/// What has come before the channel was closed is received first.
static errval_t look_again(struct flounder_stub *stub)
{
    bool closed = urpc_peer_closed(&stub->chan.state.ring) || *(volatile bool *)&stub->chan.gone;
    if (ump_chan_can_recv(&stub->chan))
        return SYS_ERR_OK;
    if (urpc_peer_broken(&stub->chan.state.ring))
        return LIB_ERR_UMP_PEER;
    return closed ? LIB_ERR_CHAN_CLOSED : LIB_ERR_NO_UMP_MSG;
}

/// An error has come in place of one of the message's capabilities (F10).
static errval_t fail_message(struct flounder_stub *stub, unsigned number, unsigned call,
                             errval_t err)
{
    flounder_caps_forget(stub);
    switch (stub->interface->messages[number - 1].kind) {
    case FLOUNDER_CALL:
        return call != 0 ? flounder_answer_error(stub, call, err) : err;
    case FLOUNDER_RESPONSE:
        return call != 0 ? flounder_call_failed(stub, call, err) : err;
    default:
        return err;
    }
}

/// Whether a message waits for capabilities that come by way of the monitors.
static bool awaits_caps(const struct flounder_assembly *assembly)
{
    return assembly->total != 0 && assembly->at == assembly->total;
}

/// Handles the message that waits. LIB_ERR_NO_UMP_MSG: it has to wait on.
static errval_t take_caps(struct flounder_stub *stub)
{
    struct flounder_assembly *assembly = &stub->assembly;
    struct flounder_in row;
    unsigned number, due = assembly->caps_due;
    bool gone = *(volatile bool *)&stub->chan.gone;
    if (stub->chan.caps == NULL)
        return FLOUNDER_ERR_RX_INVALID; // none can come
    if (!ump_chan_await_caps(&stub->chan, due))
        return gone ? LIB_ERR_CHAN_CLOSED : LIB_ERR_NO_UMP_MSG;
    errval_t err = ump_chan_take_caps(&stub->chan, due, assembly->caps);
    assembly->caps_count = due;
    flounder_assembled(assembly, &number, &row);
    row.stub = stub;
    return err_is_fail(err) ? fail_message(stub, number, row.call, err)
                            : stub->interface->receive(stub, number, &row);
}

/// Handles a line that has come.
__attribute__((always_inline)) static inline errval_t
take_line(struct flounder_stub *stub, unsigned ctrl, const uint64_t words[FLOUNDER_LINE_WORDS])
{
    unsigned index = (ctrl & 0xff) - 1;
    bool whole = (ctrl & FLOUNDER_WHOLE) != 0 && stub->assembly.total == 0 &&
                 stub->state == FLOUNDER_OPEN && index < stub->interface->count;
    return whole ? stub->interface->take[index](stub, ctrl, words) : handle(stub, ctrl, words);
}

/// By this name the coherence plug-in knows who takes messages.
static __attribute__((noinline)) void receive_rings(struct flounder_stub *stub)
{
    struct urpc_chan *ring = &stub->chan.state.ring;
    enum flounder_state state = stub->state;
    struct thread *self = thread_self();
    if (state == FLOUNDER_CLOSED)
        return;
    for (int i = 0; i < LINES_EACH_EVENT; i++) {
        if (state != stub->state || stub->inlet->receiver != self)
            return; // who binds sets its handlers first; a handler has let others receive
        uint64_t words[FLOUNDER_LINE_WORDS];
        uint16_t ctrl;
        errval_t err;
        if (!takes_lines(stub))
            return;
        if (awaits_caps(&stub->assembly)) { // F10
            err = take_caps(stub);
        } else if (!urpc_recv(ring, words, &ctrl)) {
            err = look_again(stub);
        } else {
            if (urpc_peer_waits(ring))
                ump_chan_wake(&stub->chan);
            err = take_line(stub, ctrl, words);
        }
        if (err_is_ok(err))
            continue;
        if (err_no(err) == LIB_ERR_NO_UMP_MSG)
            return;
        flounder_end(stub, err);
    }
}

void flounder_receive(struct flounder_stub *stub)
{
    if (stub->over_lmp)
        stub->over_lmp->receive(stub);
    else
        receive_rings(stub);
}

errval_t flounder_take_lmp_line(struct flounder_stub *stub, const uint64_t *words,
                                struct capref cap)
{
    bool any_caps = !capref_is_null(cap) || stub->assembly.total != 0 ||
                    (words[0] & FLOUNDER_LMP_CAPS_MASK) != 0;
    errval_t err = any_caps ? flounder_caps_take(stub, words[0], cap) : SYS_ERR_OK;
    if (err_is_fail(err))
        return err;
    return take_line(stub, words[0] & UINT16_MAX, words + 1);
}

errval_t flounder_poll(struct flounder_stub *stub)
{
    bool nested;
    errval_t err = SYS_ERR_OK;
    if (flounder_acquire(stub, &nested)) {
        flounder_receive(stub);
        if (stub->state == FLOUNDER_CLOSED)
            err = LIB_ERR_CHAN_CLOSED;
        flounder_release(stub, nested);
    }
    return err;
}

/// Waits for a line, or for room as well if something waits for that.
static errval_t wait_once(struct flounder_stub *stub, systime_t deadline)
{
    if (stub->over_lmp)
        return stub->over_lmp->wait(stub, deadline);
    (void)ump_chan_deregister_recv(&stub->chan);
    if (stub->pending_count == 0)
        return waitset_chan_wait_polled(&stub->chan.recv_chan, deadline);
    struct waitset ws = WAITSET_INITIALIZER;
    (void)ump_chan_deregister_send(&stub->chan);
    errval_t err =
        takes_lines(stub) ? ump_chan_register_recv(&stub->chan, &ws, NOP_CLOSURE) : SYS_ERR_OK;
    if (err_is_ok(err))
        err = ump_chan_register_send(&stub->chan, &ws, NOP_CLOSURE);
    if (err_is_ok(err))
        err = event_dispatch_until(&ws, deadline);
    (void)ump_chan_deregister_recv(&stub->chan);
    (void)ump_chan_deregister_send(&stub->chan);
    return err;
}

errval_t flounder_wait(struct flounder_stub *stub, systime_t deadline)
{
    errval_t err;
    dispatch_say_wait(WAIT_CALL, stub->peer);
    do {
        err = wait_once(stub, deadline); // whoever received before may register its event so late
    } while (err_no(err) == LIB_ERR_CHAN_ALREADY_REGISTERED);
    dispatch_say_wait(WAIT_UNSAID, 0);
    if (stub->pending_count > 0)
        flounder_pump(stub);
    return err;
}

errval_t flounder_dispatch(struct flounder_stub *stub, struct waitset *ws,
                           const volatile bool *over, systime_t deadline)
{
    flounder_let_receive();
    flounder_listen(stub);
    dispatch_say_wait(WAIT_CALL, stub->peer);
    errval_t err = event_dispatch_unless(ws, over, deadline);
    dispatch_say_wait(WAIT_UNSAID, 0); // the stub may have been freed
    return err_no(err) == LIB_ERR_NO_EVENT ? SYS_ERR_OK : err;
}

void flounder_end(struct flounder_stub *stub, errval_t err)
{
    if (stub->state == FLOUNDER_CLOSED)
        return;
    bool bound = stub->state == FLOUNDER_OPEN;
    stub->state = FLOUNDER_CLOSED;
    stub->ready = false;
    stub->err = err;
    stub->noted_count = 0;
    flounder_calls_end(stub, err);
    if (waitset_chan_is_registered(&stub->room_chan))
        (void)waitset_chan_trigger(&stub->room_chan);
    if (bound)
        stub->interface->fail(stub, err);
    else
        flounder_bind_ended(stub, err);
    if (stub->server)
        flounder_close(stub);
}

void flounder_default_error(struct flounder_stub *stub, errval_t err)
{
    if (err_no(err) != LIB_ERR_CHAN_CLOSED)
        DEBUG_ERR(err, "a binding of interface '%s' has ended", stub->interface->name);
}
