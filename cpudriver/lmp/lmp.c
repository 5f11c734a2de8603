// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Local message passing: a message is copied into the receiver's endpoint buffer, in its dispatcher
// frame, and the receiver made runnable. The buffer's counters are the receiver's claims: whatever
// they hold, the CPU driver writes inside the buffer that the capability names. That nobody can
// send any more (caps/ops.c) is told here, too.

#include "lmp/lmp.h"

#include "lib/kassert.h"

/// The dispatcher behind an endpoint if it can take a message, else NULL. Its frame is still there:
/// the last copy in its slots keeps it.
static struct dcb *receiver(const struct cap *endpoint)
{
    struct dcb *dcb = dcb_of(endpoint);
    bool alive = dcb->state != DISPATCHER_KILLED && dcb->state != DISPATCHER_STOPPED;
    bool whole = cte_is(&dcb->slots.frame, ObjType_Frame);
    uint64_t end = endpoint_offset(endpoint) + LMP_ENDPOINT_BYTES(endpoint->aux);
    return alive && whole && dcb->shared != NULL && end <= dcb->frame_bytes ? dcb : NULL;
}

static struct lmp_endpoint_kern *endpoint_buffer(const struct dcb *dcb, const struct cap *endpoint)
{
    return (struct lmp_endpoint_kern *)((uint8_t *)dcb->shared + endpoint_offset(endpoint));
}

/// Copies or moves the capability into the slot that the receiver keeps ready.
static errval_t transfer(const struct dcb *dcb, struct lmp_endpoint_kern *buffer,
                         const struct lmp_send *send)
{
    struct caps_dest slot;
    uint64_t caddr = buffer->recv_slot;
    if (caddr == 0 ||
        err_is_fail(caps_lookup_slot(&kcb.caps, &dcb->slots.cspace.cap, caddr, &slot)))
        return SYS_ERR_LMP_CAPTRANSFER_DST;
    uint64_t rights = send->no_grant ? CAPRIGHTS_ALL & ~CAPRIGHTS_GRANT : CAPRIGHTS_ALL;
    errval_t err = send->give ? caps_move(&kcb.caps, &slot, send->given)
                              : caps_mint(&kcb.caps, &slot, send->given, rights, 0);
    // The slot belongs to this message from now on, even if a revocation empties it: or else that
    // of the next one would be taken for this one's.
    if (err_is_ok(err))
        buffer->recv_slot = 0;
    return err_no(err) == SYS_ERR_SLOT_IN_USE ? SYS_ERR_LMP_CAPTRANSFER_DST : err;
}

errval_t lmp_transfer(const struct cap *endpoint, const struct lmp_send *send)
{
    const struct dcb *dcb = receiver(endpoint);
    return dcb == NULL ? SYS_ERR_LMP_NO_TARGET
                       : transfer(dcb, endpoint_buffer(dcb, endpoint), send);
}

static void wake(struct dcb *dcb)
{
    dcb->shared->lmp_delivered = ++dcb->lmp_delivered;
    dispatcher_make_runnable(dcb);
}

errval_t lmp_deliver(const struct cap *endpoint, const struct lmp_send *send)
{
    struct dcb *dcb = receiver(endpoint);
    if (dcb == NULL)
        return SYS_ERR_LMP_NO_TARGET;
    struct lmp_endpoint_kern *buffer = endpoint_buffer(dcb, endpoint);
    uint32_t delivered = buffer->delivered;
    kassert((endpoint->aux & (endpoint->aux - 1u)) == 0); // N3
    if (delivered - buffer->consumed >= endpoint->aux)
        return SYS_ERR_LMP_BUF_OVERFLOW;
    // Read all of the endpoint before a move: it may be the capability that is given away.
    struct lmp_message *message = &buffer->messages[delivered & (endpoint->aux - 1u)];
    uint32_t badge = endpoint_badge(endpoint);
    if (send->given != NULL) {
        errval_t err = transfer(dcb, buffer, send);
        if (err_is_fail(err))
            return err;
    }
    message->length = send->length;
    message->flags = send->given != NULL ? LMP_RECV_HAS_CAP : 0;
    message->badge = badge;
    for (uint32_t i = 0; i < send->length; i++)
        message->words[i] = send->words[i];
    buffer->delivered = delivered + 1;
    wake(dcb);
    return SYS_ERR_OK;
}

errval_t lmp_deliver_words(const struct cap *endpoint, const uint64_t *words, uint32_t length)
{
    struct lmp_send send = {.words = words, .length = length};
    return lmp_deliver(endpoint, &send);
}

void lmp_set_closed(const struct cap *endpoint, bool closed)
{
    struct dcb *dcb = receiver(endpoint);
    if (dcb == NULL)
        return;
    struct lmp_endpoint_kern *buffer = endpoint_buffer(dcb, endpoint);
    uint32_t closings = buffer->closings;
    if ((closings % 2 != 0) == closed)
        return;
    buffer->closings = closings + 1;
    if (closed)
        wake(dcb);
}

void lmp_notice_begin(struct lmp_notice *notice)
{
    notice->told = false;
    list_remove(&notice->owed);
}

/// Whether the last notification is among the messages from `consumed` on.
static bool is_unread(const struct lmp_notice *notice, uint32_t consumed)
{
    return notice->told && notice->delivered - consumed - 1 < notice->endpoint.cap.aux;
}

/// It has no room: told when it has (N1).
static void owe(struct lmp_notice *notice, struct dcb *dcb)
{
    list_remove(&notice->owed);
    list_add(&dcb->notices, &notice->owed);
    dcb->untold = 1;
}

void lmp_notify(struct lmp_notice *notice)
{
    const struct cap *endpoint = &notice->endpoint.cap;
    struct dcb *dcb = endpoint->type == ObjType_EndPointLMP ? receiver(endpoint) : NULL;
    if (dcb == NULL)
        return;
    const struct lmp_endpoint_kern *buffer = endpoint_buffer(dcb, endpoint);
    if (is_unread(notice, buffer->consumed))
        return;
    errval_t err = lmp_deliver_words(endpoint, NULL, 0);
    if (err_no(err) == SYS_ERR_LMP_BUF_OVERFLOW) {
        owe(notice, dcb);
    } else if (err_is_ok(err)) {
        notice->told = true;
        notice->delivered = buffer->delivered;
    }
}

void lmp_notify_owed(struct dcb *dcb)
{
    if (list_is_empty(&dcb->notices))
        return;
    kassert(dcb->untold != 0); // N4
    struct lmp_notice *notice = LIST_OWNER(dcb->notices.next, struct lmp_notice, owed);
    list_remove(&notice->owed);
    lmp_notify(notice);
}
