// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The commands that every capability understands, and the way to those of each type.

#include "invoke.h"

#include "arch/x86_64/space.h"
#include "dispatch.h"
#include "kcb.h"

#include <string.h>

errval_t invoke_slot(struct invocation *call, uint64_t caddr, struct caps_dest *ret)
{
    errval_t err = caps_lookup_slot(&kcb.caps, &call->dcb->slots.cspace.cap, caddr, ret);
    if (err_is_fail(err))
        return err;
    return cte_empty(ret->slot) ? SYS_ERR_OK : SYS_ERR_SLOT_IN_USE;
}

errval_t invoke_lookup(struct invocation *call, uint64_t caddr, enum objtype type, uint8_t rights,
                       struct cte **ret)
{
    struct cte *cte;
    errval_t err = caps_lookup(&kcb.caps, &call->dcb->slots.cspace.cap, caddr, &cte);
    if (err_is_fail(err))
        return err;
    if (cte->cap.type != type)
        return SYS_ERR_CAP_TYPE;
    if ((cte->cap.rights & rights) != rights)
        return SYS_ERR_RIGHTS;
    *ret = cte;
    return SYS_ERR_OK;
}

// Copies between the invoker's memory at `user` and a kernel buffer, page by page.
static errval_t copy_user(struct invocation *call, lvaddr_t user, uint8_t *buffer, size_t bytes,
                          bool write)
{
    while (bytes > 0) {
        size_t left;
        void *at = space_user_ptr(call->dcb->pml4, user, write, &left);
        if (at == NULL)
            return SYS_ERR_USER_POINTER;
        size_t now = left < bytes ? left : bytes;
        memcpy(write ? at : buffer, write ? buffer : at, now);
        user += now;
        buffer += now;
        bytes -= now;
    }
    return SYS_ERR_OK;
}

errval_t invoke_write_user(struct invocation *call, lvaddr_t to, const void *from, size_t bytes)
{
    return copy_user(call, to, (uint8_t *)from, bytes, true);
}

errval_t invoke_read_user(struct invocation *call, void *to, lvaddr_t from, size_t bytes)
{
    return copy_user(call, from, to, bytes, false);
}

static errval_t invoke_copy(struct invocation *call)
{
    struct caps_dest slot;
    errval_t err = invoke_slot(call, call->args[0], &slot);
    if (err_is_fail(err))
        return err;
    if (call->command == CAP_CMD_COPY)
        return caps_copy(&kcb.caps, &slot, call->target);
    return caps_mint(&kcb.caps, &slot, call->target, call->args[1], call->args[2]);
}

static errval_t invoke_retype(struct invocation *call)
{
    struct caps_dest first;
    errval_t err = caps_lookup_slot(&kcb.caps, &call->dcb->slots.cspace.cap, call->args[3], &first);
    if (err_is_fail(err))
        return err;
    uint32_t done = 0;
    err = caps_retype(&kcb.caps, call->target, call->args[0], (uint32_t)call->args[1],
                      call->args[2], (uint32_t)(call->args[1] >> 32), &first, &done);
    invoke_return(call, done, 0);
    return err;
}

static errval_t invoke_identify(struct invocation *call)
{
    struct capability info;
    errval_t err = caps_identify(call->target, &info);
    if (err_is_fail(err))
        return err;
    return invoke_write_user(call, call->args[0], &info, sizeof(info));
}

static errval_t invoke_generic(struct invocation *call)
{
    switch (call->command) {
    case CAP_CMD_COPY:
    case CAP_CMD_MINT:
        return invoke_copy(call);
    case CAP_CMD_RETYPE:
        return invoke_retype(call);
    case CAP_CMD_DELETE:
        return caps_delete(&kcb.caps, call->target);
    case CAP_CMD_REVOKE:
        return caps_revoke(&kcb.caps, call->target);
    case CAP_CMD_IDENTIFY:
        return invoke_identify(call);
    default:
        return SYS_ERR_ILLEGAL_INVOCATION;
    }
}

static errval_t invoke_typed(struct invocation *call)
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

errval_t invoke(struct invocation *call, uint64_t target)
{
    const struct cap *root = &call->dcb->slots.cspace.cap;
    // A capability that is being deleted can be named only to go on with that.
    errval_t err = call->command == CAP_CMD_DELETE
                       ? caps_lookup_delete(&kcb.caps, root, target, &call->target)
                       : caps_lookup(&kcb.caps, root, target, &call->target);
    if (err_is_fail(err))
        return err;
    if (call->command < CAP_CMD_GENERIC_END)
        return invoke_generic(call);
    return invoke_typed(call);
}
