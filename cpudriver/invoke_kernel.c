// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Commands of the Kernel capability: what only a core's monitor and memory server may ask of its
// CPU driver, and, with the right to read only, its counters.

#include "invoke.h"

#include "arch/x86_64/cpu.h"
#include "arch/x86_64/machine.h"
#include "dispatch.h"
#include "kcb.h"
#include "panic.h"
#include "returns.h"
#include "start_core.h"

#define HALT_STATUS_MAX 95u

static errval_t notify_create(struct invocation *call)
{
    struct cte *endpoint;
    struct caps_dest slot;
    errval_t err =
        invoke_lookup(call, call->args[0], ObjType_EndPointLMP, CAPRIGHTS_WRITE, &endpoint);
    if (err_is_fail(err))
        return err;
    err = invoke_slot(call, call->args[1], &slot);
    if (err_is_fail(err))
        return err;
    for (unsigned i = 0; i < VECTOR_NOTIFY_END - VECTOR_NOTIFY_FIRST; i++) {
        struct vector *entry = &kcb.vectors[i];
        if (entry->endpoint.cap.type != ObjType_Null)
            continue;
        unsigned vector = VECTOR_NOTIFY_FIRST + i;
        struct cap notify = cap_make(ObjType_Notify, (uint64_t)kcb.apic_id << 8 | vector, 1);
        if (mdb_find_copy(&kcb.caps.mdb, &notify, NULL) != NULL) // of its former use
            continue;
        err = caps_create(&kcb.caps, &slot, &notify);
        if (err_is_fail(err))
            return err;
        struct caps_dest listener = caps_dest_kernel(&entry->endpoint);
        err = caps_copy(&kcb.caps, &listener, endpoint);
        kassert(err_is_ok(err));
        entry->gsi = 0;
        invoke_return(call, vector, 0);
        return SYS_ERR_OK;
    }
    return SYS_ERR_NO_VECTOR;
}

static errval_t notify_free(struct invocation *call)
{
    uint64_t vector = call->args[0];
    if (vector < VECTOR_NOTIFY_FIRST || vector >= VECTOR_NOTIFY_END)
        return SYS_ERR_ARGS;
    struct vector *entry = &kcb.vectors[vector - VECTOR_NOTIFY_FIRST];
    if (entry->endpoint.cap.type == ObjType_Null)
        return SYS_ERR_NO_LISTENER;
    if (entry->gsi != 0)
        ioapic_mask(entry->gsi - 1, true);
    entry->gsi = 0;
    return caps_delete(&kcb.caps, &entry->endpoint);
}

static errval_t create_cap(struct invocation *call)
{
    struct capability sent;
    struct caps_dest slot;
    errval_t err = invoke_read_user(call, &sent, call->args[0], sizeof(sent));
    if (err_is_fail(err))
        return err;
    err = invoke_slot(call, call->args[1], &slot);
    if (err_is_fail(err))
        return err;
    return caps_create_foreign(&kcb.caps, &slot, &sent);
}

static errval_t set_remote(struct invocation *call)
{
    struct cte *cte;
    errval_t err = caps_lookup(&kcb.caps, &call->dcb->slots.cspace.cap, call->args[0], &cte);
    if (err_is_fail(err))
        return err;
    if (call->args[1] > 1)
        return SYS_ERR_ARGS;
    return caps_set_remote(&kcb.caps, cte, call->args[1] != 0);
}

static errval_t id_create(struct invocation *call)
{
    struct caps_dest slot;
    errval_t err = invoke_slot(call, call->args[0], &slot);
    if (err_is_fail(err))
        return err;
    struct cap id = cap_make(ObjType_ID, (uint64_t)kcb.core_id << 48 | ++kcb.next_id, 1);
    return caps_create(&kcb.caps, &slot, &id);
}

static errval_t read_stat(struct invocation *call)
{
    uint64_t which = call->args[0];
    if (which >= KERNEL_STAT_COUNT)
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

// Commands that need the right to read only.
static errval_t invoke_info(struct invocation *call)
{
    if ((call->target->cap.rights & CAPRIGHTS_READ) == 0)
        return SYS_ERR_RIGHTS;
    if (call->command == KERNEL_CMD_STAT)
        return read_stat(call);
    if (call->command == KERNEL_CMD_CORE_INFO) {
        invoke_return(call, kcb.core_id | (uint64_t)kcb.apic_id << 16, kcb.private_base);
        return SYS_ERR_OK;
    }
    if (call->args[0] < WINDOW_BASE)
        return SYS_ERR_ARGS;
    uint64_t span;
    uint64_t mapped = space_translate(call->args[0], &span);
    invoke_return(call, mapped, span);
    return SYS_ERR_OK;
}

errval_t invoke_kernel(struct invocation *call)
{
    switch (call->command) {
    case KERNEL_CMD_STAT:
    case KERNEL_CMD_TRANSLATE:
    case KERNEL_CMD_CORE_INFO:
        return invoke_info(call);
    }
    if (call->command < KERNEL_CMD_START_CORE || call->command > KERNEL_CMD_HALT)
        return SYS_ERR_ILLEGAL_INVOCATION;
    if ((call->target->cap.rights & CAPRIGHTS_WRITE) == 0)
        return SYS_ERR_RIGHTS;
    switch (call->command) {
    case KERNEL_CMD_START_CORE:
        return start_core(call);
    case KERNEL_CMD_NOTIFY_CREATE:
        return notify_create(call);
    case KERNEL_CMD_NOTIFY_FREE:
        return notify_free(call);
    case KERNEL_CMD_CREATE_CAP:
        return create_cap(call);
    case KERNEL_CMD_SET_REMOTE:
        return set_remote(call);
    case KERNEL_CMD_SET_RETURNS:
        return returns_set(call);
    case KERNEL_CMD_ID_CREATE:
        return id_create(call);
    default:
        if (call->args[0] > HALT_STATUS_MAX)
            return SYS_ERR_ARGS;
        machine_halt((unsigned)call->args[0]);
    }
}
