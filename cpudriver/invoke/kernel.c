// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Commands of the Kernel capability: what only a core's monitor and memory server may ask of its
// CPU driver, and, with the right to read only, its counters.

#include "invoke/returns.h"
#include "kcb/dcb.h"
#include "lmp/lmp.h"
#include "machine/machine.h"
#include "machine/space.h"

#define HALT_STATUS_MAX 95u

/// Whether a capability of a vector's former use still names it.
static bool named(enum objtype type, uint64_t number)
{
    struct cap cap = cap_make(type, number, 1);
    return mdb_find_copy(&kcb.caps.mdb, &cap, NULL) != NULL;
}

/// Takes a free vector for an endpoint, and makes the capability that others reach it with: a
/// Notify or an IRQDest.
static errval_t vector_create(struct caps_call *call)
{
    struct cte *endpoint = call->operands[0].cap;
    bool irq = call->command == KERNEL_CMD_IRQDEST_CREATE;
    for (unsigned i = 0; i < VECTOR_NOTIFY_END - VECTOR_NOTIFY_FIRST; i++) {
        struct vector *entry = &kcb.vectors[i];
        unsigned vector = VECTOR_NOTIFY_FIRST + i;
        uint64_t notified = (uint64_t)kcb.apic_id << 8 | vector;
        if (!cte_empty(&entry->notice.endpoint) || named(ObjType_Notify, notified) ||
            named(ObjType_IRQDest, vector))
            continue;
        struct cap cap =
            irq ? cap_make(ObjType_IRQDest, vector, 1) : cap_make(ObjType_Notify, notified, 1);
        errval_t err = caps_create(&kcb.caps, &call->operands[1].slot, &cap);
        if (err_is_fail(err))
            return err;
        invoke_keep(&entry->notice.endpoint, endpoint);
        lmp_notice_begin(&entry->notice);
        invoke_irq_unroute(entry); // its former listener may have gone without freeing it
        entry->takes_irq = irq;
        invoke_return(call, vector, 0);
        return SYS_ERR_OK;
    }
    return SYS_ERR_NO_VECTOR;
}

static errval_t vector_free(struct caps_call *call)
{
    uint64_t vector = call->args[0];
    if (vector < VECTOR_NOTIFY_FIRST || vector >= VECTOR_NOTIFY_END)
        return SYS_ERR_ARGS;
    struct vector *entry = &kcb.vectors[vector - VECTOR_NOTIFY_FIRST];
    if (cte_empty(&entry->notice.endpoint))
        return SYS_ERR_NO_LISTENER;
    invoke_irq_unroute(entry);
    entry->takes_irq = false;
    return caps_delete(&kcb.caps, &entry->notice.endpoint);
}

/// A vector that stands for nothing might be an exception's, an APIC ID no core's but all cores'.
static bool notify_valid(uint64_t base)
{
    uint64_t vector = base & 0xff;
    return vector >= VECTOR_NOTIFY_FIRST && vector < VECTOR_NOTIFY_END && base >> 8 < APIC_ID_ALL;
}

static errval_t create_cap(struct caps_call *call)
{
    struct capability sent;
    errval_t err = invoke_read_user(&sent, call->args[0], sizeof(sent));
    if (err_is_fail(err))
        return err;
    if (sent.type == ObjType_Notify && !notify_valid(sent.base))
        return SYS_ERR_ARGS;
    return caps_create_foreign(&kcb.caps, &call->operands[1].slot, &sent);
}

static errval_t set_remote(struct caps_call *call)
{
    if (call->args[1] > 1)
        return SYS_ERR_ARGS;
    return caps_set_remote(&kcb.caps, call->operands[0].cap, call->args[1] != 0);
}

static errval_t id_create(struct caps_call *call)
{
    struct cap id = cap_make(ObjType_ID, (uint64_t)kcb.core_id << 48 | ++kcb.next_id, 1);
    return caps_create(&kcb.caps, &call->operands[0].slot, &id);
}

static errval_t reclaim(struct caps_call *call)
{
    genpaddr_t from = call->args[3];
    errval_t err =
        caps_reclaim(&kcb.caps, &call->operands[2].slot, call->args[0], call->args[1], &from);
    invoke_return(call, from, 0);
    return err;
}

static errval_t read_stat(struct caps_call *call)
{
    uint64_t which = call->args[0];
    if (which == KERNEL_STAT_VALID)
        return invoke_valid(call);
    if (which > KERNEL_STAT_VALID)
        return SYS_ERR_ARGS;
    uint64_t value = kcb.stats[which];
    if (which == KERNEL_STAT_MDB_SIZE)
        value = kcb.caps.mdb.count;
    else if (which == KERNEL_STAT_UNRETURNED_BYTES)
        value = kcb.caps.unreturned_bytes;
    else if (which == KERNEL_STAT_RETURNED_BYTES)
        value = kcb.returned_bytes;
    else if (which == KERNEL_STAT_START_TSC)
        value = kcb.start_tsc;
    invoke_return(call, value, 0);
    return SYS_ERR_OK;
}

static errval_t translate(struct caps_call *call)
{
    if (call->args[0] < WINDOW_BASE)
        return SYS_ERR_ARGS;
    uint64_t span;
    uint64_t mapped = space_translate(call->args[0], &span);
    invoke_return(call, mapped, span);
    return SYS_ERR_OK;
}

static errval_t print(struct caps_call *call)
{
    char text[KERNEL_PRINT_MAX];
    uint64_t bytes = call->args[1];
    if (bytes > sizeof(text))
        return SYS_ERR_ARGS;
    errval_t err = invoke_read_user(text, call->args[0], bytes);
    if (err_is_ok(err))
        invoke_return(call, serial_write_now(text, bytes), 0);
    return err;
}

static errval_t begin_group(struct caps_call *call)
{
    struct dcb *dcb = dcb_of(&call->operands[0].cap->cap);
    if (call->args[1] >= KERNEL_GROUPS)
        return SYS_ERR_ARGS;
    if (dcb->shared == NULL)
        return SYS_ERR_DISP_NOT_READY;
    if (dcb->state != DISPATCHER_NEW)
        return SYS_ERR_DISP_RUNNING;
    schedule_begin_group(&kcb.schedule, &dcb->place, (uint32_t)call->args[1]);
    return SYS_ERR_OK;
}

errval_t invoke_kernel(struct caps_call *call)
{
    switch (call->command) {
    case KERNEL_CMD_START_CORE:
        return start_core(call);
    case KERNEL_CMD_NOTIFY_CREATE:
    case KERNEL_CMD_IRQDEST_CREATE:
        return vector_create(call);
    case KERNEL_CMD_VECTOR_FREE:
        return vector_free(call);
    case KERNEL_CMD_CREATE_CAP:
        return create_cap(call);
    case KERNEL_CMD_SET_REMOTE:
        return set_remote(call);
    case KERNEL_CMD_SET_RETURNS:
        return returns_set(call);
    case KERNEL_CMD_ID_CREATE:
        return id_create(call);
    case KERNEL_CMD_STAT:
        return read_stat(call);
    case KERNEL_CMD_TRANSLATE:
        return translate(call);
    case KERNEL_CMD_CORE_INFO:
        invoke_return(call, kcb.core_id | (uint64_t)kcb.apic_id << 16, kcb.private_base);
        return SYS_ERR_OK;
    case KERNEL_CMD_STAT_RESET:
        invoke_return(call, kcb.stats[KERNEL_STAT_LONGEST_CYCLES],
                      kcb.stats[KERNEL_STAT_LONGEST_WHAT]);
        kcb.stats[KERNEL_STAT_LONGEST_CYCLES] = kcb.stats[KERNEL_STAT_LONGEST_WHAT] = 0;
        return SYS_ERR_OK;
    case KERNEL_CMD_RECLAIM:
        return reclaim(call);
    case KERNEL_CMD_PRINT:
        return print(call);
    case KERNEL_CMD_BEGIN_GROUP:
        return begin_group(call);
    case KERNEL_CMD_HALT:
        if (call->args[0] > HALT_STATUS_MAX)
            return SYS_ERR_ARGS;
        machine_halt((unsigned)call->args[0]);
    default:
        return SYS_ERR_ILLEGAL_INVOCATION;
    }
}
