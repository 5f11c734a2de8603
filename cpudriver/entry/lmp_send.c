// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// SYSCALL_LMP_SEND: what a dispatcher sends. A message goes into the receiver's buffer (lmp.c), or,
// if the sender waits for the reply and the receiver waits for it, straight to the receiver
// (lrpc.h).

#include "lib/kassert.h"
#include "lmp/lmp.h"
#include "lrpc.h"

/// Finds what is sent and to whom; checks everything but the receiver.
static errval_t decode_send(const struct dcb *dcb, struct lmp_send *send, struct cte **endpoint)
{
    const struct registers *regs = &kcb.regs;
    const struct cap *root = &dcb->slots.cspace.cap;
    errval_t err = caps_lookup(&kcb.caps, root, regs->rdi, endpoint);
    if (err_is_fail(err))
        return err;
    const struct cap *cap = &(*endpoint)->cap;
    if (cap->type != ObjType_EndPointLMP)
        return SYS_ERR_CAP_TYPE;
    const struct cap_command *rule = cap_command(ENDPOINT_CMD_SEND);
    if ((cap->rights & rule->rights) != rule->rights)
        return SYS_ERR_RIGHTS;
    if (regs->rdx == 0)
        return SYS_ERR_OK;
    // To be given away it is also taken out of its CNode, which needs the right to.
    err = send->give ? caps_lookup_delete(&kcb.caps, root, regs->rdx, &send->given)
                     : caps_lookup(&kcb.caps, root, regs->rdx, &send->given);
    if (err_is_fail(err))
        return SYS_ERR_LMP_CAPTRANSFER_SRC;
    uint8_t needed = rule->args[0].rights;
    return (send->given->cap.rights & needed) == needed ? SYS_ERR_OK : SYS_ERR_RIGHTS;
}

/// What is behind the message must not reach the receiver.
static void clear_words(uint32_t length)
{
    struct registers *regs = &kcb.regs;
    uint64_t *words[LMP_MSG_LENGTH] = {&regs->r10, &regs->r8,  &regs->r9,  &regs->r12,
                                       &regs->r13, &regs->r14, &regs->r15, &regs->rbx};
    for (; length < LMP_MSG_LENGTH; length++)
        *words[length] = 0;
}

static errval_t hand_over(struct dcb *dcb, const struct cap *endpoint, const struct lmp_send *send)
{
    struct dcb *receiver = dcb_of(endpoint);
    kassert(receiver != dcb); // L2
    uint32_t badge = endpoint_badge(endpoint);
    uint64_t info = LMP_RECV_WORDS | send->length << 8;
    if (send->given != NULL) {
        errval_t err = lmp_transfer(endpoint, send);
        if (err_is_fail(err))
            return err;
        info |= LMP_RECV_HAS_CAP;
    }
    if (send->length < LMP_MSG_LENGTH)
        clear_words(send->length);
    kcb.regs.rsi = info;
    lrpc_hand_over(dcb, receiver, badge);
    return SYS_ERR_OK;
}

static errval_t deliver(struct dcb *dcb, const struct cap *endpoint, struct lmp_send *send)
{
    const struct registers *regs = &kcb.regs;
    const uint64_t words[LMP_MSG_LENGTH] = {regs->r10, regs->r8,  regs->r9,  regs->r12,
                                            regs->r13, regs->r14, regs->r15, regs->rbx};
    uint64_t flags = regs->rsi;
    struct dcb *receiver = dcb_of(endpoint); // before a move: the endpoint may be what is given
    send->words = words;
    errval_t err = lmp_deliver(endpoint, send);
    if (err_is_fail(err))
        return err;
    if ((flags & LMP_FLAG_CALL) != 0) {
        kcb.regs.rsi = 0; // no message comes in registers
        if (lrpc_has_seen_all(dcb))
            dispatcher_wait(dcb);
    }
    bool gives_way = (flags & LMP_FLAG_YIELD) != 0 || kcb.current == NULL;
    if (gives_way && receiver->state == DISPATCHER_RUNNABLE)
        schedule_favour(&kcb.schedule, &receiver->place);
    return SYS_ERR_OK;
}

errval_t lmp_send(struct dcb *dcb)
{
    const struct registers *regs = &kcb.regs;
    uint64_t flags = regs->rsi & 0xff;
    struct lmp_send send = {
        .length = (uint32_t)(regs->rsi >> 8),
        .give = (flags & LMP_FLAG_GIVE) != 0,
        .no_grant = (flags & LMP_FLAG_NO_GRANT) != 0,
    };
    if (regs->rsi >> 8 > LMP_MSG_LENGTH || (flags & ~(uint64_t)LMP_FLAGS) != 0 ||
        (send.give && send.no_grant))
        return SYS_ERR_ARGS;
    bool call = (flags & LMP_FLAG_CALL) != 0;
    if (call && !dispatcher_is_disabled(dcb, regs->rip))
        return SYS_ERR_ARGS;
    if (call && dcb->untold != 0)
        dispatcher_tell_untold(dcb);
    struct cte *endpoint;
    errval_t err = decode_send(dcb, &send, &endpoint);
    if (err_is_fail(err))
        return err;
    return call && lrpc_has_seen_all(dcb) && lrpc_is_awaited(&endpoint->cap)
               ? hand_over(dcb, &endpoint->cap, &send)
               : deliver(dcb, &endpoint->cap, &send);
}
