// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Dispatchers: what the CPU driver keeps of one (the dcb, in the memory of its Dispatcher
// capability), how it leaves the core and comes back. See kpi/dispatcher.h for the discipline of
// enabled and disabled.

#pragma once

#include "arch/layout.h"
#include "caps/caps.h"
#include "kpi/dispatcher.h"
#include "kpi/list.h"
#include "sched/timer.h"

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

    struct list place; ///< among the runnable ones of a group
    struct run_group *turns_in;
    struct run_group *group; ///< its own, if that has not begun anew since
    uint64_t group_begun;

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

/// Set a new dispatcher up; the capabilities have been checked and are copied into its slots by the
/// caller.
void dispatcher_init(struct dcb *dcb, struct dispatcher_shared *shared, gensize_t frame_bytes,
                     lvaddr_t udisp, domainid_t domain_id, lpaddr_t pml4);

/// Whether all that it lives by is there: a capability may have been deleted under it.
static inline bool dispatcher_is_whole(const struct dcb *dcb)
{
    return cte_is(&dcb->slots.cspace, ObjType_L1CNode) &&
           cte_is(&dcb->slots.frame, ObjType_Frame) &&
           cte_is(&dcb->slots.vspace, ObjType_VNode_x86_64_pml4);
}

/// Put a blocked or new dispatcher on the run queue.
void dispatcher_make_runnable(struct dcb *dcb);

/// Save the current dispatcher's registers (kcb.regs) so that it can leave the core. It stays
/// runnable.
void dispatcher_save(struct dcb *dcb);

/// Watch the current dispatcher (SYSCALL_WATCH).
void dispatcher_watch(struct dcb *dcb);

/// The time of one of a dispatcher's timers has come: when it is to be called next, or 0.
uint64_t dispatcher_time(struct timer *timer, uint64_t now);

/// The current dispatcher gives up the core until a message or the time `wakeup` (TSC; 0: for
/// ever). Its registers are forgotten.
void dispatcher_block(struct dcb *dcb, uint64_t wakeup);

/// The current dispatcher gives up the core until a message comes, and then continues after its
/// system call, which has succeeded, with rsp and none of its other registers.
void dispatcher_wait(struct dcb *dcb);

/// Enter the current dispatcher at one of its entry points, disabled, with up to two arguments
/// after rdi. Kills it if the entry point is no user address.
void dispatcher_upcall(struct dcb *dcb, lvaddr_t entry, uint64_t arg1, uint64_t arg2);

/// The slice of the current dispatcher is over, but no other waits: enter it at entry_run, if it
/// has asked for that (kpi/dispatcher.h, `tick`) and is enabled.
void dispatcher_tick(struct dcb *dcb);

/// Take a dispatcher off the core for good and tell its death endpoint why.
void dispatcher_kill(struct dcb *dcb, enum dispatcher_death cause, uint64_t address,
                     uint64_t error);

/// Whether the dispatcher is disabled, if it is now at rip.
static inline bool dispatcher_is_disabled(const struct dcb *dcb, lvaddr_t rip)
{
    const struct dispatcher_shared *shared = dcb->shared;
    return shared->disabled != 0 || (rip >= shared->crit_pc_low && rip < shared->crit_pc_high);
}

/// Try again to tell a dispatcher the oldest death and the oldest notification that it could not be
/// told for want of room, if dcb->untold: whenever it is in the CPU driver, and before it waits.
void dispatcher_tell_untold(struct dcb *dcb);

/// The dispatcher's memory goes: its death is told no more, and it is told nothing.
void dispatcher_forget_untold(struct dcb *dcb);

/// Make `dcb` the current one: its address space, FPU access and registers (in kcb.regs).
/// kcb.current has been saved.
void dispatcher_switch(struct dcb *dcb);
