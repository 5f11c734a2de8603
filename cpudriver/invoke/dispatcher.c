// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Commands of dispatchers: setting one up, running and stopping it, and making its endpoints.
//
// IN2 To delete a capability of which another copy stays is one step.

#include "invoke/invoke.h"

#include "dispatch/dispatch.h"
#include "kpi/info.h"
#include "lib/kassert.h"
#include "machine/space.h"

/// The frame must hold the shared structure and be reachable through the window.
static bool frame_suits(const struct cap *frame, lvaddr_t udisp)
{
    return frame->bytes >= DISPATCHER_FRAME_MIN && frame->bytes <= DISPATCHER_FRAME_MAX &&
           frame->base % BASE_PAGE_SIZE == 0 && udisp % BASE_PAGE_SIZE == 0 &&
           udisp < USER_VADDR_TOP && space_window_covers(frame->base, frame->bytes);
}

static errval_t dispatcher_setup(struct caps_call *call)
{
    struct cte *cspace = call->operands[0].cap, *vspace = call->operands[1].cap;
    struct cte *frame = call->operands[2].cap, *death = call->operands[3].cap;
    struct dcb *dcb = dcb_of(&call->target->cap);
    if (!frame_suits(&frame->cap, call->args[5]) || frame->cap.owner != kcb.core_id)
        return SYS_ERR_DISP_FRAME;
    if (dcb->shared != NULL)
        return SYS_ERR_DISP_RUNNING;

    // The slots of a new dispatcher are empty, so none of this can fail.
    invoke_keep(&dcb->slots.cspace, cspace);
    invoke_keep(&dcb->slots.vspace, vspace);
    invoke_keep(&dcb->slots.frame, frame);
    if (death != NULL)
        invoke_keep(&dcb->slots.death, death);
    space_share_kernel_half(caps_ptr(&kcb.caps, vspace->cap.base));
    dispatcher_init(dcb, caps_ptr(&kcb.caps, frame->cap.base), frame->cap.bytes, call->args[5],
                    (domainid_t)call->args[4], vspace->cap.base);
    return SYS_ERR_OK;
}

/// The dispatcher's own copy of its former space goes: that is one step, for another copy stays.
/// The arguments of this call have been looked up, so that it may be the invoker's own space.
static errval_t dispatcher_cspace(struct caps_call *call)
{
    struct dcb *dcb = dcb_of(&call->target->cap);
    struct cte *slot = &dcb->slots.cspace;
    if (dcb->shared == NULL || !cte_is(slot, ObjType_L1CNode))
        return SYS_ERR_DISP_NOT_READY;
    if (mdb_find_copy(&kcb.caps.mdb, &slot->cap, slot) == NULL)
        return SYS_ERR_LAST_COPY;
    errval_t err = caps_delete(&kcb.caps, slot);
    kassert(err_is_ok(err)); // IN2
    invoke_keep(slot, call->operands[0].cap);
    return SYS_ERR_OK;
}

static errval_t dispatcher_info(struct caps_call *call)
{
    struct dcb *dcb = dcb_of(&call->target->cap);
    struct cte *frame = call->operands[0].cap;
    // Any frame is at least a page; one that another core owns could go without a word to this one.
    if (frame->cap.owner != kcb.core_id ||
        !space_window_covers(frame->cap.base, sizeof(struct domain_info)))
        return SYS_ERR_DISP_FRAME;
    if (!cte_empty(&dcb->slots.info))
        return SYS_ERR_SLOT_IN_USE;
    invoke_keep(&dcb->slots.info, frame);
    return SYS_ERR_OK;
}

static enum dispatcher_activity activity_of(const struct dcb *dcb)
{
    if (dcb->state == DISPATCHER_RUNNABLE)
        return dcb != kcb.current && dcb->entry == DCB_RESUME ? ACTIVITY_POLLS : ACTIVITY_RUNS;
    if (dcb->state != DISPATCHER_BLOCKED)
        return ACTIVITY_NONE;
    if (dcb->entry == DCB_RETURN)
        return ACTIVITY_CALLS;
    return dcb->sleep.at != 0 ? ACTIVITY_SLEEPS : ACTIVITY_WAITS;
}

errval_t invoke_dispatcher(struct caps_call *call)
{
    struct dcb *dcb = dcb_of(&call->target->cap);
    switch (call->command) {
    case DISPATCHER_CMD_SETUP:
        return dispatcher_setup(call);
    case DISPATCHER_CMD_RUN:
        if (dcb->shared == NULL)
            return SYS_ERR_DISP_NOT_READY;
        if (dcb->state != DISPATCHER_NEW)
            return SYS_ERR_DISP_RUNNING;
        dispatcher_make_runnable(dcb);
        return SYS_ERR_OK;
    case DISPATCHER_CMD_STOP:
        if (dcb->shared == NULL)
            return SYS_ERR_DISP_NOT_READY;
        dispatcher_kill(dcb, DEATH_STOPPED, 0, 0);
        return SYS_ERR_OK;
    case DISPATCHER_CMD_ENDPOINT:
        return caps_endpoint_create(&kcb.caps, call->target, call->args[0] & UINT32_MAX,
                                    call->args[0] >> 32, dcb == kcb.current,
                                    &call->operands[1].slot);
    case DISPATCHER_CMD_INFO:
        return dispatcher_info(call);
    case DISPATCHER_CMD_STATE:
        invoke_return(call, DISPATCHER_STATE_VALUE(dcb->state, activity_of(dcb), dcb->run_cycles),
                      dcb->scheduled);
        return SYS_ERR_OK;
    case DISPATCHER_CMD_CSPACE:
        return dispatcher_cspace(call);
    case DISPATCHER_CMD_WAIT:
        if (dcb->shared == NULL || !dispatcher_is_whole(dcb))
            return SYS_ERR_DISP_NOT_READY;
        invoke_return(call, dcb->shared->waits_for, 0);
        return SYS_ERR_OK;
    default:
        return SYS_ERR_ILLEGAL_INVOCATION;
    }
}
