// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// A channel between two dispatchers of one core: an endpoint to receive at and a capability to the
// other side's. For requests and replies see barrelfish/lmp_rpc.h.

#pragma once

#include "barrelfish/lmp_endpoints.h"
#include "barrelfish/syscalls.h"

#define LMP_SEND_FLAGS_DEFAULT LMP_FLAG_YIELD
#define LMP_FLAG_SYNC LMP_FLAG_YIELD

/// Private to lmp_chan.c; visible for allocation.
struct lmp_chan {
    struct capref local_cap;  ///< to the own endpoint
    struct capref remote_cap; ///< to the other side's
    struct lmp_endpoint *endpoint;
};

void lmp_chan_init(struct lmp_chan *lc);

/// Makes an endpoint for `buflen_words` words (in whole messages) and sends to `endpoint`, which is
/// the channel's from then on. Hand out copies of the channel's local_cap, not that itself: else
/// the end of the other side goes unnoticed (endpoint_create()).
LIB_MUST_CHECK errval_t lmp_chan_accept(struct lmp_chan *lc, size_t buflen_words,
                                        struct capref endpoint);

/// Ends the endpoint, with all copies of local_cap, and destroys remote_cap.
void lmp_chan_destroy(struct lmp_chan *lc);

/// As lmp_endpoint_register(): the end of the other side is an event, too.
LIB_MUST_CHECK errval_t lmp_chan_register_recv(struct lmp_chan *lc, struct waitset *ws,
                                               struct event_closure closure);
errval_t lmp_chan_deregister_recv(struct lmp_chan *lc);

/// As lmp_endpoint_recv(): LIB_ERR_CHAN_CLOSED when the other side has gone and all that it sent
/// has been received.
LIB_MUST_CHECK errval_t lmp_chan_recv(struct lmp_chan *lc, struct lmp_recv_msg *msg,
                                      struct capref *cap);
bool lmp_chan_can_recv(struct lmp_chan *lc);

/// Allocates a slot for the next capability received.
LIB_MUST_CHECK errval_t lmp_chan_alloc_recv_slot(struct lmp_chan *lc);
void lmp_chan_set_recv_slot(struct lmp_chan *lc, struct capref slot);

/// Sends `length` of the eight words and a capability (NULL_CAP: none). `flags`: LMP_FLAG_.
/// Does not block. SYS_ERR_LMP_BUF_OVERFLOW, SYS_ERR_LMP_CAPTRANSFER_DST: try later.
LIB_MUST_CHECK errval_t lmp_chan_send(struct lmp_chan *lc, uint32_t flags, struct capref send_cap,
                                      size_t length, const uint64_t words[LMP_MSG_LENGTH]);

LIB_MUST_CHECK static inline errval_t lmp_chan_send0(struct lmp_chan *lc, uint32_t flags,
                                                     struct capref send_cap)
{
    uint64_t words[LMP_MSG_LENGTH] = {0};
    return lmp_chan_send(lc, flags, send_cap, 0, words);
}

LIB_MUST_CHECK static inline errval_t lmp_chan_send1(struct lmp_chan *lc, uint32_t flags,
                                                     struct capref send_cap, uint64_t arg1)
{
    uint64_t words[LMP_MSG_LENGTH] = {arg1};
    return lmp_chan_send(lc, flags, send_cap, 1, words);
}

LIB_MUST_CHECK static inline errval_t lmp_chan_send2(struct lmp_chan *lc, uint32_t flags,
                                                     struct capref send_cap, uint64_t arg1,
                                                     uint64_t arg2)
{
    uint64_t words[LMP_MSG_LENGTH] = {arg1, arg2};
    return lmp_chan_send(lc, flags, send_cap, 2, words);
}

LIB_MUST_CHECK static inline errval_t lmp_chan_send4(struct lmp_chan *lc, uint32_t flags,
                                                     struct capref send_cap, uint64_t arg1,
                                                     uint64_t arg2, uint64_t arg3, uint64_t arg4)
{
    uint64_t words[LMP_MSG_LENGTH] = {arg1, arg2, arg3, arg4};
    return lmp_chan_send(lc, flags, send_cap, 4, words);
}
