// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The machine's dispatchers, of which none runs: what they are given, and the refusals of the CPU
// driver (cpudriver/invoke/dispatcher.c).
#include "machine_state.h"

#define DISPATCHERS 8u

static struct machine_dispatcher dispatchers[DISPATCHERS];

static struct machine_dispatcher *find(genpaddr_t base)
{
    for (unsigned i = 0; i < DISPATCHERS; i++)
        if (dispatchers[i].base == base)
            return &dispatchers[i];
    return NULL;
}

/// A new one in the place of any that was at its address, or else of the first.
static struct machine_dispatcher *make(genpaddr_t base)
{
    static unsigned next;
    struct machine_dispatcher *entry = find(base);
    entry = entry != NULL ? entry : &dispatchers[next++ % DISPATCHERS];
    *entry = (struct machine_dispatcher){.base = base};
    return entry;
}

struct machine_dispatcher *machine_dispatcher(struct capref cap)
{
    struct capability identity;
    return machine_cap(cap, &identity) ? find(identity.base) : NULL;
}

static void keep(struct cte *slot, struct cte *cte)
{
    struct caps_dest dest = caps_dest_kernel(slot);
    CU_ASSERT_EQUAL_FATAL(caps_copy(&machine_caps, &dest, cte), SYS_ERR_OK);
}

static errval_t set_up(struct caps_call *call, struct dispatcher_slots *slots)
{
    const struct cap *frame = &call->operands[2].cap->cap;
    if (frame->bytes < DISPATCHER_FRAME_MIN || frame->bytes > DISPATCHER_FRAME_MAX ||
        call->args[5] % BASE_PAGE_SIZE != 0)
        return SYS_ERR_DISP_FRAME;
    if (!cte_empty(&slots->frame))
        return SYS_ERR_DISP_RUNNING;
    struct machine_dispatcher *dispatcher = make(call->target->cap.base);
    keep(&slots->cspace, call->operands[0].cap);
    keep(&slots->vspace, call->operands[1].cap);
    keep(&slots->frame, call->operands[2].cap);
    dispatcher->has_death = call->operands[3].cap != NULL;
    if (dispatcher->has_death)
        keep(&slots->death, call->operands[3].cap);
    dispatcher->set_up = true;
    dispatcher->domain = (domainid_t)call->args[4];
    dispatcher->udisp = call->args[5];
    return SYS_ERR_OK;
}

static errval_t set_info(struct caps_call *call, struct dispatcher_slots *slots)
{
    if (!cte_empty(&slots->info))
        return SYS_ERR_DISP_RUNNING;
    keep(&slots->info, call->operands[0].cap);
    find(call->target->cap.base)->info = call->operands[0].cap->cap.base;
    return SYS_ERR_OK;
}

static errval_t set_cspace(struct caps_call *call, struct dispatcher_slots *slots)
{
    if (!cte_is(&slots->cspace, ObjType_L1CNode))
        return SYS_ERR_DISP_NOT_READY;
    if (mdb_find_copy(&machine_caps.mdb, &slots->cspace.cap, &slots->cspace) == NULL)
        return SYS_ERR_LAST_COPY;
    CU_ASSERT_EQUAL(caps_delete(&machine_caps, &slots->cspace), SYS_ERR_OK);
    keep(&slots->cspace, call->operands[0].cap);
    return SYS_ERR_OK;
}

static errval_t run(struct machine_dispatcher *dispatcher)
{
    if (dispatcher->runs)
        return SYS_ERR_DISP_RUNNING;
    dispatcher->runs = true;
    return SYS_ERR_OK;
}

static errval_t begin_group(struct caps_call *call)
{
    struct machine_dispatcher *member = find(call->operands[0].cap->cap.base);
    if (call->args[1] >= KERNEL_GROUPS)
        return SYS_ERR_ARGS;
    if (member == NULL || !member->set_up || member->runs)
        return SYS_ERR_DISP_NOT_READY;
    member->group = call->args[1];
    return SYS_ERR_OK;
}

static errval_t make_id(struct caps_call *call)
{
    static uint64_t ids;
    struct cap id = cap_make(ObjType_ID, ++ids, 1);
    return caps_create(&machine_caps, &call->operands[0].slot, &id);
}

errval_t machine_kernel(struct caps_call *call)
{
    genpaddr_t base = call->target->cap.base;
    struct dispatcher_slots *slots = call->target->cap.type == ObjType_Dispatcher
                                         ? caps_dispatcher_slots(&machine_caps, base)
                                         : NULL;
    bool ready = slots != NULL && !cte_empty(&slots->frame);
    switch (call->command) {
    case DISPATCHER_CMD_CSPACE:
        return set_cspace(call, slots);
    case DISPATCHER_CMD_SETUP:
        return set_up(call, slots);
    case DISPATCHER_CMD_RUN:
        return ready ? run(find(base)) : (errval_t)SYS_ERR_DISP_NOT_READY;
    case DISPATCHER_CMD_STOP:
        return ready ? SYS_ERR_OK : SYS_ERR_DISP_NOT_READY;
    case DISPATCHER_CMD_ENDPOINT:
        return caps_endpoint_create(&machine_caps, call->target, call->args[0] & UINT32_MAX,
                                    call->args[0] >> 32, base == machine_own_dispatcher(),
                                    &call->operands[1].slot);
    case DISPATCHER_CMD_INFO:
        return ready ? set_info(call, slots) : (errval_t)SYS_ERR_DISP_NOT_READY;
    case KERNEL_CMD_BEGIN_GROUP:
        return begin_group(call);
    case KERNEL_CMD_ID_CREATE:
        return make_id(call);
    default:
        return SYS_ERR_ILLEGAL_INVOCATION;
    }
}
