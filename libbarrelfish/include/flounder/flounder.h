// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What code made by flounder stands on: bindings over a channel. Programs use it by way of an
// interface's own header, if/NAME_defs.h; what of it they may use themselves says so.
//
// A line's control word (FLOUNDER_CTRL) has the message's number, or 0 for a line that goes on with
// the message before it; the number of the call that it belongs to, or of the line within its
// message; and whether the message is whole in this line. The first line of a longer message begins
// with its length in four bytes, and over UMP in the uppermost four bits how many capabilities come
// with it: they go by way of the monitors, before the line, and a message that has some is not whole
// in one. Over LMP one goes with each of the first lines, whose first says how many there are.
//
// F4 Messages of one direction come in the order in which they were sent, each once. A message that
//    was begun is finished before another one begins.
// F5 A call ends once: with its answer, with an error of the server, when its time is over, or with
//    the binding. Its answer never goes to another call: a call's number is used again only when its
//    answer has come.
// F6 One thread at a time receives from a binding, handlers included. A call made within a handler
//    receives as well; calls of other threads wait until theirs is answered or until they receive.
//    A call that dispatches while it waits (IDC_CONTROL_DISPATCH) lets others receive in its thread's
//    place, from all bindings in whose handlers it is; these handlers then go on beside others.
// F8 `ready` is set while the binding is open, nothing is pending and nobody sends. Whoever clears it
//    may send, and sets it again; who makes something pending leaves that to who sends the last of it.
// F9 Nothing is sent of a message of whose capabilities one cannot be sent, as far as it can be told.
//    If one cannot be sent after all over UMP, an error goes in its place.
// F10 A message waits for its capabilities, and what comes behind it as well. If an error has come in
//    place of one, no handler gets the message: a call is answered with the error, an answer is the
//    call's error, any other message ends the binding. The others are destroyed.
// F7 What breaks an interface's declaration ends its binding with an error, and no other one.

#pragma once

#include "barrelfish/deferred.h"
#include "barrelfish/event_mutex.h"
#include "barrelfish/idc.h"
#include "barrelfish/ump_chan.h"
#include "flounder/row.h"

#define FLOUNDER_NUMBERS_MAX 250u ///< of an interface's messages; what is above is the stubs' own
#define FLOUNDER_CALLS_MAX 127u   ///< of a binding, outstanding at once
#define FLOUNDER_GREETINGS_MAX 4u ///< of a domain with a service: bindings before they are open

#define FLOUNDER_WHOLE 0x8000u
#define FLOUNDER_CTRL(number, call) ((number) | (unsigned)(call) << 8)

/// Shape of what a frame shared otherwise is bound with: see flounder_accept().
#define FLOUNDER_FRAMEINFO                                                                         \
    {                                                                                              \
        lpaddr_t sendbase;                                                                         \
        void *inbuf;                                                                               \
        size_t inbufsize;                                                                          \
        void *outbuf;                                                                              \
        size_t outbufsize;                                                                         \
    }

struct flounder_stub;

/// What is known of a message before one looks into it.
struct flounder_message {
    uint32_t bytes; ///< at most
    bool fixed;
    uint8_t caps;
    enum { FLOUNDER_MESSAGE, FLOUNDER_CALL, FLOUNDER_RESPONSE } kind;
    uint64_t digest;       ///< of the signature
    const char *signature; ///< without names of arguments and types
};

/// Takes a line that is a message.
typedef errval_t flounder_take_fn(struct flounder_stub *stub, unsigned ctrl,
                                  const uint64_t words[FLOUNDER_LINE_WORDS]);

/// An interface, as generated code describes it.
struct flounder_interface {
    const char *name;
    const struct flounder_message *messages;
    unsigned count;
    uint32_t longest;
    size_t binding_bytes, stub_offset;
    void (*init)(struct flounder_stub *stub, struct waitset *ws);
    flounder_take_fn *const *take; ///< for each number
    errval_t (*receive)(struct flounder_stub *stub, unsigned number, struct flounder_in *row);
    void (*fail)(struct flounder_stub *stub, errval_t err);
};

typedef errval_t flounder_connect_fn(void *st, void *binding);
typedef void flounder_bind_continuation_fn(void *st, errval_t err, void *binding);

/// A call that waits for its answer. Private to flounder_call.c; visible for allocation.
struct flounder_call {
    struct list outstanding; ///< place among those of the binding
    struct list place;       ///< place among those whose threads wait, and do not receive
    struct waitset_chanstate chan;
    void *places;
    unsigned number, index;
    bool done;
    errval_t err;
    struct waitset *ws;           ///< dispatched while the thread waits; or NULL
    struct flounder_async *async; ///< NULL: a thread waits
};

/// A call that nobody waits for: NAME_RPC__start() begins it, and `done` runs on the binding's
/// waitset when it has ended (F5). It stays where it is until then; its fields are the stubs' own.
struct flounder_async {
    struct flounder_call call;
    struct flounder_stub *stub;
    struct event_closure done;
    struct deferred_event timer;
};

/// How an asynchronous call has ended: as a blocking one would have.
static inline errval_t flounder_result(const struct flounder_async *async)
{
    return async->call.err;
}

/// A message that is put together out of lines (flounder_assemble.c).
struct flounder_assembly {
    uint8_t *bytes;
    size_t room, at, total; ///< total 0: no message is under way
    unsigned number, call, line;
    unsigned caps_due, caps_count; ///< of those that have come in lines
    struct capref caps[FLOUNDER_CAPS_MAX];
};

/// A message that waits for room in the channel.
struct flounder_pending {
    struct list place;
    size_t room, length, sent;
    uint16_t ctrl, line;
    unsigned caps_count, caps_sent;
    struct flounder_cap caps[FLOUNDER_CAPS_MAX];
    struct event_closure continuation;
    uint8_t bytes[]; ///< the first four are for its length
};

/// A call that a handler answers later.
struct flounder_noted {
    uint8_t response, call;
};

enum flounder_state { FLOUNDER_BINDING, FLOUNDER_OPEN, FLOUNDER_CLOSED };

/// Where lines come from: a channel of one binding, or an endpoint that all clients of a server share.
struct flounder_inlet {
    struct thread *receiver;                      ///< F6
    struct flounder_inlet *outer;                 ///< from which the receiver receives besides
    struct list waiting;                          ///< calls of threads that do not receive
    void (*listen)(struct flounder_inlet *inlet); ///< has its event registered
};

/// A binding's part of a channel over LMP (flounder_lmp.c).
struct flounder_lmp {
    struct capref remote;        ///< where it sends to ...
    uint64_t to;                 ///< ... as system calls take it
    struct capref local;         ///< of who connects: where it is answered
    struct lmp_endpoint *ep;     ///< where lines come
    struct list place;           ///< of a server's client: in its chain
    uint32_t badge;              ///< of a server's client; 0: the binding is a client's
    struct deferred_event again; ///< looks for room
    struct waitset_chanstate broken_chan, gone_chan;
    bool gone; ///< the client is
};

/// What is done in another way over LMP than over rings (flounder_lmp.c): as pointers, because LMP
/// stands on the rest. Private to libbarrelfish/stub; visible for sending a line.
struct flounder_transport {
    /// Sends a line, and with it the message's next capability.
    errval_t (*send)(struct flounder_stub *stub, const struct flounder_line *line, unsigned ctrl,
                     struct flounder_pending *pending);
    /// Sends a message that is a line, by whom nobody else sends.
    errval_t (*send_line)(struct flounder_stub *stub, const struct flounder_line *line,
                          unsigned ctrl, struct event_closure continuation);
    /// Lets the other side run.
    errval_t (*yield)(struct flounder_stub *stub);
    void (*await_room)(struct flounder_stub *stub, struct event_closure closure);
    /// Sending has failed.
    void (*broken)(struct flounder_stub *stub, errval_t err);
    /// Whether an answer is kept until its handler has returned.
    bool (*keeps)(struct flounder_stub *stub, const struct flounder_line *line, unsigned ctrl);
    /// Sends the line of a call and takes what comes back first. FLOUNDER_ERR_TX_BUSY: there is no room.
    errval_t (*call)(struct flounder_stub *stub, const struct flounder_line *line, unsigned ctrl,
                     const struct flounder_cap *sent);
    errval_t (*call_line)(struct flounder_stub *stub, const struct flounder_line *line,
                          unsigned ctrl);
    /// A slot for a capability that may come, or NULL_CAP; it is allocated before the caller receives,
    /// because the allocator may itself have to call, and prepared when it does.
    struct capref (*spare)(struct flounder_stub *stub);
    void (*prepare)(struct flounder_stub *stub, struct capref spare);
    void (*receive)(struct flounder_stub *stub);
    void (*listen)(struct flounder_stub *stub, struct event_closure closure);
    errval_t (*wait)(struct flounder_stub *stub, systime_t deadline);
    void (*wake)(struct flounder_stub *stub); ///< who waits
    errval_t (*hello)(struct flounder_stub *stub, const struct flounder_line *line);
    void (*close)(struct flounder_stub *stub);
};

/// Private to libbarrelfish/stub; visible for allocation.
struct flounder_stub {
    const struct flounder_interface *interface;
    enum flounder_state state;
    bool server, freed, lasts; ///< `lasts`: its memory is its user's
    bool unlimited, brings_caps;
    const struct flounder_transport *over_lmp; ///< NULL: over rings
    bool dispatches;                           ///< IDC_CONTROL_DISPATCH
    bool paused;                               ///< IDC_CONTROL_PAUSE
    unsigned held;   ///< who receives or waits for room: it is not freed before they have gone on
    errval_t err;    ///< with which it was closed
    domainid_t peer; ///< the domain on the other side; 0: not known
    uint32_t rights; ///< of the other side: NAME_allow()
    struct waitset *ws;
    struct flounder_bind *bind; ///< while it is being bound
    struct flounder_room *room; ///< NULL: not of a service
    struct ump_chan chan;
    struct flounder_lmp lmp;
    void (*unbind)(struct flounder_stub *stub); ///< ends what the monitor knows; may be NULL
    void *bound;                                ///< of who has bound it

    struct flounder_inlet *inlet, own_inlet;
    struct flounder_assembly assembly;
    struct flounder_in *lent; ///< to handlers that run
    struct list calls;
    struct flounder_call *handed; ///< the call with which the core is handed over just now
    uint64_t calls_taken[2],
        calls_given_up[2];        ///< bit maps; of the latter the answer is still to come
    struct flounder_noted *noted; ///< oldest first
    unsigned noted_count, noted_room;

    bool ready;   ///< F8
    bool sending; ///< somebody sends what is pending
    bool broken;  ///< sending has failed, and who receives has not seen it yet
    unsigned pending_count;
    struct list pending;                ///< answers may be behind another message
    struct flounder_pending *made;      ///< the message that is being made, or memory for the next
    struct waitset_chanstate room_chan; ///< of flounder_register_send()
    struct waitset_chanstate sent_chan;
};

#define FLOUNDER_OWNER(pointer, type) ((type *)((char *)(pointer)-offsetof(type, stub)))

/// Offers an interface: `export_cb` runs on `ws` with the service's iref, then `connect_cb` for each
/// client that speaks it, before its first message is handled; an error of it refuses the client.
/// A client's binding is freed when its error handler has returned. A domain that has
/// FLOUNDER_GREETINGS_MAX bindings that are not open yet is refused others with MON_ERR_LIMIT; how many
/// open ones it may have is for `connect_cb` to say. Errors of monitor_export_service().
LIB_MUST_CHECK errval_t flounder_export(const struct flounder_interface *interface, void *st,
                                        idc_export_callback_fn *export_cb,
                                        flounder_connect_fn *connect_cb, struct waitset *ws,
                                        idc_export_flags_t flags);

/// The same, but returns the service's iref.
LIB_MUST_CHECK errval_t flounder_export_blocking(const struct flounder_interface *interface,
                                                 void *st, flounder_connect_fn *connect_cb,
                                                 struct waitset *ws, iref_t *iref);

/// Lends a service of this domain memory for its clients' bindings, an array of struct NAME_binding:
/// as long as there is room in it, a client that comes or goes moves no other. Once.
void flounder_lend_memory(iref_t iref, void *bindings, size_t count);

/// Binds to a service: the continuation runs on `ws` with the binding, or with an error and NULL.
/// It is freed by flounder_close() only. LIB_ERR_BIND_REFUSED, with FLOUNDER_ERR_INTERFACE or
/// FLOUNDER_ERR_VERSION below it: the server does not speak what this program does, and the
/// difference has been printed; other errors of ump_chan_bind().
LIB_MUST_CHECK errval_t flounder_bind(const struct flounder_interface *interface, iref_t iref,
                                      flounder_bind_continuation_fn *cont, void *st,
                                      struct waitset *ws, idc_bind_flags_t flags);

/// The same, but blocks, until LIB_ERR_BIND_TIMEOUT at the latest (barrelfish/blocking.h).
LIB_MUST_CHECK errval_t flounder_bind_blocking(const struct flounder_interface *interface,
                                               iref_t iref, struct waitset *ws,
                                               idc_bind_flags_t flags, void **binding);

/// Binds over the areas of a frame that both sides have mapped and that were zero; see
/// ump_chan_init(). The one that connects says what it speaks, the one that accepts answers.
LIB_MUST_CHECK errval_t flounder_accept(const struct flounder_interface *interface, void *inbuf,
                                        size_t inbufsize, void *outbuf, size_t outbufsize,
                                        flounder_bind_continuation_fn *cont, void *st,
                                        struct waitset *ws, bool connects);

/// Binds to a server that serves `server`'s badge (flounder_serve()): `binding` is memory of the
/// caller's, and stays. Needs no memory of the C library, and waits without a limit, as the binding's
/// calls do. Its messages are received while a call waits, and only then.
LIB_MUST_CHECK errval_t flounder_open(const struct flounder_interface *interface, void *binding,
                                      struct capref server);

/// What comes to a server's endpoint with badge 0: the CPU driver says something. `cap`: the
/// handler's, or NULL_CAP.
typedef void flounder_told_fn(void *st, const uint64_t *words, size_t length, struct capref cap);

/// Serves whoever has a capability with a badge to this dispatcher's own endpoint, on the default
/// waitset; `connect_cb` as of flounder_export(), flounder_badge() tells who it is. One interface for
/// a dispatcher. `told` may be NULL.
LIB_MUST_CHECK errval_t flounder_serve(const struct flounder_interface *interface, void *st,
                                       flounder_connect_fn *connect_cb, flounder_told_fn *told);

/// Handles events on the default waitset until one of them sets *done: as messages_handler_loop(),
/// which answers calls of this core fastest.
void flounder_handle_until(const bool *done);

/// With which badge a client has come over flounder_serve().
static inline uint32_t flounder_badge(const struct flounder_stub *stub)
{
    return stub->lmp.badge;
}

/// Ends the binding of a badge, if there is one: its domain has ended. That is final if before it all
/// capabilities with that badge were deleted.
void flounder_forget(uint32_t badge);

/// Takes a capability that was lent to a handler of rpc_rx_vtbl, which runs: it is the caller's. Does
/// nothing for others.
void flounder_take_cap(struct flounder_stub *stub, struct capref cap);

/// Ends a binding: calls under way end with LIB_ERR_CHAN_CLOSED, the other side's too. The binding
/// is gone when this returns, or, within one of its handlers, when that has returned.
void flounder_close(struct flounder_stub *stub);

/// Prints why a binding has ended, if nobody else wants to know; that the other side closed it is no
/// news.
void flounder_default_error(struct flounder_stub *stub, errval_t err);

/// The domain on the other side, as the monitors know it; 0: they have not connected the two.
static inline domainid_t flounder_peer(const struct flounder_stub *stub)
{
    return stub->peer;
}

bool flounder_can_send(struct flounder_stub *stub);
LIB_MUST_CHECK errval_t flounder_register_send(struct flounder_stub *stub, struct waitset *ws,
                                               struct event_closure continuation);
LIB_MUST_CHECK errval_t flounder_change_waitset(struct flounder_stub *stub, struct waitset *ws);
/// LIB_ERR_INVALID_ARGS: not one of IDC_CONTROL_*.
errval_t flounder_control(struct flounder_stub *stub, idc_control_t control);
/// Receives what has come, if nobody does. LIB_ERR_CHAN_CLOSED: the binding has ended.
LIB_MUST_CHECK errval_t flounder_poll(struct flounder_stub *stub);

/// What generated code calls to send. flounder_begin() gives a row to fill, which is then sent or
/// given up. FLOUNDER_ERR_TX_BUSY: another message waits for room, or is being made;
/// FLOUNDER_ERR_TX_MSG_SIZE: an argument is longer than its maximum.
LIB_MUST_CHECK errval_t flounder_begin(struct flounder_stub *stub, struct flounder_out *row);
LIB_MUST_CHECK errval_t flounder_begin_answer(struct flounder_stub *stub, struct flounder_out *row);
LIB_MUST_CHECK errval_t flounder_begin_blocking(struct flounder_stub *stub,
                                                struct flounder_out *row);
errval_t flounder_abort(struct flounder_stub *stub);
LIB_MUST_CHECK errval_t flounder_send(struct flounder_stub *stub, struct flounder_out *row,
                                      unsigned ctrl, struct event_closure continuation);
LIB_MUST_CHECK errval_t flounder_answer_line(struct flounder_stub *stub,
                                             const struct flounder_line *line, unsigned ctrl,
                                             struct event_closure continuation);

/// For a line that cannot be sent at once; and for a continuation.
LIB_MUST_CHECK errval_t flounder_send_later(struct flounder_stub *stub,
                                            const struct flounder_line *line, unsigned ctrl,
                                            struct event_closure continuation);
void flounder_sent(struct flounder_stub *stub, struct event_closure continuation);

/// Whether something runs when the message is sent: neither NULL nor NOP_CONT.
static inline bool flounder_runs(struct event_closure continuation)
{
    return continuation.handler != NULL && continuation.handler != event_nop_handler;
}

/// Whether the continuation of a message has still to run: there is room for one.
static inline bool flounder_continues(struct flounder_stub *stub)
{
    return waitset_chan_is_registered(&stub->sent_chan);
}

/// Sends a message that is a line.
LIB_MUST_CHECK __attribute__((always_inline)) static inline errval_t
flounder_send_line(struct flounder_stub *stub, const struct flounder_line *line, unsigned ctrl,
                   struct event_closure continuation)
{
    if (flounder_runs(continuation) && flounder_continues(stub))
        return FLOUNDER_ERR_TX_BUSY;
    if (!__atomic_exchange_n(&stub->ready, false, __ATOMIC_ACQUIRE)) // F8
        return flounder_send_later(stub, line, ctrl, continuation);
    if (stub->over_lmp)
        return stub->over_lmp->send_line(stub, line, ctrl, continuation);
    struct urpc_chan *ring = &stub->chan.state.ring;
    bool sent = urpc_send(ring, line->words, (uint16_t)(ctrl | FLOUNDER_WHOLE));
    __atomic_store_n(&stub->ready, true, __ATOMIC_RELEASE);
    if (!sent)
        return flounder_send_later(stub, line, ctrl, continuation);
    if (urpc_peer_sleeps(ring))
        ump_chan_wake(&stub->chan);
    if (flounder_runs(continuation))
        flounder_sent(stub, continuation);
    return SYS_ERR_OK;
}

/// Calls: sends, and waits for the answer in `places`. LIB_ERR_RECV_TIMEOUT: none came in time
/// (barrelfish/blocking.h); LIB_ERR_CHAN_CLOSED: the binding has ended; errors that the other side's
/// handler returned.
LIB_MUST_CHECK errval_t flounder_call(struct flounder_stub *stub, struct flounder_out *row,
                                      unsigned number, void *places);
LIB_MUST_CHECK errval_t flounder_call_line(struct flounder_stub *stub,
                                           const struct flounder_line *line, unsigned number,
                                           void *places);

/// Tells in words for whom a call of a binding would wait, by its message's number, and for whom that
/// one waits, and so on (spawn_tell_waits()). A call that returns LIB_ERR_RECV_TIMEOUT has printed it.
void flounder_tell_waits(const struct flounder_stub *stub, unsigned number, char *text,
                         size_t bytes);

/// Asynchronous calls; `limit_us`: after that LIB_ERR_RECV_TIMEOUT, 0: never. Errors as of sending:
/// then `done` does not run.
LIB_MUST_CHECK errval_t flounder_start(struct flounder_stub *stub, struct flounder_out *row,
                                       unsigned number, struct flounder_async *async, void *places,
                                       delayus_t limit_us, struct event_closure done);
LIB_MUST_CHECK errval_t flounder_start_line(struct flounder_stub *stub,
                                            const struct flounder_line *line, unsigned number,
                                            struct flounder_async *async, void *places,
                                            delayus_t limit_us, struct event_closure done);

/// What generated code calls to receive. Memory is freed when the handler has returned; NULL: there
/// is none. flounder_places(): where the answer of a call goes, NULL: nobody waits for it.
void *flounder_memory(struct flounder_in *row, size_t bytes);
/// Puts the capabilities that have come with a message into `caps`, which has room for its most.
void flounder_bring_caps(struct flounder_in *row, struct capref *caps);
/// Lends them to the handler that is called: what it does not take is freed.
void flounder_lend(struct flounder_in *row);
/// Frees what a handler did not get, and the memory; returns `err`.
errval_t flounder_finish(struct flounder_in *row, errval_t err);
void *flounder_places(struct flounder_in *row, unsigned number);
errval_t flounder_call_done(struct flounder_in *row);
LIB_MUST_CHECK errval_t flounder_call_given_up(struct flounder_in *row);

/// Calls that a handler will answer later, by the number of their response: the oldest is answered
/// first. An answer without one has no call (0).
bool flounder_note_call(struct flounder_in *row, unsigned response);
unsigned flounder_oldest_call(struct flounder_stub *stub, unsigned response);
void flounder_forget_call(struct flounder_stub *stub, unsigned response);
/// Takes the one that was noted last; 0: the caller wants no answer.
unsigned flounder_take_call(struct flounder_stub *stub, unsigned response);
LIB_MUST_CHECK errval_t flounder_answer_error(struct flounder_stub *stub, unsigned call,
                                              errval_t err);
/// The answer of a handler that has returned `handled` was not sent: what it returned, or that the
/// answer is none that can be sent, is the call's error. Any other error ends the binding.
LIB_MUST_CHECK errval_t flounder_not_answered(struct flounder_stub *stub, unsigned call,
                                              errval_t handled, errval_t sent);
/// Frees what was to be given away, and was not; NULL_CAP may be.
void flounder_free_cap(struct capref cap);

/// A call whose caller lacks the right: it fails with SYS_ERR_RIGHTS, or, if nobody waits for an
/// answer, the binding ends with that.
LIB_MUST_CHECK errval_t flounder_denied(struct flounder_in *row);
