// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The commands that every capability understands, and the way to those of each type.

#include "invoke/invoke.h"

#include "invoke/returns.h"
#include "kcb/dcb.h"

static errval_t invoke_retype(struct caps_call *call)
{
    uint32_t done = 0;
    errval_t err =
        caps_retype(&kcb.caps, call->target, call->args[0], (uint32_t)call->args[1], call->args[2],
                    (uint32_t)(call->args[1] >> 32), &call->operands[3].slot, &done);
    invoke_return(call, done, 0);
    return err;
}

static errval_t invoke_identify(struct caps_call *call)
{
    struct capability info;
    errval_t err = caps_identify(call->target, &info);
    return err_is_ok(err) ? invoke_write_user(call->args[0], &info, sizeof(info)) : err;
}

static errval_t invoke_delete(struct caps_call *call)
{
    errval_t err = caps_delete(&kcb.caps, call->target);
    if (kcb.caps.unreturned != NULL)
        returns_slot_deleted(call->target);
    return err;
}

static errval_t invoke_generic(struct caps_call *call)
{
    switch (call->command) {
    case CAP_CMD_COPY:
        return caps_copy(&kcb.caps, &call->operands[0].slot, call->target);
    case CAP_CMD_MINT:
        return caps_mint(&kcb.caps, &call->operands[0].slot, call->target, call->args[1],
                         call->args[2]);
    case CAP_CMD_RETYPE:
        return invoke_retype(call);
    case CAP_CMD_DELETE:
        return invoke_delete(call);
    case CAP_CMD_REVOKE:
        return caps_revoke(&kcb.caps, call->target);
    case CAP_CMD_IDENTIFY:
        return invoke_identify(call);
    default:
        return SYS_ERR_ILLEGAL_INVOCATION;
    }
}

static errval_t invoke_typed(struct caps_call *call)
{
    switch (call->target->cap.type) {
    case ObjType_VNode_x86_64_pml4:
    case ObjType_VNode_x86_64_pdpt:
    case ObjType_VNode_x86_64_pdir:
    case ObjType_VNode_x86_64_ptable:
        return invoke_vnode(call);
    case ObjType_Mapping:
        return invoke_mapping(call);
    case ObjType_Dispatcher:
        return invoke_dispatcher(call);
    case ObjType_Notify:
        return invoke_notify(call);
    case ObjType_IRQSrc:
        return invoke_irq_source(call);
    case ObjType_IO:
        return invoke_io(call);
    case ObjType_Kernel:
        return invoke_kernel(call);
    default:
        return SYS_ERR_ILLEGAL_INVOCATION;
    }
}

errval_t invoke(struct caps_call *call, uint64_t target)
{
    errval_t err = caps_decode(&kcb.caps, &kcb.current->slots.cspace.cap, call, target);
    if (err_is_fail(err))
        return err;
    return call->command < CAP_CMD_GENERIC_END ? invoke_generic(call) : invoke_typed(call);
}
