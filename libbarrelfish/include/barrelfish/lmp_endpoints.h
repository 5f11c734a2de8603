// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Endpoints where this dispatcher receives LMP messages: buffers in the dispatcher frame that the
// CPU driver fills in. Sources: kpi/dispatcher.h for the buffer's protocol.

#pragma once

#include "barrelfish/caddr.h"
#include "barrelfish/waitset.h"
#include "kpi/dispatcher.h"

/// Where a message is received to. `buflen`: words that there is room for.
struct lmp_recv_buf {
    size_t buflen;
    size_t msglen;  ///< words of the message
    uint64_t badge; ///< of the capability that the sender invoked
    uint64_t words[];
};

/// A buffer for any message; words[] is where buf.words[] begins.
struct lmp_recv_msg {
    struct lmp_recv_buf buf;
    uint64_t words[LMP_MSG_LENGTH];
};

#define LMP_RECV_MSG_INIT                                                                          \
    {                                                                                              \
        .buf = {.buflen = LMP_MSG_LENGTH }                                                         \
    }

/// Private to lmp_endpoints.c; visible for allocation. Those but the self endpoint's lie in front
/// of their buffers in the dispatcher frame.
struct lmp_endpoint {
    struct waitset_chanstate waitset_state;
    struct list place; ///< in the ring of those that are registered
    struct lmp_endpoint_kern *kern;
    struct capref recv_slot;
    uint32_t messages;    ///< that the buffer holds, a power of two
    uint16_t first_block; ///< of the dispatcher frame
    uint16_t blocks;
};

/// Room for `messages` (1 to LMP_ENDPOINT_MESSAGES_MAX, rounded up to a power of two) in the
/// dispatcher frame; no capability is made. LIB_ERR_ENDPOINT_ALLOC; LIB_ERR_INVALID_ARGS.
LIB_MUST_CHECK errval_t lmp_endpoint_alloc(size_t messages, struct lmp_endpoint **retep);

/// Gives the room back. No capability to the endpoint may exist any more.
void lmp_endpoint_free(struct lmp_endpoint *ep);

/// Makes the capability of an allocated endpoint, in the empty slot `dest`.
LIB_MUST_CHECK errval_t lmp_endpoint_create_in_slot(size_t messages, struct capref dest,
                                                    struct lmp_endpoint **retep);

/// Makes an endpoint for `buflen` messages and its capability in a new slot. While that one is kept
/// there, by whoever waits at the endpoint, copies of it are what others can send with: with the
/// last of them, or with that one itself, the endpoint is closed; with the next copy it is open.
/// One that never had a copy is open. A server that outlives its clients keeps a copy of its own.
LIB_MUST_CHECK errval_t endpoint_create(size_t buflen, struct capref *retcap,
                                        struct lmp_endpoint **retep);

/// Ends an endpoint and `cap`, with which endpoint_create() made it: revokes the copies, since who
/// still sent would send to where something else will be, and frees the slot to receive in, with
/// what has come there.
void endpoint_destroy(struct capref cap, struct lmp_endpoint *ep);

/// The endpoint that the spawner made (cap_selfep). It is never closed.
struct lmp_endpoint *lmp_endpoint_self(void);

/// Offset in the dispatcher frame, as DISPATCHER_CMD_ENDPOINT takes it.
uint32_t lmp_endpoint_offset(const struct lmp_endpoint *ep);

/// Raises an event when a message is there, or when the endpoint was closed and that has not been
/// received yet. LIB_ERR_CHAN_ALREADY_REGISTERED.
LIB_MUST_CHECK errval_t lmp_endpoint_register(struct lmp_endpoint *ep, struct waitset *ws,
                                              struct event_closure closure);

/// LIB_ERR_CHAN_NOT_REGISTERED.
errval_t lmp_endpoint_deregister(struct lmp_endpoint *ep);

/// Sets the empty slot for the next capability received (NULL_CAP: none is accepted).
void lmp_endpoint_set_recv_slot(struct lmp_endpoint *ep, struct capref slot);

static inline bool lmp_endpoint_can_recv(const struct lmp_endpoint *ep)
{
    return ep->kern->delivered != ep->kern->consumed;
}

/// Whether nobody else can send. Messages that came before may be there.
static inline bool lmp_endpoint_is_closed(const struct lmp_endpoint *ep)
{
    return ep->kern->closings % 2 != 0;
}

/// Takes the next message. *cap (may be NULL) is the slot of the capability that came with it, now
/// the caller's, or NULL_CAP; after one came a new slot must be set. If cap is NULL the capability
/// stays in the slot. LIB_ERR_NO_LMP_MSG; LIB_ERR_CHAN_CLOSED: there is none, and nobody is left
/// who could send one: their domains have ended or have deleted their copies; LIB_ERR_INVALID_ARGS:
/// the message is longer than the buffer, nothing was taken.
LIB_MUST_CHECK errval_t lmp_endpoint_recv(struct lmp_endpoint *ep, struct lmp_recv_buf *buf,
                                          struct capref *cap);

/// Sends `length` of the eight words and a capability (NULL_CAP: none) to an endpoint. `flags`:
/// LMP_FLAG_; with LMP_FLAG_YIELD the receiver runs before this returns. Does not block. Errors:
/// those of SYSCALL_LMP_SEND; SYS_ERR_LMP_BUF_OVERFLOW and SYS_ERR_LMP_CAPTRANSFER_DST mean "try
/// later".
errval_t lmp_send(struct capref endpoint, uint32_t flags, struct capref send_cap, size_t length,
                  const uint64_t words[LMP_MSG_LENGTH]);

/// Tells whether an error of a send means "try later".
static inline bool lmp_err_is_transient(errval_t err)
{
    return err_no(err) == SYS_ERR_LMP_BUF_OVERFLOW || err_no(err) == SYS_ERR_LMP_CAPTRANSFER_DST;
}
