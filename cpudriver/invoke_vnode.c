// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Commands of page tables and mappings. What may be mapped where is decided in caps/.

#include "invoke.h"

#include "dispatch.h"
#include "kcb.h"

static errval_t vnode_map(struct invocation *call)
{
    struct cte *object;
    struct caps_dest slot;
    errval_t err = caps_lookup(&kcb.caps, &call->dcb->slots.cspace.cap, call->args[1], &object);
    if (err_is_fail(err))
        return err;
    err = invoke_slot(call, call->args[4], &slot);
    if (err_is_fail(err))
        return err;
    return caps_vnode_map(&kcb.caps, call->target, call->args[0] & 0xffff, call->args[0] >> 16,
                          object, call->args[2], call->args[3], &slot);
}

errval_t invoke_vnode(struct invocation *call)
{
    struct cte *mapping;
    uint64_t entry;
    errval_t err;
    switch (call->command) {
    case VNODE_CMD_MAP:
        return vnode_map(call);
    case VNODE_CMD_UNMAP:
        err = invoke_lookup(call, call->args[0], ObjType_Mapping, 0, &mapping);
        if (err_is_fail(err))
            return err;
        return caps_vnode_unmap(&kcb.caps, call->target, mapping);
    case VNODE_CMD_READ:
        err = caps_vnode_read(&kcb.caps, call->target, call->args[0], &entry);
        if (err_is_ok(err))
            invoke_return(call, entry, 0);
        return err;
    default:
        return SYS_ERR_ILLEGAL_INVOCATION;
    }
}

errval_t invoke_mapping(struct invocation *call)
{
    if (call->command != MAPPING_CMD_MODIFY)
        return SYS_ERR_ILLEGAL_INVOCATION;
    return caps_mapping_modify(&kcb.caps, call->target, call->args[0] & 0xffff, call->args[0] >> 16,
                               call->args[1]);
}
