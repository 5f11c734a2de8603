// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// UMP: a channel between two domains on any two cores (also on one): two rings in a frame that both
// map, a waitset on top, and a Notify capability in each direction that wakes a domain that sleeps.
// Messages have 56 bytes and 16 bits of control; they are never lost, repeated, reordered or torn,
// and a full ring is an error that means "later". The monitors only connect the two.
//
// A client binds to an iref, a server accepts what monitor_export_service() hands it. What comes from the
// peer is a claim: its words may be anything. One thread at a time may send and one may receive;
// only that thread registers that direction.

#pragma once

#include "barrelfish/event_queue.h"
#include "barrelfish/monitor_client.h"
#include "barrelfish/ump_impl.h"

struct ump_chan;

/// What runs when a binding has completed: `err`, and `uc` for convenience. notify_cap is NULL_CAP;
/// the library keeps it.
struct ump_bind_continuation {
    void (*handler)(void *st, errval_t err, struct ump_chan *uc, struct capref notify_cap);
    void *st;
};

#define UMP_CAPS_MAX 8u ///< capabilities of each direction that are sent and not taken

/// A capability that has come, or (NULL_CAP) an error in its place.
struct ump_cap {
    struct capref cap;
    errval_t err;
};

/// Private to ump_chan.c and ump_caps.c.
struct ump_caps {
    unsigned out;           ///< sent, and not taken by the other side
    unsigned room, awaited; ///< events wait for room for so many, for so many to come; 0: neither
    unsigned first, count;
    struct ump_cap queue[UMP_CAPS_MAX];
    unsigned slots_count;
    struct capref slots[UMP_CAPS_MAX]; ///< for what comes
};

/// Private to ump_chan.c and ump_bind.c; visible for allocation. It must stay where it is while it
/// is bound.
struct ump_chan {
    struct ump_chan_state state;
    struct waitset_chanstate recv_chan, send_chan, bind_chan;
    uint64_t id;           ///< of the connection; 0: made by ump_chan_init()
    bool gone;             ///< the other side has disconnected or died
    bool server;           ///< made by ump_chan_accept()
    struct ump_caps *caps; ///< NULL: none can be sent or come
    struct capref notify;  ///< wakes the peer; NULL_CAP: the monitors do
    struct capref frame;   ///< mapped at buf
    void *buf;
    void *peer; ///< of ump_bind.c
    struct ump_bind_continuation cont;
    errval_t bind_err;
};

/// Makes a channel out of two areas of memory that the peer has mapped too; its `inbuf` is our
/// `outbuf`. Sizes are bytes, multiples of 64, at least 256. Both areas were zero before either
/// side began. Nobody is notified on such a channel: its receivers poll. LIB_ERR_UMP_BUFSIZE.
LIB_MUST_CHECK errval_t ump_chan_init(struct ump_chan *uc, volatile void *inbuf, size_t inbufsize,
                                      volatile void *outbuf, size_t outbufsize);

/// Binds to a service. Returns at once, or fails at once and `cont` does not run; else `cont` is
/// run by event_dispatch() on the default waitset.
///
/// \param qnode, monitor_binding, notify_cap  not needed here: NULL, NULL and NULL_CAP will do
/// \param inchanlen, outchanlen  bytes, rounded up to lines
/// \return LIB_ERR_UMP_BUFSIZE, MON_ERR_NO_CORE, MON_ERR_NO_IREF, MON_ERR_LIMIT,
///         LIB_ERR_RAM_ALLOC_LIMIT (a channel counts against its client's limit),
///         MON_ERR_SPAWN_LIMITED, LIB_ERR_MALLOC_FAIL. To the continuation: MON_ERR_NO_IREF,
///         LIB_ERR_BIND_REFUSED, LIB_ERR_CHAN_CLOSED (the server died), SPAWN_ERR_*
LIB_MUST_CHECK errval_t ump_chan_bind(struct ump_chan *uc, struct ump_bind_continuation cont,
                                      struct event_queue_node *qnode, iref_t iref,
                                      struct monitor_binding *monitor_binding, size_t inchanlen,
                                      size_t outchanlen, struct capref notify_cap);

/// As ump_chan_bind(), but blocks until the binding has completed. Nobody but this thread's peer
/// gets on meanwhile: two domains that bind to one another so, each with a service of its own on the
/// waitset that it would have to dispatch, wait until LIB_ERR_BIND_TIMEOUT (barrelfish/blocking.h).
/// A domain with a service binds with ump_chan_bind() and dispatches until `cont` has run.
LIB_MUST_CHECK errval_t ump_chan_bind_blocking(struct ump_chan *uc, iref_t iref, size_t inchanlen,
                                               size_t outchanlen);

/// Accepts a client that wants to bind; the request is used up, also by an error, which the client
/// gets as well. Blocks for a request to the monitor.
LIB_MUST_CHECK errval_t ump_chan_accept(struct ump_chan *uc, struct monitor_bind_request *request);

#define UMP_REQUESTS_BYTES 65536u

/// Whether a client asks for larger rings than that, more than a service needs that answers
/// short requests. The memory is the client's, but the page tables to map it with are the server's:
/// refuse it with LIB_ERR_UMP_BUFSIZE.
static inline bool ump_request_is_large(const struct monitor_bind_request *request)
{
    return request->client_out_bytes > UMP_REQUESTS_BYTES ||
           request->client_in_bytes > UMP_REQUESTS_BYTES;
}

/// Ends a channel, or one of ump_chan_init(): the peer's calls fail with LIB_ERR_CHAN_CLOSED when
/// it has read what was sent. Frees all but `uc` itself. Neither direction may be in use.
void ump_chan_close(struct ump_chan *uc);

/// Receives a message, valid until the next call. LIB_ERR_NO_UMP_MSG; LIB_ERR_CHAN_CLOSED: there
/// will be none any more.
LIB_MUST_CHECK errval_t ump_chan_recv(struct ump_chan *uc, volatile struct ump_message **msg);

/// Tells whether a message is there.
bool ump_chan_can_recv(struct ump_chan *uc);

/// Raises an event on `ws` once a message is there or the channel has closed. Whoever dispatches
/// polls for about as long as a sleep and wake take, then sleeps until the peer notifies.
/// LIB_ERR_CHAN_ALREADY_REGISTERED.
LIB_MUST_CHECK errval_t ump_chan_register_recv(struct ump_chan *uc, struct waitset *ws,
                                               struct event_closure closure);
errval_t ump_chan_deregister_recv(struct ump_chan *uc);

/// As ump_impl_get_next(); NULL: full. Send with ump_chan_publish(), then call ump_chan_flush()
/// before turning to other work.
volatile struct ump_message *ump_chan_get_next(struct ump_chan *uc, struct ump_control *ctrl);
void ump_chan_publish(struct ump_chan *uc, struct ump_control ctrl);

/// Wakes the peer if it sleeps and was sent something, or waits for room and has got some.
void ump_chan_flush(struct ump_chan *uc);

/// Wakes the peer, for who has asked the ring itself whether it sleeps or waits.
void ump_chan_wake(struct ump_chan *uc);

/// Sends a message and wakes the peer if it sleeps. LIB_ERR_UMP_FULL: try later;
/// LIB_ERR_CHAN_CLOSED; LIB_ERR_UMP_PEER: the peer acknowledged what was never sent.
LIB_MUST_CHECK errval_t ump_chan_send(struct ump_chan *uc, const uint64_t words[UMP_PAYLOAD_WORDS],
                                      uint16_t ctrl);

/// Raises an event on `ws` once a message can be sent or the channel has closed.
/// LIB_ERR_CHAN_ALREADY_REGISTERED.
LIB_MUST_CHECK errval_t ump_chan_register_send(struct ump_chan *uc, struct waitset *ws,
                                               struct event_closure closure);
errval_t ump_chan_deregister_send(struct ump_chan *uc);

/// As ump_chan_send(), but blocks while the ring is full. LIB_ERR_SEND_TIMEOUT: see
/// barrelfish/blocking.h. A server does not use it for its clients: one that does not read would
/// keep all others waiting.
LIB_MUST_CHECK errval_t ump_chan_send_blocking(struct ump_chan *uc,
                                               const uint64_t words[UMP_PAYLOAD_WORDS],
                                               uint16_t ctrl);

/// The same until a time at the latest (0: for ever).
LIB_MUST_CHECK errval_t ump_chan_send_until(struct ump_chan *uc,
                                            const uint64_t words[UMP_PAYLOAD_WORDS], uint16_t ctrl,
                                            systime_t deadline);

/// As ump_chan_recv(), but blocks until a message is there. LIB_ERR_RECV_TIMEOUT, if the thread has
/// a limit: see barrelfish/blocking.h.
LIB_MUST_CHECK errval_t ump_chan_recv_blocking(struct ump_chan *uc,
                                               volatile struct ump_message **msg);

/// The same until a time at the latest (0: for ever).
LIB_MUST_CHECK errval_t ump_chan_recv_until(struct ump_chan *uc, volatile struct ump_message **msg,
                                            systime_t deadline);

/// Makes a channel ready for capabilities, which both sides do before any is sent: what comes to one
/// that is not ready is deleted. They go beside the messages, in their own order; a message that
/// comes with some says so in its words. Reserves a slot for each that may be on its way.
/// LIB_ERR_MALLOC_FAIL, those of slot_alloc(). Nothing can be sent over one of ump_chan_init().
LIB_MUST_CHECK errval_t ump_chan_reserve_caps(struct ump_chan *uc);

/// Whether a capability can be sent as far as its type goes: between cores Frame, DevFrame,
/// EndPointUMP, Notify and ID can, on a core all. MON_ERR_CAP_SEND; SYS_ERR_RIGHTS: it lacks the right
/// to grant; those of cap_identify().
LIB_MUST_CHECK errval_t ump_chan_check_cap(struct ump_chan *uc, struct capref cap);

/// Whether there is room for so many more on their way, UMP_CAPS_MAX at most. If not, events of
/// ump_chan_register_send() wait for that.
bool ump_chan_has_cap_room(struct ump_chan *uc, unsigned count);

/// Sends a copy of a capability, which the other side can neither revoke nor pass on; `gives`: the
/// capability itself, which is gone on success, also if the other side cannot take it. Needs the
/// right to grant. Blocks for one request to the monitor. LIB_ERR_UMP_FULL: try later, with
/// MON_ERR_LIMIT below it: the monitors have no room; LIB_ERR_CHAN_CLOSED; MON_ERR_CAP_SEND and others
/// of ump_chan_check_cap(); LIB_ERR_INVALID_ARGS: NULL_CAP.
LIB_MUST_CHECK errval_t ump_chan_send_cap(struct ump_chan *uc, struct capref cap, bool gives);

/// Sends an error in place of a capability. Errors as above.
LIB_MUST_CHECK errval_t ump_chan_send_cap_error(struct ump_chan *uc, errval_t err);

/// Whether so many have come. If not, events of ump_chan_register_recv() wait for that instead of
/// messages, until this is called again and says yes, or with 0.
bool ump_chan_await_caps(struct ump_chan *uc, unsigned count);

/// Takes the first `count`, which have come; they are the caller's. Blocks for one request to the
/// monitor. Returns the first error that came in place of one, which is NULL_CAP: the other side's, or
/// of a monitor that could not pass it on (no slot, no memory, SYS_ERR_LMP_CAPTRANSFER_SRC: revoked
/// meanwhile).
LIB_MUST_CHECK errval_t ump_chan_take_caps(struct ump_chan *uc, unsigned count,
                                           struct capref *caps);
