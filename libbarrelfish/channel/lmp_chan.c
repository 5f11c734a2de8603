// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// A channel between two dispatchers of one core: thin, over lmp_endpoints.c.

#include "barrelfish/lmp_chan.h"

#include "barrelfish/capabilities.h"
#include "barrelfish/slot_alloc.h"

void lmp_chan_init(struct lmp_chan *lc)
{
    *lc = (struct lmp_chan){NULL_CAP, NULL_CAP, NULL};
}

errval_t lmp_chan_accept(struct lmp_chan *lc, size_t buflen_words, struct capref endpoint)
{
    size_t messages = (buflen_words + LMP_MSG_LENGTH - 1) / LMP_MSG_LENGTH;
    errval_t err = endpoint_create(messages, &lc->local_cap, &lc->endpoint);
    if (err_is_ok(err))
        lc->remote_cap = endpoint;
    return err;
}

void lmp_chan_destroy(struct lmp_chan *lc)
{
    if (lc->endpoint != NULL)
        endpoint_destroy(lc->local_cap, lc->endpoint);
    if (!capref_is_null(lc->remote_cap))
        (void)cap_destroy(lc->remote_cap);
    lmp_chan_init(lc);
}

errval_t lmp_chan_register_recv(struct lmp_chan *lc, struct waitset *ws,
                                struct event_closure closure)
{
    return lmp_endpoint_register(lc->endpoint, ws, closure);
}

errval_t lmp_chan_deregister_recv(struct lmp_chan *lc)
{
    return lmp_endpoint_deregister(lc->endpoint);
}

errval_t lmp_chan_recv(struct lmp_chan *lc, struct lmp_recv_msg *msg, struct capref *cap)
{
    return lmp_endpoint_recv(lc->endpoint, &msg->buf, cap);
}

bool lmp_chan_can_recv(struct lmp_chan *lc)
{
    return lmp_endpoint_can_recv(lc->endpoint);
}

errval_t lmp_chan_alloc_recv_slot(struct lmp_chan *lc)
{
    struct capref slot;
    errval_t err = slot_alloc(&slot);
    if (err_is_ok(err))
        lmp_chan_set_recv_slot(lc, slot);
    return err;
}

void lmp_chan_set_recv_slot(struct lmp_chan *lc, struct capref slot)
{
    lmp_endpoint_set_recv_slot(lc->endpoint, slot);
}

errval_t lmp_chan_send(struct lmp_chan *lc, uint32_t flags, struct capref send_cap, size_t length,
                       const uint64_t words[LMP_MSG_LENGTH])
{
    return lmp_send(lc->remote_cap, flags, send_cap, length, words);
}
