// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What the files of the stubs' library share (flounder/flounder.h).
#pragma once

#include "barrelfish/threads.h"
#include "flounder/flounder.h"

/// Numbers of the stubs' own messages; all but the last are whole.
enum {
    FLOUNDER_HELLO = 251,     ///< messages, digest of all of them, digest of the name
    FLOUNDER_WELCOME = 252,   ///< the server's messages
    FLOUNDER_REFUSE = 253,    ///< an error; ends the binding
    FLOUNDER_ERROR = 254,     ///< an error in place of the answer to a call
    FLOUNDER_SIGNATURE = 255, ///< a text: the server's next signature, before it refuses
};

#define FLOUNDER_SIGNATURE_BYTES 4096u
#define FLOUNDER_TEXT_MOST (FLOUNDER_SIGNATURE_BYTES - 5) ///< letters; more are left out

/// flounder_assemble.c: pure. Takes a line; *number is 0 while a message is under way. Errors:
/// FLOUNDER_ERR_RX_*, LIB_ERR_MALLOC_FAIL.
errval_t flounder_assemble(struct flounder_assembly *assembly,
                           const struct flounder_interface *interface, unsigned ctrl,
                           const uint64_t words[FLOUNDER_LINE_WORDS], unsigned *number,
                           struct flounder_in *row);

/// A message whose lines and capabilities have all come.
void flounder_assembled(struct flounder_assembly *assembly, unsigned *number,
                        struct flounder_in *row);

/// flounder_send.c: sends what waits as far as there is room, and has the rest sent from an event.
void flounder_pump(struct flounder_stub *stub);
void flounder_drop_pending(struct flounder_stub *stub);
/// An answer that could not be sent: it waits for room.
errval_t flounder_answer_later(struct flounder_stub *stub, const struct flounder_line *line,
                               unsigned ctrl);
errval_t flounder_send_own(struct flounder_stub *stub, unsigned number, unsigned call,
                           const struct flounder_line *line);

/// A long text is cut.
errval_t flounder_send_text(struct flounder_stub *stub, unsigned number, const char *text);

/// flounder_caps.c: capabilities of a message to be sent (F9); what is not sent at once has to be the
/// stubs' own: on an error the caller's are as before. flounder_caps_send(): over UMP, before the
/// message's first line; LIB_ERR_UMP_FULL: the channel waits for room.
LIB_MUST_CHECK errval_t flounder_caps_keep(struct flounder_stub *stub,
                                           struct flounder_pending *pending,
                                           const struct flounder_out *row);
LIB_MUST_CHECK errval_t flounder_caps_own(struct flounder_pending *pending);
errval_t flounder_caps_send(struct flounder_stub *stub, struct flounder_pending *pending);
void flounder_caps_drop(struct flounder_pending *pending);
/// Frees what a call that was not sent would have given away.
void flounder_caps_free(const struct flounder_cap *caps, unsigned count);
/// The capability that came with a line over LMP, whose first word says how many there are.
LIB_MUST_CHECK errval_t flounder_caps_take(struct flounder_stub *stub, uint64_t word,
                                           struct capref cap);
void flounder_caps_forget(struct flounder_stub *stub);
/// The handler to which they were lent has returned.
void flounder_caps_return(struct flounder_in *row);

/// flounder_receive.c: F6. Whoever receives from a binding holds it; flounder_release() has its event
/// registered, or lets a thread receive that waits for an answer. In between a handler may have let
/// others receive: flounder_receives() tells.
bool flounder_inlet_enter(struct flounder_inlet *inlet, bool *nested);
void flounder_inlet_leave(struct flounder_inlet *inlet);
bool flounder_acquire(struct flounder_stub *stub, bool *nested);
void flounder_release(struct flounder_stub *stub, bool nested);
bool flounder_receives(const struct flounder_stub *stub);
/// The calling thread receives from no binding any more.
void flounder_let_receive(void);
/// A binding that is held is freed when it is let go, at the soonest.
void flounder_hold(struct flounder_stub *stub);
void flounder_let_go(struct flounder_stub *stub);
void flounder_receive(struct flounder_stub *stub);
/// Registers the event, unless somebody receives, or a server waits for room.
void flounder_listen(struct flounder_stub *stub);
/// Waits for a line, or for room if something waits to be sent. LIB_ERR_TIMEOUT.
errval_t flounder_wait(struct flounder_stub *stub, systime_t deadline);
/// Dispatches an event of `ws`, unless *over is true; others receive meanwhile. LIB_ERR_TIMEOUT.
errval_t flounder_dispatch(struct flounder_stub *stub, struct waitset *ws,
                           const volatile bool *over, systime_t deadline);
/// Ends a binding: all calls with `err`, then its user is told.
void flounder_end(struct flounder_stub *stub, errval_t err);
/// Takes a line that came over LMP, and the capability with it.
errval_t flounder_take_lmp_line(struct flounder_stub *stub, const uint64_t *words,
                                struct capref cap);

#define FLOUNDER_UMP_CAPS_SHIFT                                                                    \
    28u ///< in a long message's length: how many capabilities come with it

// What word 0 of a line over LMP has beside the control word.
#define FLOUNDER_LMP_CAPS_SHIFT 16 ///< how many capabilities come with the message
#define FLOUNDER_LMP_CAPS_MASK (UINT64_C(0xf) << FLOUNDER_LMP_CAPS_SHIFT)
#define FLOUNDER_CONNECTS (UINT64_C(1) << 63) ///< FL1
#define FLOUNDER_LMP_MESSAGES 8u              ///< room at the endpoint of who connects

/// flounder_lmp.c: who connects makes an endpoint of its own; a server's client enters with that of its
/// reception, waits for its end, and is told of it, from any thread.
extern const struct flounder_transport flounder_over_lmp;
LIB_MUST_CHECK errval_t flounder_lmp_open(struct flounder_stub *stub);
void flounder_lmp_watch(struct flounder_stub *stub);
void flounder_lmp_gone(struct flounder_stub *stub);

/// flounder_reception.c: that of a waitset, made if it is not there. A client is invited by a
/// capability that has its badge, and enters with where it is answered.
struct flounder_reception;
LIB_MUST_CHECK errval_t flounder_reception_need(struct waitset *ws,
                                                struct flounder_reception **reception);
LIB_MUST_CHECK errval_t flounder_reception_invite(struct flounder_reception *reception,
                                                  struct capref slot, uint32_t *badge);
void flounder_reception_enter(struct flounder_reception *reception, struct flounder_stub *stub,
                              uint32_t badge, struct capref remote);
void flounder_reception_leave(struct flounder_stub *stub);
void flounder_reception_listen(struct flounder_stub *stub);
void flounder_reception_receive(struct flounder_stub *stub);
/// The binding whose answer is kept until its handler has returned, if that gives one: NULL, none;
/// keeps one; sends such a one.
extern struct flounder_stub *flounder_keeping;
bool flounder_reception_keeps(struct flounder_stub *stub, const struct flounder_line *line,
                              unsigned ctrl);
void flounder_reception_flush(struct flounder_stub *stub);

/// flounder_timeout.c: prints who waited for whom, set as what runs when a call's time is over.
extern void (*flounder_on_timeout)(const struct flounder_interface *interface, unsigned number,
                                   domainid_t peer);
void flounder_timed_out(const struct flounder_interface *interface, unsigned number,
                        domainid_t peer);

#define FLOUNDER_HANDED                                                                            \
    (FLOUNDER_CALLS_MAX - 1) ///< index of a call with which the core is handed over

/// Of a call, in its word of a bit map.
static inline uint64_t flounder_call_bit(unsigned index)
{
    return UINT64_C(1) << index % 64;
}

/// flounder_call.c: takes a number for a call. FLOUNDER_ERR_CALLS: too many are outstanding, those whose
/// answer nobody waits for any more included.
LIB_MUST_CHECK errval_t flounder_call_enter(struct flounder_stub *stub, struct flounder_call *call,
                                            unsigned number, void *places);
/// Nobody waits for it any more; its number is not used again until its answer comes, if it was sent.
void flounder_call_give_up(struct flounder_stub *stub, struct flounder_call *call, bool was_sent);
errval_t flounder_call_await(struct flounder_stub *stub, struct flounder_call *call,
                             systime_t deadline);
/// Until when a call that begins now waits (0: for ever); what is told when that has passed.
systime_t flounder_call_deadline(const struct flounder_stub *stub);
void flounder_call_timed_out(const struct flounder_interface *interface, unsigned number,
                             domainid_t peer);
/// Waits until something that waits to be sent has been, or another thread gets on.
errval_t flounder_wait_for_room(struct flounder_stub *stub, systime_t deadline);
void flounder_calls_end(struct flounder_stub *stub, errval_t err);
errval_t flounder_call_failed(struct flounder_stub *stub, unsigned call, errval_t err);

/// Memory for bindings that a service's user has lent it.
struct flounder_room {
    struct list list; ///< of those that are free
    char *memory;
    size_t bytes;
};

/// What a binding needs until it is open: who connects says so, a server whom to ask, and who binds
/// what to tell.
struct flounder_bind {
    struct list place;          ///< among those of a service
    domainid_t client;          ///< of a service
    struct flounder_room *room; ///< of a service
    bool connects;
    flounder_connect_fn *connect_cb;     ///< of a service; may be NULL
    flounder_bind_continuation_fn *cont; ///< may be NULL
    void *st;                            ///< of either
    errval_t *result;                    ///< of flounder_bind_blocking(); may be NULL
    bool refuses, refused, differs;
    unsigned next; ///< signature to be told, or heard
};

static inline void *flounder_binding_of(struct flounder_stub *stub)
{
    return (char *)stub - stub->interface->stub_offset;
}

/// flounder_make.c: a binding without a channel; NULL: no memory. flounder_unmake() frees it so,
/// flounder_destroy() with its channel. flounder_greet(): there is a channel now.
void flounder_prepare(struct flounder_stub *stub, const struct flounder_interface *interface,
                      struct waitset *ws, struct flounder_bind *bind);
struct flounder_stub *flounder_make(const struct flounder_interface *interface, struct waitset *ws,
                                    struct flounder_bind made);
void flounder_unmake(struct flounder_stub *stub);
void flounder_bind_free(struct flounder_stub *stub);
void flounder_destroy(struct flounder_stub *stub);
LIB_MUST_CHECK errval_t flounder_greet(struct flounder_stub *stub);
LIB_MUST_CHECK errval_t flounder_greet_blocking(struct flounder_stub *stub, systime_t deadline);

/// flounder_hello.c: the client's greeting, lines of the stubs' own, a signature; the end of binding,
/// well or not.
LIB_MUST_CHECK errval_t flounder_say_hello(struct flounder_stub *stub);
errval_t flounder_control_line(struct flounder_stub *stub, unsigned ctrl,
                               const uint64_t words[FLOUNDER_LINE_WORDS]);
errval_t flounder_signature(struct flounder_stub *stub, struct flounder_in *row);
void flounder_conclude(struct flounder_stub *stub, errval_t err);
void flounder_bind_ended(struct flounder_stub *stub, errval_t err);
/// Goes on telling a client that is refused what this server speaks.
LIB_MUST_CHECK errval_t flounder_refuse(struct flounder_stub *stub);
