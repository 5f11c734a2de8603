// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The direct way of a message from a dispatcher that will wait for the reply to one that waits for
// the message (LMP_FLAG_CALL): its words stay in the registers where they are, and the receiver
// takes the sender's place in the run queue, and so what is left of the slice, without the
// scheduler. The way is straight and inline, because a call and its reply may cost 400 instructions
// (tests/system/lrpc counts them). It only looks whether all is well; what is not goes to
// lmp_send.c, which finds the error or another way. Sources: Bershad, Anderson, Lazowska, Levy:
// "Lightweight Remote Procedure Call", TOCS 1990; Liedtke: "Improving IPC by Kernel Design", SOSP
// 1993.
//
// L1  A dispatcher with DCB_RETURN is DISPATCHER_BLOCKED or, when a message for its buffer has
//     come, an endpoint was closed, the core was handed to it or it was watched for long enough,
//     runnable; it has run, and it does not sleep.
// L2  Sender and receiver never are the same: one is blocked.
// L3  What the receiver sees of the sender are the words that were sent and their number.

#pragma once

#include "dispatch/dispatch.h"
#include "machine/switch.h"

/// A dispatcher with messages that it has not looked for does not wait, nor one that there was no
/// room to tell of a death or a notification.
static inline bool lrpc_has_seen_all(const struct dcb *dcb)
{
    uint64_t delivered_and_untold;
    __builtin_memcpy(&delivered_and_untold, &dcb->lmp_delivered, sizeof(delivered_and_untold));
    return dcb->shared->lmp_seen == delivered_and_untold;
}

/// Whether the endpoint's dispatcher waits for a message that comes just there. Its capability
/// space is looked at when it uses it.
static inline bool lrpc_is_awaited(const struct cap *endpoint)
{
    const struct dcb *to = dcb_of(endpoint);
    return to->state == DISPATCHER_BLOCKED && to->entry == DCB_RETURN &&
           cap_has(&to->slots.vspace.cap, ObjType_VNode_x86_64_pml4, 0) &&
           cap_has(&to->slots.frame.cap, ObjType_Frame, 0) &&
           to->shared->lrpc_endpoint == endpoint_offset(endpoint);
}

/// Hand the core over. kcb.regs holds the words already, and in rsi LMP_RECV_ bits | words << 8.
static inline void lrpc_hand_over(struct dcb *from, struct dcb *to, uint32_t badge)
{
    struct registers *regs = &kcb.regs;
    bases_save(from);
    from->return_rip = regs->rip;
    from->return_rsp = regs->rsp;
    from->entry = DCB_RETURN;
    from->state = DISPATCHER_BLOCKED;
    schedule_replace(&kcb.schedule, &from->place, &to->place);
    to->state = DISPATCHER_RUNNABLE;
    to->scheduled++;
    kcb.current = to;
    kcb.stats[KERNEL_STAT_SWITCHES]++; // two dispatchers of a core rarely share a space
    kcb.arch.cr3 = to->pml4;
    cpu_write_cr3(to->pml4);
    fpu_hand_over(from, to);
    bases_load(to);
    if (kcb.event_start - to->info_tsc >= kcb.tsc_per_ms)
        info_update(to);
    regs->rax = SYS_ERR_OK;
    regs->rdx = badge;
    regs->rdi = regs->rbp = 0;
    regs->rip = to->return_rip;
    regs->rsp = to->return_rsp;
    regs->eflags = RFLAGS_IF | RFLAGS_FIXED;
}

/// lmp_send.c: SYSCALL_LMP_SEND of the current dispatcher by the long way; arguments are in kcb.regs.
errval_t lmp_send(struct dcb *dcb);

/// The whole way for a message of eight words without a capability, whose rsi is what the receiver
/// gets. False: nothing has changed.
_Static_assert(LMP_FLAG_CALL == LMP_RECV_WORDS, "rsi stays as it is");
static inline bool lrpc_try(struct dcb *dcb)
{
    const struct registers *regs = &kcb.regs;
    if (regs->rsi != (LMP_FLAG_CALL | LMP_MSG_LENGTH << 8) || regs->rdx != 0 ||
        kcb.caps.reclaim_bytes != 0 || dcb->shared->disabled == 0 || !lrpc_has_seen_all(dcb))
        return false;
    const struct cte *slot = caps_slot_at(&kcb.caps, &dcb->slots.cspace.cap, regs->rdi);
    if (slot == NULL || !cap_has(&slot->cap, ObjType_EndPointLMP, ENDPOINT_RIGHT_SEND) ||
        !lrpc_is_awaited(&slot->cap))
        return false;
    lrpc_hand_over(dcb, dcb_of(&slot->cap), endpoint_badge(&slot->cap));
    return true;
}
