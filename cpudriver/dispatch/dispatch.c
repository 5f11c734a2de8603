// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Entering and leaving dispatchers. The registers of the one that entered the CPU driver are in
// kcb.regs; an event ends with kcb.regs holding those to go on with. What a domain wrote into its
// dispatcher frame is made harmless here: flags, segment bases and addresses.

#include "dispatch/dispatch.h"

#include "lib/kassert.h"
#include "lmp/lmp.h"
#include "machine/fpu.h"
#include "machine/panic.h"
#include "machine/switch.h"

#include "lib/string.h"

/// A base address that WRFSBASE and WRGSBASE take without a fault.
static uint64_t canonical_user(uint64_t address)
{
    return address < USER_VADDR_TOP ? address : 0;
}

static uint64_t next_watch(uint64_t now)
{
    return now + DISPATCHER_WATCH_MS * kcb.tsc_per_ms;
}

/// One that is runnable may be about to call, and have seen that it is watched.
static uint64_t look_at_watched(struct timer *timer, uint64_t now)
{
    struct dcb *dcb = LIST_OWNER(timer, struct dcb, watch);
    kassert(dcb->state == DISPATCHER_RUNNABLE || dcb->state == DISPATCHER_BLOCKED); // CU3
    if (dcb->state == DISPATCHER_RUNNABLE)
        return next_watch(now);
    if (cte_is(&dcb->slots.frame, ObjType_Frame))
        dcb->shared->watched = 0;
    if (dcb->entry == DCB_RETURN)
        dispatcher_make_runnable(dcb);
    return 0;
}

static uint64_t sleep_is_over(struct timer *timer, uint64_t now)
{
    (void)now;
    struct dcb *dcb = LIST_OWNER(timer, struct dcb, sleep);
    kassert(dcb->state == DISPATCHER_BLOCKED); // CU3
    dispatcher_make_runnable(dcb);
    return 0;
}

void dispatcher_init(struct dcb *dcb, struct dispatcher_shared *shared, gensize_t frame_bytes,
                     lvaddr_t udisp, domainid_t domain_id, lpaddr_t pml4)
{
    dcb->shared = shared;
    dcb->frame_bytes = frame_bytes;
    dcb->udisp = udisp;
    dcb->domain_id = domain_id;
    dcb->pml4 = pml4;
    dcb->entry = DCB_RESUME;
    dcb->state = DISPATCHER_NEW;
    list_init(&dcb->deaths);
    list_init(&dcb->notices);
    dcb->sleep.due = sleep_is_over;
    dcb->watch.due = look_at_watched;
    dcb->place.asks = &shared->tick;
    schedule_join(&kcb.schedule, &dcb->place, kcb.current != NULL ? &kcb.current->place : NULL);
    shared->core_id = kcb.core_id;
    shared->domain_id = domain_id;
    shared->xsave_bytes = kcb.arch.xsave_bytes;
    shared->xsave_mask = kcb.arch.xsave_mask;
    shared->tsc_per_ms = kcb.tsc_per_ms;
    shared->udisp = udisp;
    shared->lmp_delivered = 0;
    shared->watched = 0;
    kcb.stats[KERNEL_STAT_DISPATCHERS]++;
}

void dispatcher_watch(struct dcb *dcb)
{
    timer_remove(&kcb.timers, &dcb->watch);
    timer_add(&kcb.timers, &dcb->watch, next_watch(kcb.event_start), kcb.event_start);
    kcb.schedule.unsettled = true;
    dcb->shared->watched = 1;
}

static void save_bases(struct dcb *dcb)
{
    bases_save(dcb);
    kcb.regs.fs_base = dcb->fs_base;
    kcb.regs.gs_base = dcb->gs_base;
}

void dispatcher_save(struct dcb *dcb)
{
    kassert(dcb == kcb.current); // CU1
    save_bases(dcb);
    if (dispatcher_is_disabled(dcb, kcb.regs.rip)) {
        dcb->shared->disabled_save = kcb.regs;
        dcb->entry = DCB_RESUME;
    } else {
        dcb->shared->enabled_save = kcb.regs;
        dcb->entry = DCB_UPCALL;
    }
}

void dispatcher_block(struct dcb *dcb, uint64_t wakeup)
{
    kassert(dcb == kcb.current); // CU1
    save_bases(dcb);
    dcb->entry = DCB_UPCALL;
    dcb->state = DISPATCHER_BLOCKED;
    schedule_remove(&kcb.schedule, &dcb->place);
    kcb.current = NULL;
    if (wakeup != 0)
        timer_add(&kcb.timers, &dcb->sleep, wakeup, kcb.event_start);
}

void dispatcher_wait(struct dcb *dcb)
{
    dispatcher_block(dcb, 0);
    dcb->entry = DCB_RETURN;
    dcb->return_rip = kcb.regs.rip;
    dcb->return_rsp = kcb.regs.rsp;
}

void dispatcher_upcall(struct dcb *dcb, lvaddr_t entry, uint64_t arg1, uint64_t arg2)
{
    if (entry >= USER_VADDR_TOP || entry == 0) {
        dispatcher_kill(dcb, DEATH_BAD_ENTRY, entry, 0);
        return;
    }
    dcb->shared->disabled = 1;
    kcb.regs = (struct registers){
        .rdi = dcb->udisp,
        .rsi = arg1,
        .rdx = arg2,
        .rip = entry,
        .eflags = RFLAGS_IF | RFLAGS_FIXED,
    };
}

void dispatcher_tick(struct dcb *dcb)
{
    if (dcb->shared->tick == 0 || dispatcher_is_disabled(dcb, kcb.regs.rip))
        return;
    dispatcher_save(dcb);
    dispatcher_upcall(dcb, dcb->shared->entry_run, 0, 0);
}

/// A death that could not be told waits with the one that has to make room, and costs nobody else.
static void list_death(struct dcb *dcb)
{
    struct dcb *told = dcb_of(&dcb->slots.death.cap);
    told->untold = 1;
    list_add(&told->deaths, &dcb->death);
}

void dispatcher_kill(struct dcb *dcb, enum dispatcher_death cause, uint64_t address, uint64_t error)
{
    if (dcb->state == DISPATCHER_KILLED || dcb->state == DISPATCHER_STOPPED)
        return;
    dcb->state = cause == DEATH_STOPPED ? DISPATCHER_STOPPED : DISPATCHER_KILLED;
    schedule_remove(&kcb.schedule, &dcb->place);
    timer_remove(&kcb.timers, &dcb->sleep);
    timer_remove(&kcb.timers, &dcb->watch);
    kcb.schedule.unsettled = true;
    fpu_forget(dcb);
    bool current = dcb == kcb.current;
    uint64_t rip = current ? kcb.regs.rip : 0;
    const uint64_t words[DEATH_WORDS] = {cause,   dcb->domain_id, rip,
                                         address, error,          current ? kcb.regs.rsp : 0};
    memcpy(dcb->death_words, words, sizeof(words));
    if (current)
        kcb.current = NULL;
    if (!cte_is(&dcb->slots.death, ObjType_EndPointLMP)) {
        // Of a first domain nobody else can tell.
        if (dcb->is_first && kcb.core_id == 0)
            boot_fail("init died: cause %u, rip 0x%lx, address 0x%lx, error 0x%lx", cause, rip,
                      address, error);
        if (dcb->is_first)
            kprintf("core %u: domain 0x%x died: cause %u, rip 0x%lx, address 0x%lx, error 0x%lx\n",
                    kcb.core_id, dcb->domain_id, cause, rip, address, error);
        return;
    }
    if (err_no(lmp_deliver_words(&dcb->slots.death.cap, words, DEATH_WORDS)) ==
        SYS_ERR_LMP_BUF_OVERFLOW)
        list_death(dcb);
}

static void tell_death(struct dcb *dcb)
{
    if (list_is_empty(&dcb->deaths))
        return; // they were deleted
    struct dcb *dead = LIST_OWNER(dcb->deaths.next, struct dcb, death);
    list_remove(&dead->death);
    if (!cte_is(&dead->slots.death, ObjType_EndPointLMP))
        return;
    errval_t err = lmp_deliver_words(&dead->slots.death.cap, dead->death_words, DEATH_WORDS);
    if (err_no(err) == SYS_ERR_LMP_BUF_OVERFLOW)
        list_death(dead); // behind the others, whose endpoints may have room
}

void dispatcher_tell_untold(struct dcb *dcb)
{
    tell_death(dcb);
    lmp_notify_owed(dcb);
    dcb->untold = !list_is_empty(&dcb->deaths) || !list_is_empty(&dcb->notices);
}

/// What it was to be told of stays in its list, without a head.
void dispatcher_forget_untold(struct dcb *dcb)
{
    list_remove(&dcb->death);
    list_remove(&dcb->deaths);
    list_remove(&dcb->notices);
}

/// Registers out of a save area, which the domain can write: only what user mode may have.
static void load_registers(struct dcb *dcb, const struct registers *saved)
{
    kcb.regs = *saved;
    kcb.regs.eflags = (saved->eflags & RFLAGS_USER_MASK) | RFLAGS_IF | RFLAGS_FIXED;
    dcb->fs_base = canonical_user(saved->fs_base);
    dcb->gs_base = canonical_user(saved->gs_base);
    if (saved->rip >= USER_VADDR_TOP)
        dispatcher_kill(dcb, DEATH_BAD_ENTRY, saved->rip, 0);
}

/// After the system call in which it waited. SYSCALL came from user mode, but perhaps from its end.
static void load_return(struct dcb *dcb)
{
    kassert(dcb->scheduled > 1 && dcb->sleep.at == 0); // L1
    kcb.regs = (struct registers){
        .rip = dcb->return_rip,
        .rsp = dcb->return_rsp,
        .eflags = RFLAGS_IF | RFLAGS_FIXED,
    };
    if (dcb->return_rip >= USER_VADDR_TOP)
        dispatcher_kill(dcb, DEATH_BAD_ENTRY, dcb->return_rip, 0);
}

void dispatcher_switch(struct dcb *dcb)
{
    kassert(dcb->state == DISPATCHER_RUNNABLE); // CU1
    kcb.current = dcb;
    dcb->scheduled++;
    info_update(dcb);
    kcb.stats[KERNEL_STAT_SWITCHES] += kcb.arch.cr3 != dcb->pml4;
    space_load(dcb->pml4);
    fpu_switch(dcb);
    if (dcb->entry == DCB_RESUME)
        load_registers(dcb, &dcb->shared->disabled_save);
    else if (dcb->entry == DCB_RETURN)
        load_return(dcb);
    else
        dispatcher_upcall(dcb, dcb->shared->entry_run, 0, 0);
    bases_load(dcb);
}
