// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The first half of an invocation, the same for every command: find the capabilities and slots that
// it names and check them against the table of rules (kpi/cap_rules.h). Nothing is changed here.

#include "caps/caps.h"

static errval_t decode_cap(struct caps *caps, const struct cap *root, const struct cap_arg *arg,
                           uint64_t caddr, struct cte **out)
{
    struct cte *cte;
    errval_t err = caps_lookup(caps, root, caddr, &cte);
    if (err_is_fail(err))
        return err;
    if ((arg->types >> cte->cap.type & 1) == 0)
        return SYS_ERR_CAP_TYPE;
    uint8_t needed = cap_arg_rights(arg, cte->cap.type);
    if ((cte->cap.rights & needed) != needed)
        return SYS_ERR_RIGHTS;
    if (arg->kept && caps_is_held(caps, &cte->cap))
        return SYS_ERR_CAP_BUSY;
    *out = cte;
    return SYS_ERR_OK;
}

static errval_t decode_arg(struct caps *caps, const struct cap *root, const struct cap_arg *arg,
                           uint64_t word, struct caps_operand *out)
{
    errval_t err;
    switch (arg->kind) {
    case CAP_ARG_OPTIONAL:
        out->cap = NULL;
        if (word == 0)
            return SYS_ERR_OK;
        return decode_cap(caps, root, arg, word, &out->cap);
    case CAP_ARG_CAP:
        return decode_cap(caps, root, arg, word, &out->cap);
    case CAP_ARG_SLOTS:
        return caps_lookup_slot(caps, root, word, &out->slot);
    case CAP_ARG_SLOT:
        err = caps_lookup_slot(caps, root, word, &out->slot);
        return err_is_ok(err) && !cte_empty(out->slot.slot) ? SYS_ERR_SLOT_IN_USE : err;
    default:
        return SYS_ERR_OK;
    }
}

errval_t caps_decode(struct caps *caps, const struct cap *root, struct caps_call *call,
                     uint64_t target)
{
    // A capability that is being deleted can be named only to go on with that.
    errval_t err = call->command == CAP_CMD_DELETE
                       ? caps_lookup_delete(caps, root, target, &call->target)
                       : caps_lookup(caps, root, target, &call->target);
    if (err_is_ok(err))
        err = cap_command_check(call->command, call->target->cap.type, call->target->cap.rights);
    if (err_is_fail(err))
        return err;
    const struct cap_command *row = cap_command(call->command);
    for (unsigned i = 0; i < CAP_ARGS && row->args[i].kind != CAP_ARG_END && err_is_ok(err); i++)
        err = decode_arg(caps, root, &row->args[i], call->args[i], &call->operands[i]);
    return err;
}
