// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The frame is in a slot of the dispatcher, so that it lives as long as that; a revocation may
// empty the slot at any time, which ends the updates. The page is written and never read (E4).

#include "dispatch/info.h"

#include "dispatch/dispatch.h"
#include "invoke/invoke.h"
#include "kcb/kcb.h"
#include "kpi/info.h"

errval_t info_set(struct caps_call *call)
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

void info_update(struct dcb *dcb)
{
    if (!cte_is(&dcb->slots.info, ObjType_Frame))
        return;
    volatile struct info_kernel *info =
        &((struct domain_info *)window_ptr(dcb->slots.info.cap.base))->kernel;
    info->tsc = dcb->info_tsc = kcb.event_start;
    info->scheduled = dcb->scheduled;
    info->run_cycles = dcb->run_cycles;
    info->mdb_size = kcb.caps.mdb.count;
    info->runnable = kcb.runnable;
    info->idle_cycles = kcb.stats[KERNEL_STAT_IDLE_CYCLES];
    info->ticks = kcb.stats[KERNEL_STAT_TICKS];
    info->longest_cycles = kcb.stats[KERNEL_STAT_LONGEST_CYCLES];
    info->sequence = dcb->info_sequence += 2;
}
