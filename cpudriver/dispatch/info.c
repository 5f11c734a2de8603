// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The CPU driver's part of a dispatcher's exposed information (kpi/info.h). The frame is in a slot of the dispatcher, so that it lives as long as that; a revocation may
// empty the slot at any time, which ends the updates. The page is written and never read (E4).

#include "kpi/info.h"
#include "dispatch/dispatch.h"
#include "lib/kassert.h"

void info_update(struct dcb *dcb)
{
    if (!cte_is(&dcb->slots.info, ObjType_Frame))
        return;
    kassert(dcb->info_sequence % 2 == 0); // E2
    volatile struct info_kernel *info =
        &((struct domain_info *)window_ptr(dcb->slots.info.cap.base))->kernel;
    info->tsc = dcb->info_tsc = kcb.event_start;
    info->scheduled = dcb->scheduled;
    info->run_cycles = dcb->run_cycles;
    info->mdb_size = kcb.caps.mdb.count;
    info->runnable = kcb.schedule.runnable;
    info->idle_cycles = kcb.stats[KERNEL_STAT_IDLE_CYCLES];
    info->ticks = kcb.stats[KERNEL_STAT_TICKS];
    info->longest_cycles = kcb.stats[KERNEL_STAT_LONGEST_CYCLES];
    info->sequence = dcb->info_sequence += 2;
}
