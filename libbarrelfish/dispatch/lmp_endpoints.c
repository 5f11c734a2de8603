// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// LMP endpoints. A buffer, with its struct lmp_endpoint in front, is a run of blocks of the
// dispatcher frame. The CPU driver counts all messages to the dispatcher, and all its endpoints
// that are closed because nobody is left who could send, in lmp_delivered; if that
// differs from lmp_seen, all registered endpoints are looked at. lmp_seen is set first, so that a
// message that comes meanwhile (after a preemption) makes them differ again. Sender and receiver
// are on one core: the CPU driver's writes are seen in order, and volatile suffices.

#include "barrelfish/lmp_endpoints.h"

#include <assert.h>
#include <string.h>

#include "barrelfish/syscalls.h"
#include "dispatcher.h"
#include "util/block_map.h"

_Static_assert(sizeof(struct lmp_endpoint) % FRAME_BLOCK_BYTES == 0, "the buffer is aligned");
_Static_assert(LMP_ENDPOINT_BYTES(SELFEP_MESSAGES) <= SELFEP_END - SELFEP_OFFSET, "kpi/spawn.h");

void lmp_endpoints_init(struct dispatcher *disp)
{
    struct lmp_endpoint *ep = &disp->self_ep;
    waitset_chanstate_init(&ep->waitset_state, CHANTYPE_LMP_IN);
    ep->kern = (struct lmp_endpoint_kern *)((uint8_t *)disp + SELFEP_OFFSET);
    ep->messages = SELFEP_MESSAGES;
}

struct lmp_endpoint *lmp_endpoint_self(void)
{
    return &disp_self()->self_ep;
}

uint32_t lmp_endpoint_offset(const struct lmp_endpoint *ep)
{
    return (uint32_t)((uintptr_t)ep->kern - (uintptr_t)disp_self());
}

errval_t lmp_endpoint_alloc(size_t messages, struct lmp_endpoint **retep)
{
    if (messages == 0 || messages > LMP_ENDPOINT_MESSAGES_MAX)
        return LIB_ERR_INVALID_ARGS;
    size_t count = 1;
    while (count < messages)
        count *= 2;
    size_t bytes = sizeof(struct lmp_endpoint) + LMP_ENDPOINT_BYTES(count);
    size_t blocks = (bytes + FRAME_BLOCK_BYTES - 1) / FRAME_BLOCK_BYTES;
    struct dispatcher *disp = dispatch_disable();
    size_t first = block_map_take(disp->frame_blocks, FRAME_BLOCKS, blocks);
    dispatch_enable(disp);
    if (first == BLOCK_MAP_NONE)
        return LIB_ERR_ENDPOINT_ALLOC;
    uint8_t *base = (uint8_t *)disp + SELFEP_END + first * FRAME_BLOCK_BYTES;
    memset(base, 0, blocks * FRAME_BLOCK_BYTES);
    struct lmp_endpoint *ep = (struct lmp_endpoint *)base;
    waitset_chanstate_init(&ep->waitset_state, CHANTYPE_LMP_IN);
    ep->kern = (struct lmp_endpoint_kern *)(ep + 1);
    ep->messages = (uint32_t)count;
    ep->first_block = (uint16_t)first;
    ep->blocks = (uint16_t)blocks;
    *retep = ep;
    return SYS_ERR_OK;
}

void lmp_endpoint_free(struct lmp_endpoint *ep)
{
    (void)lmp_endpoint_deregister(ep);
    struct dispatcher *disp = dispatch_disable();
    assert(ep->blocks > 0 && ep->first_block + ep->blocks <= FRAME_BLOCKS); // DI9
    block_map_give(disp->frame_blocks, ep->first_block, ep->blocks);
    dispatch_enable(disp);
}

/// A closing that lmp_endpoint_recv() has told is no event any more: else whoever listens for
/// senders yet to come would be told for ever.
static bool has_event(const struct lmp_endpoint *ep)
{
    uint32_t closings = ep->kern->closings;
    return lmp_endpoint_can_recv(ep) || (closings % 2 != 0 && closings != ep->kern->closings_seen);
}

errval_t lmp_endpoint_register(struct lmp_endpoint *ep, struct waitset *ws,
                               struct event_closure closure)
{
    struct dispatcher *disp = dispatch_disable();
    errval_t err = waitset_chan_register_disabled(ws, &ep->waitset_state, closure);
    if (err_is_ok(err)) {
        if (has_event(ep))
            (void)waitset_chan_trigger_disabled(&ep->waitset_state);
        else
            ring_add(&disp->lmp_registered, &ep->place);
    }
    dispatch_enable(disp);
    return err;
}

errval_t lmp_endpoint_deregister(struct lmp_endpoint *ep)
{
    struct dispatcher *disp = dispatch_disable();
    ring_remove(&disp->lmp_registered, &ep->place);
    errval_t err = waitset_chan_deregister_disabled(&ep->waitset_state);
    dispatch_enable(disp);
    return err;
}

void lmp_endpoints_poll_disabled(struct dispatcher *disp)
{
    disp->shared.lmp_seen = disp->shared.lmp_delivered;
    struct list *next, *first = disp->lmp_registered, *last = first != NULL ? first->prev : NULL;
    for (struct list *place = first; place != NULL; place = next) {
        struct lmp_endpoint *ep = LIST_OWNER(place, struct lmp_endpoint, place);
        next = place == last ? NULL : place->next;
        if (has_event(ep)) {
            ring_remove(&disp->lmp_registered, place);
            (void)waitset_chan_trigger_disabled(&ep->waitset_state);
        }
    }
}

void lmp_endpoint_set_recv_slot(struct lmp_endpoint *ep, struct capref slot)
{
    ep->recv_slot = slot;
    ep->kern->recv_slot = get_cap_caddr(slot);
}

void lmp_endpoint_take_cap(struct lmp_endpoint *ep, bool has_cap, struct capref *cap)
{
    if (cap != NULL)
        *cap = has_cap ? ep->recv_slot : NULL_CAP;
    if (has_cap) // The next one needs a slot of its own, or, if it stays here, an empty one.
        lmp_endpoint_set_recv_slot(ep, cap != NULL ? NULL_CAP : ep->recv_slot);
}

errval_t lmp_endpoint_recv(struct lmp_endpoint *ep, struct lmp_recv_buf *buf, struct capref *cap)
{
    struct lmp_endpoint_kern *kern = ep->kern;
    uint32_t closings = kern->closings; // before the look for a message that came before it
    if (!lmp_endpoint_can_recv(ep)) {
        if (closings % 2 == 0)
            return LIB_ERR_NO_LMP_MSG;
        kern->closings_seen = closings;
        return LIB_ERR_CHAN_CLOSED;
    }
    const struct lmp_message *message = &kern->messages[kern->consumed & (ep->messages - 1)];
    if (message->length > buf->buflen)
        return LIB_ERR_INVALID_ARGS;
    buf->msglen = message->length;
    buf->badge = message->badge;
    memcpy(buf->words, message->words, message->length * sizeof(message->words[0]));
    lmp_endpoint_take_cap(ep, message->flags & LMP_RECV_HAS_CAP, cap);
    __asm__ volatile("" ::: "memory"); // the message is read before its place is given back
    kern->consumed = kern->consumed + 1;
    return SYS_ERR_OK;
}

/// The sender is disabled while the receiver runs in its place, so that it is resumed as it is,
/// without an upcall: that makes a local call fast.
errval_t lmp_send(struct capref endpoint, uint32_t flags, struct capref send_cap, size_t length,
                  const uint64_t words[LMP_MSG_LENGTH])
{
    bool was_enabled;
    dispatcher_handle_t handle = disp_try_disable(&was_enabled);
    errval_t err =
        sys_lmp_send(get_cap_caddr(endpoint), flags, get_cap_caddr(send_cap), length, words);
    if (was_enabled)
        disp_enable(handle);
    return err;
}
