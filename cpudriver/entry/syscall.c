// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// System calls: kpi/syscalls.h has their registers. Arguments are in kcb.regs and results go there.
// The commands of each capability type are in invoke_*.c.

#include "invoke/invoke.h"

#include "entry/event.h"
#include "lmp/lmp.h"
#include "lrpc.h"
#include "machine/panic.h"

bool syscall_handle(void);

static errval_t sys_invoke(void)
{
    struct registers *regs = &kcb.regs;
    struct caps_call call; // what decoding fills in is not cleared before: this path is hot
    call.command = regs->rsi;
    call.args[0] = regs->rdx;
    call.args[1] = regs->r10;
    call.args[2] = regs->r8;
    call.args[3] = regs->r9;
    call.args[4] = regs->r12;
    call.args[5] = regs->r13;
    call.has_values = false;
    errval_t err = invoke(&call, regs->rdi);
    if (call.has_values) {
        regs->rdx = call.values[0];
        regs->r10 = call.values[1];
    }
    return err;
}

static errval_t sys_yield(struct dcb *dcb, uint64_t target)
{
    if (target == 0) {
        schedule_yield(&kcb.schedule);
        return SYS_ERR_OK;
    }
    struct cte *cte;
    errval_t err = caps_lookup(&kcb.caps, &dcb->slots.cspace.cap, target, &cte);
    if (err_is_fail(err))
        return err;
    if (cte->cap.type != ObjType_Dispatcher && cte->cap.type != ObjType_EndPointLMP)
        return SYS_ERR_CAP_TYPE;
    struct dcb *next = dcb_of(&cte->cap);
    if (next->state == DISPATCHER_RUNNABLE)
        schedule_favour(&kcb.schedule, &next->place);
    else
        schedule_yield(&kcb.schedule);
    return SYS_ERR_OK;
}

static errval_t sys_suspend(struct dcb *dcb, uint64_t wakeup)
{
    if (!dispatcher_is_disabled(dcb, kcb.regs.rip))
        return SYS_ERR_ARGS;
    if (dcb->untold != 0)
        dispatcher_tell_untold(dcb);
    // Nobody can deliver between this look and the block: an event is not interrupted.
    if (dcb->shared->lmp_seen != dcb->lmp_delivered || (wakeup != 0 && wakeup <= kcb.event_start))
        dispatcher_upcall(dcb, dcb->shared->entry_run, 0, 0);
    else
        dispatcher_block(dcb, wakeup);
    return SYS_ERR_OK;
}

/// What SYSCALL leaves in rcx and r11; entry.S does not keep them twice.
static void note_clobbered(void)
{
    kcb.regs.rcx = kcb.regs.rip;
    kcb.regs.r11 = kcb.regs.eflags;
}

/// A number that is not Stave's: the domain's own library OS answers it, as if it had been called.
static void reflect(struct dcb *dcb)
{
    lvaddr_t entry = dcb->shared->entry_syscall;
    if (entry == 0 || entry >= USER_VADDR_TOP) {
        dispatcher_kill(dcb, DEATH_NO_SYSCALL_ENTRY, kcb.regs.rax, 0);
        return;
    }
    kcb.regs.rip = entry;
}

/// The end of a call that has come to `err`. If the caller's registers are forgotten storing it is
/// harmless: there is no error then.
static bool finish(const struct dcb *dcb, errval_t err)
{
    kcb.regs.rax = err;
    bool handed_over = kcb.current != NULL && kcb.current != dcb;
    return handed_over ? event_end_direct() : event_end();
}

static __attribute__((noinline)) bool handle_send(struct dcb *dcb)
{
    note_clobbered();
    return finish(dcb, lmp_send(dcb));
}

static __attribute__((noinline)) bool handle_other(struct dcb *dcb)
{
    struct registers *regs = &kcb.regs;
    uint64_t number = regs->rax;
    note_clobbered();
    if (number < SYSCALL_BASE || number >= SYSCALL_END) {
        event_begin_in(dcb, KERNEL_EVENT_FOREIGN);
        reflect(dcb);
        (void)event_end();
        return false; // SYSRET would overwrite rcx
    }
    // What is no command must not look like another event.
    bool command = number == SYSCALL_INVOKE && cap_command(regs->rsi) != NULL;
    event_begin_in(dcb, command ? regs->rsi : number);
    kcb.stats[KERNEL_STAT_SYSCALLS]++;
    errval_t err = SYS_ERR_OK;
    switch (number) {
    case SYSCALL_INVOKE:
        err = sys_invoke();
        break;
    case SYSCALL_YIELD:
        err = sys_yield(dcb, regs->rdi);
        break;
    case SYSCALL_SUSPEND:
        err = sys_suspend(dcb, regs->rdi);
        break;
    case SYSCALL_TICK:
        kcb.schedule.unsettled = true;
        break;
    case SYSCALL_WATCH:
        dispatcher_watch(dcb);
        break;
    }
    return finish(dcb, err);
}

bool syscall_handle(void)
{
    struct dcb *dcb = kcb.current;
    if (kcb.regs.rax != SYSCALL_LMP_SEND)
        return handle_other(dcb);
    event_begin_in(dcb, SYSCALL_LMP_SEND);
    kcb.stats[KERNEL_STAT_SYSCALLS]++;
    return lrpc_try(dcb) ? event_end_direct() : handle_send(dcb);
}
