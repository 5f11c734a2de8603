// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Commands of capabilities to interrupts and I/O ports.

#include "invoke.h"

#include "arch/x86_64/cpu.h"
#include "arch/x86_64/machine.h"
#include "kcb.h"

#define ISA_INTERRUPTS                                                                             \
    16u ///< edge-triggered and active high; the PCI interrupts above are level-triggered

errval_t invoke_notify(struct invocation *call)
{
    const struct cap *notify = &call->target->cap;
    if (call->command != NOTIFY_CMD_SEND)
        return SYS_ERR_ILLEGAL_INVOCATION;
    if ((notify->rights & CAPRIGHTS_WRITE) == 0)
        return SYS_ERR_RIGHTS;
    apic_send((uint32_t)(notify->base >> 8), (uint8_t)notify->base);
    return SYS_ERR_OK;
}

// The vector of a Notify of this core that has a listener.
static errval_t local_vector(struct invocation *call, uint64_t caddr, uint8_t *ret)
{
    struct cte *notify;
    errval_t err = invoke_lookup(call, caddr, ObjType_Notify, CAPRIGHTS_WRITE, &notify);
    if (err_is_fail(err))
        return err;
    uint8_t vector = (uint8_t)notify->cap.base;
    if (notify->cap.base >> 8 != kcb.apic_id || vector < VECTOR_NOTIFY_FIRST ||
        vector >= VECTOR_NOTIFY_END)
        return SYS_ERR_ARGS;
    if (kcb.vectors[vector - VECTOR_NOTIFY_FIRST].endpoint.cap.type != ObjType_EndPointLMP)
        return SYS_ERR_NO_LISTENER;
    *ret = vector;
    return SYS_ERR_OK;
}

errval_t invoke_irq_source(struct invocation *call)
{
    const struct cap *source = &call->target->cap;
    uint64_t gsi = call->args[0];
    if (call->command != IRQSRC_CMD_CONNECT && call->command != IRQSRC_CMD_ACK)
        return SYS_ERR_ILLEGAL_INVOCATION;
    if (gsi < source->base || gsi - source->base >= source->bytes)
        return SYS_ERR_ARGS;
    if ((source->rights & CAPRIGHTS_WRITE) == 0)
        return SYS_ERR_RIGHTS;
    if (call->command == IRQSRC_CMD_ACK) {
        if (gsi >= ISA_INTERRUPTS)
            ioapic_mask((uint32_t)gsi, false);
        return SYS_ERR_OK;
    }
    uint8_t vector;
    errval_t err = local_vector(call, call->args[1], &vector);
    if (err_is_fail(err))
        return err;
    bool level = gsi >= ISA_INTERRUPTS;
    if (!ioapic_route((uint32_t)gsi, vector, level, level))
        return SYS_ERR_ARGS;
    kcb.vectors[vector - VECTOR_NOTIFY_FIRST].gsi = level ? (uint32_t)gsi + 1 : 0;
    return SYS_ERR_OK;
}

static uint64_t port_in(uint16_t port, uint64_t bytes)
{
    return bytes == 1 ? cpu_in8(port) : bytes == 2 ? cpu_in16(port) : cpu_in32(port);
}

static void port_out(uint16_t port, uint64_t bytes, uint64_t value)
{
    if (bytes == 1)
        cpu_out8(port, (uint8_t)value);
    else if (bytes == 2)
        cpu_out16(port, (uint16_t)value);
    else
        cpu_out32(port, (uint32_t)value);
}

errval_t invoke_io(struct invocation *call)
{
    const struct cap *io = &call->target->cap;
    uint64_t port = call->args[0], bytes = call->args[1];
    if (call->command != IO_CMD_IN && call->command != IO_CMD_OUT)
        return SYS_ERR_ILLEGAL_INVOCATION;
    if (bytes != 1 && bytes != 2 && bytes != 4)
        return SYS_ERR_ARGS;
    if (port < io->base || port > UINT16_MAX || port - io->base >= io->bytes ||
        bytes > io->bytes - (port - io->base))
        return SYS_ERR_IO_PORT;
    uint8_t right = call->command == IO_CMD_IN ? CAPRIGHTS_READ : CAPRIGHTS_WRITE;
    if ((io->rights & right) == 0)
        return SYS_ERR_RIGHTS;
    if (call->command == IO_CMD_IN)
        invoke_return(call, port_in((uint16_t)port, bytes), 0);
    else
        port_out((uint16_t)port, bytes, call->args[2]);
    return SYS_ERR_OK;
}
