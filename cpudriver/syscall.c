// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// System calls: kpi/syscalls.h has their registers. Arguments are in kcb.regs and results go there.
// The commands of each capability type are in invoke_*.c.

#include "invoke.h"

#include "arch/x86_64/trap.h"
#include "dispatch.h"
#include "event.h"
#include "kcb.h"
#include "lmp.h"
#include "panic.h"
#include "schedule.h"

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

static errval_t sys_lmp_send(struct dcb *dcb)
{
    const struct registers *regs = &kcb.regs;
    const uint64_t words[LMP_MSG_LENGTH] = {regs->r10, regs->r8,  regs->r9,  regs->r12,
                                            regs->r13, regs->r14, regs->r15, regs->rbx};
    uint64_t flags = regs->rsi & 0xff;
    struct lmp_send send = {
        .words = words,
        .length = (uint32_t)(regs->rsi >> 8),
        .give = (flags & LMP_FLAG_GIVE) != 0,
        .no_grant = (flags & LMP_FLAG_NO_GRANT) != 0,
    };
    if (regs->rsi >> 8 > LMP_MSG_LENGTH ||
        (flags & ~(uint64_t)(LMP_FLAG_YIELD | LMP_FLAG_GIVE | LMP_FLAG_NO_GRANT)) != 0 ||
        (send.give && send.no_grant))
        return SYS_ERR_ARGS;
    struct cte *endpoint;
    errval_t err = caps_lookup(&kcb.caps, &dcb->slots.cspace.cap, regs->rdi, &endpoint);
    if (err_is_fail(err))
        return err;
    if (endpoint->cap.type != ObjType_EndPointLMP)
        return SYS_ERR_CAP_TYPE;
    const struct cap_command *rule = cap_command(ENDPOINT_CMD_SEND);
    err = cap_command_check(ENDPOINT_CMD_SEND, endpoint->cap.type, endpoint->cap.rights);
    if (err_is_fail(err))
        return err;
    if (regs->rdx != 0) {
        // To be given away it is also taken out of its CNode, which needs the right to.
        const struct cap *root = &dcb->slots.cspace.cap;
        err = send.give ? caps_lookup_delete(&kcb.caps, root, regs->rdx, &send.given)
                        : caps_lookup(&kcb.caps, root, regs->rdx, &send.given);
        if (err_is_fail(err))
            return SYS_ERR_LMP_CAPTRANSFER_SRC;
        if ((send.given->cap.rights & rule->args[0].rights) != rule->args[0].rights)
            return SYS_ERR_RIGHTS;
    }
    struct dcb *receiver = dcb_of(&endpoint->cap);
    err = lmp_deliver(&endpoint->cap, &send);
    if (err_is_ok(err) && (flags & LMP_FLAG_YIELD) != 0 && receiver->state == DISPATCHER_RUNNABLE)
        schedule_favour(receiver);
    return err;
}

static errval_t sys_yield(struct dcb *dcb, uint64_t target)
{
    if (target == 0) {
        schedule_yield();
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
        schedule_favour(next);
    else
        schedule_yield();
    return SYS_ERR_OK;
}

static errval_t sys_suspend(struct dcb *dcb, uint64_t wakeup)
{
    if (!dispatcher_is_disabled(dcb, kcb.regs.rip))
        return SYS_ERR_ARGS;
    // Nobody can deliver between this look and the block: an event is not interrupted.
    if (dcb->shared->lmp_seen != dcb->lmp_delivered || (wakeup != 0 && wakeup <= kcb.event_start))
        dispatcher_upcall(dcb, dcb->shared->entry_run, 0, 0);
    else
        dispatcher_block(dcb, wakeup);
    return SYS_ERR_OK;
}

static errval_t sys_print(struct dcb *dcb, lvaddr_t text, uint64_t bytes)
{
    if (bytes > SYS_PRINT_MAX)
        return SYS_ERR_ARGS;
    while (bytes > 0) {
        size_t left;
        const char *at = space_user_ptr(dcb->pml4, text, false, &left);
        if (at == NULL)
            return SYS_ERR_USER_POINTER;
        size_t now = left < bytes ? left : bytes;
        kputs(at, now);
        text += now;
        bytes -= now;
    }
    return SYS_ERR_OK;
}

// A number that is not Stave's: the domain's own library OS answers it, as if it had been called.
static void reflect(struct dcb *dcb)
{
    lvaddr_t entry = dcb->shared->entry_syscall;
    if (entry == 0 || entry >= USER_VADDR_TOP) {
        dispatcher_kill(dcb, DEATH_NO_SYSCALL_ENTRY, kcb.regs.rax, 0);
        return;
    }
    kcb.regs.rcx = kcb.regs.rip;
    kcb.regs.rip = entry;
}

bool syscall_handle(void)
{
    struct dcb *dcb = kcb.current;
    struct registers *regs = &kcb.regs;
    uint64_t number = regs->rax;
    if (number < SYSCALL_BASE || number >= SYSCALL_END) {
        event_begin(KERNEL_EVENT_FOREIGN);
        reflect(dcb);
        (void)event_end();
        return false; // SYSRET would overwrite rcx
    }
    kcb.stats[KERNEL_STAT_SYSCALLS]++;
    // What is no command must not look like another event.
    bool command = number == SYSCALL_INVOKE && cap_command(regs->rsi) != NULL;
    event_begin(command ? regs->rsi : number);
    errval_t err = SYS_ERR_OK;
    bool forgets = false; // the caller's registers are no longer those in kcb.regs
    switch (number) {
    case SYSCALL_INVOKE:
        err = sys_invoke();
        break;
    case SYSCALL_LMP_SEND:
        err = sys_lmp_send(dcb);
        break;
    case SYSCALL_YIELD:
        err = sys_yield(dcb, regs->rdi);
        break;
    case SYSCALL_SUSPEND:
        err = sys_suspend(dcb, regs->rdi);
        forgets = err_is_ok(err);
        break;
    case SYSCALL_PRINT:
        err = sys_print(dcb, regs->rdi, regs->rsi);
        break;
    }
    if (!forgets)
        regs->rax = err;
    return event_end();
}
