// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Bindings over LMP, between two domains of one core. Each line is a message: word 0 has the line's
// control word, and of a message's first line how many capabilities it has; one travels with each
// line. Who connects is answered at an endpoint of its own; the clients of a server send to one that
// they share (flounder_reception.c). A call hands the core over (barrelfish/lrpc.h).
//
// FL1 Lines of who connects have FLOUNDER_CONNECTS, others have not, and neither side takes the other
//     kind: so whoever names a server's endpoint as where it is to be answered makes nobody answer an
//     answer.
// Circle: what is received may be an answer, or end the binding.
#include "stub.h"

#include "barrelfish/blocking.h"
#include "barrelfish/capabilities.h"
#include "barrelfish/slot_alloc.h"
#include "barrelfish/syscalls.h"
#include "barrelfish/systime.h"
#include "barrelfish/threads.h"
#include "dispatch/dispatcher.h"

#include <assert.h>

#define LINES_EACH_EVENT 64
#define ROOM_US 500 // after that it is looked again whether the other side has room

/// The words of a line.
static void fill(struct lmp_recv_msg *msg, const struct flounder_stub *stub,
                 const struct flounder_line *line, unsigned ctrl, unsigned caps)
{
    msg->buf.msglen = LMP_MSG_LENGTH;
    msg->words[0] = ctrl | caps << FLOUNDER_LMP_CAPS_SHIFT |
                    (stub->lmp.badge == 0 ? FLOUNDER_CONNECTS : 0); // FL1
    memcpy(&msg->words[1], line->words, sizeof(line->words));
}

static errval_t lmp_send_next(struct flounder_stub *stub, const struct flounder_line *line,
                              unsigned ctrl, struct flounder_pending *pending)
{
    struct lmp_recv_msg msg;
    struct flounder_cap none = {NULL_CAP, false, false}, *next = &none;
    if (pending->caps_sent < pending->caps_count)
        next = &pending->caps[pending->caps_sent];
    fill(&msg, stub, line, ctrl, pending->line == 0 ? pending->caps_count : 0);
    uint32_t flags = capref_is_null(next->cap) ? 0
                     : next->gives             ? LMP_FLAG_GIVE
                                               : LMP_FLAG_NO_GRANT;
    errval_t err = lmp_send(stub->lmp.remote, flags, next->cap, LMP_MSG_LENGTH, msg.words);
    if (err_is_ok(err) && next != &none) {
        pending->caps_sent++;
        if (next->gives)
            (void)slot_free(next->cap);
        else if (next->own)
            (void)cap_destroy(next->cap);
    }
    return err;
}

static void on_broken(void *arg)
{
    struct flounder_stub *stub = arg;
    flounder_end(stub, stub->err);
}

/// Ended from an event: whoever sends may be a handler.
static void lmp_broken(struct flounder_stub *stub, errval_t err)
{
    stub->err = err_push(err, LIB_ERR_CHAN_CLOSED);
    if (stub->ws != NULL)
        (void)!waitset_chan_trigger_closure(stub->ws, &stub->lmp.broken_chan,
                                            MKCLOSURE(on_broken, stub));
}

static errval_t lmp_send_line(struct flounder_stub *stub, const struct flounder_line *line,
                              unsigned ctrl, struct event_closure continuation)
{
    struct lmp_recv_msg msg;
    fill(&msg, stub, line, ctrl | FLOUNDER_WHOLE, 0);
    flounder_reception_flush(stub);
    errval_t err = lmp_send(stub->lmp.remote, stub->server ? LMP_FLAG_YIELD : 0, NULL_CAP,
                            LMP_MSG_LENGTH, msg.words);
    __atomic_store_n(&stub->ready, true, __ATOMIC_RELEASE); // F8
    if (lmp_err_is_transient(err)) // whoever waits without a limit may be the C library's memory
        return stub->unlimited ? (errval_t)FLOUNDER_ERR_TX_BUSY
                               : flounder_send_later(stub, line, ctrl, continuation);
    if (err_is_fail(err)) {
        lmp_broken(stub, err);
        return err_push(err, LIB_ERR_CHAN_CLOSED);
    }
    if (flounder_runs(continuation))
        flounder_sent(stub, continuation);
    return SYS_ERR_OK;
}

static errval_t lmp_yield(struct flounder_stub *stub)
{
    thread_yield_dispatcher(get_cap_caddr(stub->lmp.remote));
    return SYS_ERR_OK;
}

static void lmp_await_room(struct flounder_stub *stub, struct event_closure closure)
{
    (void)deferred_event_register(&stub->lmp.again, stub->ws, ROOM_US, closure);
}

static struct capref lmp_spare(struct flounder_stub *stub)
{
    struct capref slot = NULL_CAP;
    bool wanted = stub->brings_caps && capref_is_null(stub->lmp.ep->recv_slot);
    return wanted && err_is_ok(slot_alloc(&slot)) ? slot : NULL_CAP;
}

static void lmp_prepare(struct flounder_stub *stub, struct capref spare)
{
    if (capref_is_null(spare))
        return;
    if (capref_is_null(stub->lmp.ep->recv_slot))
        lmp_endpoint_set_recv_slot(stub->lmp.ep, spare);
    else
        (void)slot_free(spare); // allocating it has brought a message, and prepared the next
}

/// Takes what has come to a client's endpoint.
static void take(struct flounder_stub *stub, const struct lmp_recv_msg *msg, struct capref cap)
{
    errval_t err;
    if (msg->buf.msglen != LMP_MSG_LENGTH || (msg->words[0] & FLOUNDER_CONNECTS) != 0) { // FL1
        if (!capref_is_null(cap))
            cap_drop(cap);
        err = FLOUNDER_ERR_RX_INVALID;
    } else {
        err = flounder_take_lmp_line(stub, msg->words, cap);
    }
    if (err_is_fail(err))
        flounder_end(stub, err);
}

static void lmp_receive(struct flounder_stub *stub)
{
    struct lmp_recv_msg msg = LMP_RECV_MSG_INIT;
    struct capref cap;
    enum flounder_state state = stub->state;
    if (stub->lmp.badge != 0) {
        flounder_reception_receive(stub);
        return;
    }
    for (int i = 0; i < LINES_EACH_EVENT && stub->state == state && state != FLOUNDER_CLOSED &&
                    flounder_receives(stub);
         i++) {
        if (stub->ws != NULL) // else a slot is prepared before each call
            lmp_prepare(stub, lmp_spare(stub));
        errval_t err = lmp_endpoint_recv(stub->lmp.ep, &msg.buf, &cap);
        if (err_no(err) == LIB_ERR_NO_LMP_MSG)
            return;
        if (err_is_ok(err))
            take(stub, &msg, cap);
        else
            flounder_end(stub, err);
    }
}

static void on_gone(void *arg)
{
    struct flounder_stub *stub = arg;
    stub->held++;
    flounder_end(stub, LIB_ERR_CHAN_CLOSED);
    flounder_let_go(stub);
}

/// What is not told at the endpoint: that a server's client is gone, or a thread has closed the binding.
static errval_t watch(struct flounder_stub *stub, struct waitset *ws, struct event_closure closure)
{
    (void)waitset_chan_deregister(&stub->lmp.gone_chan);
    errval_t err = waitset_chan_register(ws, &stub->lmp.gone_chan, closure);
    if (stub->lmp.gone)
        (void)waitset_chan_trigger(&stub->lmp.gone_chan);
    return err;
}

void flounder_lmp_watch(struct flounder_stub *stub)
{
    if (stub->lmp.badge != 0 && stub->state != FLOUNDER_CLOSED)
        (void)!watch(stub, stub->ws, MKCLOSURE(on_gone, stub));
}

void flounder_lmp_gone(struct flounder_stub *stub)
{
    stub->lmp.gone = true;
    (void)waitset_chan_trigger(&stub->lmp.gone_chan); // if it is registered
}

static errval_t lmp_wait(struct flounder_stub *stub, systime_t deadline)
{
    struct waitset ws = WAITSET_INITIALIZER;
    systime_t until = deadline;
    bool again = stub->pending_count > 0;
    if (again) {
        (void)lmp_yield(stub);
        until = blocking_until(ROOM_US);
        again = deadline == 0 || until < deadline;
        until = again ? until : deadline;
    }
    (void)lmp_endpoint_deregister(stub->lmp.ep);
    errval_t err = watch(stub, &ws, NOP_CLOSURE);
    if (err_is_ok(err))
        err = lmp_endpoint_register(stub->lmp.ep, &ws, NOP_CLOSURE);
    if (err_is_ok(err))
        err = event_dispatch_until(&ws, until);
    (void)lmp_endpoint_deregister(stub->lmp.ep);
    (void)waitset_chan_deregister(&stub->lmp.gone_chan);
    if (stub->lmp.gone)
        flounder_end(stub, LIB_ERR_CHAN_CLOSED);
    flounder_lmp_watch(stub);
    return again && err_no(err) == LIB_ERR_TIMEOUT ? SYS_ERR_OK : err;
}

/// Whether a capability cannot be sent; nothing has been, then.
static bool is_of_cap(errval_t err)
{
    return err_no(err) == SYS_ERR_LMP_CAPTRANSFER_SRC || err_no(err) == SYS_ERR_RIGHTS ||
           err_no(err) == SYS_ERR_NO_COPY || err_no(err) == SYS_ERR_CAP_BUSY;
}

/// Sends, and with the core if the thread has set no limit: who waits in the CPU driver is not woken by
/// a time, but only looked at now and then. *received is 0 if what came is at the endpoint.
static inline errval_t exchange(struct flounder_stub *stub, uint32_t flags, uint64_t cap,
                                struct lmp_recv_msg *msg, uint64_t *received)
{
    struct dispatcher *disp = dispatch_disable();
    bool limited = !stub->unlimited && disp->current->blocking_limit_us != 0;
    if (!stub->unlimited && disp->shared.watched == 0)
        sys_watch();
    dispatch_poll(disp);
    errval_t err =
        limited
            ? sys_lmp_send(stub->lmp.to, flags | LMP_FLAG_YIELD, cap, LMP_MSG_LENGTH, msg->words)
            : lrpc_try_disabled(disp, stub->lmp.to, flags, cap, stub->lmp.ep, msg, received);
    dispatch_enable(disp);
    return err;
}

/// What came back, if it is not simply the answer, or did not.
static __attribute__((noinline)) errval_t take_other(struct flounder_stub *stub,
                                                     const struct lmp_recv_msg *msg,
                                                     uint64_t received, errval_t err, bool brings)
{
    struct capref cap = NULL_CAP;
    if (lmp_err_is_transient(err))
        return FLOUNDER_ERR_TX_BUSY;
    if (err_is_fail(err)) {
        if (!brings || !is_of_cap(err))
            flounder_end(stub, err);
        return err;
    }
    if ((received & LMP_RECV_HAS_CAP) != 0)
        lmp_endpoint_take_cap(stub->lmp.ep, true, &cap);
    if (received != 0)
        take(stub, msg, cap);
    return SYS_ERR_OK;
}

static errval_t lmp_call(struct flounder_stub *stub, const struct flounder_line *line,
                         unsigned ctrl, const struct flounder_cap *sent)
{
    struct lmp_recv_msg msg;
    uint64_t received = 0, cap = 0;
    uint32_t flags = 0;
    if (sent != NULL) {
        flags = sent->gives ? LMP_FLAG_GIVE : LMP_FLAG_NO_GRANT;
        cap = get_cap_caddr(sent->cap);
    }
    fill(&msg, stub, line, ctrl | FLOUNDER_WHOLE, sent != NULL);
    errval_t err = exchange(stub, flags, cap, &msg, &received);
    if (err_is_ok(err) && sent != NULL && sent->gives)
        (void)slot_free(sent->cap);
    return take_other(stub, &msg, received, err, sent != NULL);
}

static errval_t lmp_call_line(struct flounder_stub *stub, const struct flounder_line *line,
                              unsigned ctrl)
{
    struct lmp_recv_msg msg;
    uint64_t received = 0;
    unsigned answer = (ctrl + 1) | FLOUNDER_WHOLE;
    msg.buf.msglen = LMP_MSG_LENGTH;
    msg.words[0] = ctrl | FLOUNDER_WHOLE | FLOUNDER_CONNECTS; // FL1
    memcpy(&msg.words[1], line->words, sizeof(line->words));
    errval_t err = exchange(stub, 0, 0, &msg, &received);
    if (received != LMP_RECV_WORDS || msg.words[0] != answer || stub->assembly.total != 0)
        return take_other(stub, &msg, received, err, false);
    err = stub->interface->take[(answer & 0xff) - 1](stub, answer, &msg.words[1]);
    if (err_is_fail(err))
        flounder_end(stub, err);
    return SYS_ERR_OK;
}

static void lmp_listen(struct flounder_stub *stub, struct event_closure closure)
{
    struct lmp_endpoint *ep = stub->lmp.ep;
    if (stub->lmp.badge != 0)
        flounder_reception_listen(stub);
    else if (stub->ws != NULL && !stub->paused && stub->inlet->receiver == NULL &&
             stub->state != FLOUNDER_CLOSED && !waitset_chan_is_registered(&ep->waitset_state))
        (void)!lmp_endpoint_register(ep, stub->ws, closure);
}

errval_t flounder_lmp_open(struct flounder_stub *stub)
{
    stub->over_lmp = &flounder_over_lmp;
    return endpoint_create(FLOUNDER_LMP_MESSAGES, &stub->lmp.local, &stub->lmp.ep);
}

static void lmp_wake(struct flounder_stub *stub)
{
    (void)waitset_chan_trigger(&stub->lmp.gone_chan); // if it is registered
}

static void lmp_close(struct flounder_stub *stub)
{
    (void)deferred_event_cancel(&stub->lmp.again);
    waitset_chanstate_destroy(&stub->lmp.gone_chan);
    waitset_chanstate_destroy(&stub->lmp.broken_chan);
    if (stub->lmp.badge != 0)
        flounder_reception_leave(stub);
    else if (stub->lmp.ep != NULL)
        endpoint_destroy(stub->lmp.local, stub->lmp.ep);
    if (!stub->lasts && !capref_is_null(stub->lmp.remote))
        (void)cap_destroy(stub->lmp.remote);
}

static errval_t lmp_hello(struct flounder_stub *stub, const struct flounder_line *line)
{
    struct lmp_recv_msg msg;
    bool introduces = stub->lasts; // else the monitor has
    fill(&msg, stub, line, FLOUNDER_CTRL(FLOUNDER_HELLO, 0) | FLOUNDER_WHOLE, introduces);
    errval_t err;
    while (lmp_err_is_transient(err = lmp_send(stub->lmp.remote, 0,
                                               introduces ? stub->lmp.local : NULL_CAP,
                                               LMP_MSG_LENGTH, msg.words)))
        (void)lmp_yield(stub);
    return err;
}

errval_t flounder_open(const struct flounder_interface *interface, void *binding,
                       struct capref server)
{
    struct flounder_stub *stub = (struct flounder_stub *)((char *)binding + interface->stub_offset);
    errval_t result = LIB_ERR_CHAN_CLOSED;
    struct flounder_bind bind = {.result = &result, .connects = true};
    memset(binding, 0, interface->binding_bytes);
    stub->lasts = stub->unlimited = true;
    stub->lmp.remote = server;
    stub->lmp.to = get_cap_caddr(server);
    flounder_prepare(stub, interface, NULL, &bind);
    errval_t err = flounder_lmp_open(stub);
    if (err_is_ok(err))
        err = flounder_greet_blocking(stub, 0);
    if (err_is_ok(err))
        err = result;
    if (err_is_fail(err))
        flounder_close(stub);
    return err;
}

const struct flounder_transport flounder_over_lmp = {
    .send = lmp_send_next,
    .send_line = lmp_send_line,
    .yield = lmp_yield,
    .await_room = lmp_await_room,
    .broken = lmp_broken,
    .keeps = flounder_reception_keeps,
    .call = lmp_call,
    .call_line = lmp_call_line,
    .spare = lmp_spare,
    .prepare = lmp_prepare,
    .receive = lmp_receive,
    .listen = lmp_listen,
    .wait = lmp_wait,
    .wake = lmp_wake,
    .hello = lmp_hello,
    .close = lmp_close,
};
