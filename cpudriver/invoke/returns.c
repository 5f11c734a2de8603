// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The CPU driver's answers to what happens in caps/: where memory and parked capabilities go, and
// what follows from a deletion for the processor. A returns CNode that is full makes the deletion
// wait: the caller is told to go on later.
//
// IN3 Into an empty slot of that CNode what comes back can always be put: no capability covers the
//     memory, and nobody else has the last copy.

#include "invoke/returns.h"

#include "dispatch/dispatch.h"
#include "lib/kassert.h"
#include "lmp/lmp.h"
#include "machine/fpu.h"
#include "machine/switch.h"

errval_t returns_set(struct caps_call *call)
{
    struct cte *cnode = call->operands[1].cap, *endpoint = call->operands[2].cap;
    if (call->args[0] >= KERNEL_RETURNS_COUNT)
        return SYS_ERR_ARGS;
    struct returns *returns = &kcb.returns[call->args[0]];
    if (returns->cnode.cap.type != ObjType_Null ||
        returns->notice.endpoint.cap.type != ObjType_Null)
        return SYS_ERR_SLOT_IN_USE;
    invoke_keep(&returns->cnode, cnode);
    invoke_keep(&returns->notice.endpoint, endpoint);
    lmp_notice_begin(&returns->notice);
    return SYS_ERR_OK;
}

/// An empty slot of the returns CNode, or NULL: try again. Slots are filled in turn, so that the
/// CNode is mostly full when the next few are: looking at all of them for each piece of memory
/// would cost more than the rest of its deletion.
static struct cte *free_slot(struct returns *returns)
{
    if (!cte_is(&returns->cnode, ObjType_L2CNode))
        return NULL;
    struct cte *slots = caps_ptr(&kcb.caps, returns->cnode.cap.base);
    for (unsigned i = 0; i < KERNEL_RETURNS_LOOK; i++) {
        uint32_t index = (returns->cursor + i) % L2_CNODE_SLOTS;
        if (slots[index].cap.type == ObjType_Null) {
            returns->cursor = index + 1;
            return &slots[index];
        }
    }
    // What is parked for the monitor may stay for long: the next attempt looks further. The memory
    // server takes all, in the order of the slots, and must not find a gap before what it got.
    if (returns == &kcb.returns[KERNEL_RETURNS_REMOTE])
        returns->cursor += KERNEL_RETURNS_LOOK;
    return NULL;
}

static bool return_ram(struct caps *caps, genpaddr_t base, gensize_t bytes)
{
    struct returns *returns = &kcb.returns[KERNEL_RETURNS_RAM];
    struct cte *slot = free_slot(returns);
    if (slot == NULL)
        return false;
    struct caps_dest dest = caps_dest_kernel(slot);
    struct cap ram = cap_make(ObjType_RAM, base, bytes);
    errval_t err = caps_create(caps, &dest, &ram);
    kassert(err_is_ok(err)); // IN3
    kcb.returned_bytes += bytes;
    lmp_notify(&returns->notice);
    return true;
}

void returns_slot_deleted(const struct cte *slot)
{
    const struct cap *cnode = &kcb.returns[KERNEL_RETURNS_RAM].cnode.cap;
    if ((uintptr_t)slot - (uintptr_t)caps_ptr(&kcb.caps, cnode->base) < cnode->bytes)
        (void)caps_return_again(&kcb.caps);
}

static bool return_remote(struct caps *caps, struct cte *last)
{
    struct returns *returns = &kcb.returns[KERNEL_RETURNS_REMOTE];
    // Before there is a monitor no other core can know of anything.
    if (!cte_is(&returns->cnode, ObjType_L2CNode))
        return true;
    struct cte *slot = free_slot(returns);
    if (slot == NULL)
        return false;
    struct caps_dest dest = caps_dest_kernel(slot);
    errval_t err = caps_move(caps, &dest, last);
    kassert(err_is_ok(err)); // IN3
    lmp_notify(&returns->notice);
    return true;
}

static void set_closed(struct caps *caps, const struct cap *endpoint, bool closed)
{
    (void)caps;
    lmp_set_closed(endpoint, closed);
}

static void tlb_flush(struct caps *caps)
{
    (void)caps;
    kcb.arch.tlb_stale = true; // until the event ends: the CPU driver uses no user addresses
}

static void vspace_stop(struct caps *caps, genpaddr_t pml4)
{
    (void)caps;
    if (kcb.arch.cr3 == pml4)
        space_load(kcb.kernel_root);
}

static void dispatcher_stop(struct caps *caps, genpaddr_t base)
{
    struct dcb *dcb = caps_ptr(caps, base);
    if (dcb->shared == NULL)
        return;
    dispatcher_kill(dcb, DEATH_DELETED, 0, 0);
    fpu_forget(dcb);
    dispatcher_forget_untold(dcb);
    kcb.stats[KERNEL_STAT_DISPATCHERS]--;
}

const struct caps_hooks returns_hooks = {
    .return_ram = return_ram,
    .return_remote = return_remote,
    .tlb_flush = tlb_flush,
    .endpoint = set_closed,
    .dispatcher_stop = dispatcher_stop,
    .vspace_stop = vspace_stop,
};
