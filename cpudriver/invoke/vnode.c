// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Commands of page tables and mappings. What may be mapped where is decided in caps/.

#include "invoke/invoke.h"

#include "kcb/dcb.h"

errval_t invoke_vnode(struct caps_call *call)
{
    uint64_t first = call->args[0] & 0xffff, count = call->args[0] >> 16, entry;
    struct caps_operand *operands = call->operands;
    errval_t err;
    switch (call->command) {
    case VNODE_CMD_MAP:
        return caps_vnode_map(&kcb.caps, call->target, first, count, operands[1].cap, call->args[2],
                              call->args[3], &operands[4].slot);
    case VNODE_CMD_COPY:
        return caps_vnode_copy(&kcb.caps, call->target, first, count, operands[1].cap,
                               call->args[2], call->args[3], &operands[4].slot);
    case VNODE_CMD_UNMAP:
        return caps_vnode_unmap(&kcb.caps, call->target, operands[0].cap);
    case VNODE_CMD_READ:
        err = caps_vnode_read(&kcb.caps, call->target, call->args[0], &entry);
        if (err_is_ok(err))
            invoke_return(call, entry, 0);
        return err;
    default:
        return SYS_ERR_ILLEGAL_INVOCATION;
    }
}

errval_t invoke_mapping(struct caps_call *call)
{
    return caps_mapping_modify(&kcb.caps, call->target, call->args[0] & 0xffff, call->args[0] >> 16,
                               call->args[1]);
}
