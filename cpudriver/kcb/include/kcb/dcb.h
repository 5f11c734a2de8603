// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Dispatchers: what the CPU driver keeps of one, the dcb, in the memory of its Dispatcher capability.
// See kpi/dispatcher.h for the discipline of enabled and disabled.

#pragma once

#include "arch/layout.h"
#include "kcb/kcb.h"

#define DCB_FPU_OFFSET 1024u
#define DCB_FPU_BYTES (OBJSIZE_DISPATCHER - DCB_FPU_OFFSET)

/// How a dispatcher continues.
enum dcb_entry {
    DCB_UPCALL, ///< at entry_run
    DCB_RESUME, ///< with the registers in disabled_save
    DCB_RETURN, ///< after the system call in which it waits (LMP_FLAG_CALL)
};

struct dcb {
    struct dispatcher_slots slots; ///< its capabilities; the deletion code knows them

    struct dispatcher_shared *shared; ///< the dispatcher frame, in the window
    gensize_t frame_bytes;
    lvaddr_t udisp; ///< its address in the domain
    lpaddr_t pml4;
    domainid_t domain_id;
    uint8_t state; ///< enum dispatcher_state
    uint8_t entry; ///< enum dcb_entry
    bool fpu_used; ///< fpu holds a state
    bool is_first; ///< made by the CPU driver itself
    uint32_t lmp_delivered;
    uint32_t untold;           ///< 1: there may be deaths or notifications that it had no room for;
                               ///< lrpc_has_seen_all() reads both at once
    uint64_t fs_base, gs_base; ///< as they were when it left the core
    uint64_t selectors;        ///< as cpu_read_selectors() has them; 0 while it is kcb.fpu_owner
    uint64_t return_rip, return_rsp; ///< DCB_RETURN
    uint64_t scheduled;              ///< times it came onto the core
    uint64_t run_cycles;             ///< time outside of the CPU driver
    uint64_t info_sequence;          ///< of the last info_update() ...
    uint64_t info_tsc;               ///< ... and when it was

    struct schedule_place place;
    struct timer sleep; ///< runs while it is blocked until a time
    struct timer watch; ///< runs whatever it does, if it is watched (SYSCALL_WATCH)

    struct list deaths;  ///< those whose messages have found no room at its endpoints
    struct list notices; ///< notifications likewise (lmp.h)
    struct list death;   ///< its own place among those
    uint64_t death_words[DEATH_WORDS];
};
_Static_assert(offsetof(struct dcb, untold) == offsetof(struct dcb, lmp_delivered) + 4, "one word");
_Static_assert(sizeof(struct dcb) <= DCB_FPU_OFFSET, "the FPU state follows the dcb");

static inline void *dcb_fpu(struct dcb *dcb)
{
    return (uint8_t *)dcb + DCB_FPU_OFFSET;
}

/// The dcb of a Dispatcher capability, or of an endpoint's.
static inline struct dcb *dcb_of(const struct cap *cap)
{
    return window_ptr(cap->base);
}

/// The dispatcher that runs now; NULL if none is runnable.
static inline struct dcb *dcb_picked(void)
{
    struct schedule_place *picked = kcb.schedule.picked;
    return picked != NULL ? LIST_OWNER(picked, struct dcb, place) : NULL;
}

/// Whether all that it lives by is there: a capability may have been deleted under it.
static inline bool dispatcher_is_whole(const struct dcb *dcb)
{
    return cte_is(&dcb->slots.cspace, ObjType_L1CNode) &&
           cte_is(&dcb->slots.frame, ObjType_Frame) &&
           cte_is(&dcb->slots.vspace, ObjType_VNode_x86_64_pml4);
}

/// Whether the dispatcher is disabled, if it is now at rip.
static inline bool dispatcher_is_disabled(const struct dcb *dcb, lvaddr_t rip)
{
    const struct dispatcher_shared *shared = dcb->shared;
    return shared->disabled != 0 || (rip >= shared->crit_pc_low && rip < shared->crit_pc_high);
}

/// Put a blocked or new dispatcher on the run queue.
void dispatcher_make_runnable(struct dcb *dcb);
