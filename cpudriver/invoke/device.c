// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Commands of capabilities to interrupts and I/O ports.

#include "invoke/invoke.h"

#include "arch/cpu.h"
#include "kcb/kcb.h"
#include "machine/machine.h"

errval_t invoke_notify(struct caps_call *call)
{
    const struct cap *notify = &call->target->cap;
    apic_send((uint32_t)(notify->base >> 8), (uint8_t)notify->base);
    return SYS_ERR_OK;
}

/// The vector that a global interrupt is routed to, or NULL.
static struct vector *vector_of(uint64_t gsi)
{
    for (unsigned i = 0; i < VECTOR_NOTIFY_END - VECTOR_NOTIFY_FIRST; i++)
        if (kcb.vectors[i].gsi == gsi + 1)
            return &kcb.vectors[i];
    return NULL;
}

void invoke_irq_unroute(struct vector *vector)
{
    if (vector->gsi != 0)
        ioapic_mask(vector->gsi - 1, true);
    vector->gsi = 0;
}

/// An interrupt has one vector and a vector one interrupt: the latest ones.
static errval_t connect(uint64_t gsi, const struct cap *destination)
{
    uint8_t vector = (uint8_t)destination->base;
    struct vector *entry = &kcb.vectors[vector - VECTOR_NOTIFY_FIRST];
    // Its listener may be gone, and the vector may stand for another one now.
    if (!entry->takes_irq || !cte_is(&entry->notice.endpoint, ObjType_EndPointLMP))
        return SYS_ERR_NO_LISTENER;
    bool level = gsi >= ISA_INTERRUPTS;
    if (!ioapic_route((uint32_t)gsi, vector, level, level))
        return SYS_ERR_ARGS;
    struct vector *before = vector_of(gsi);
    if (before != NULL)
        before->gsi = 0;
    invoke_irq_unroute(entry);
    entry->gsi = (uint32_t)gsi + 1;
    return SYS_ERR_OK;
}

errval_t invoke_irq_source(struct caps_call *call)
{
    const struct cap *source = &call->target->cap;
    uint64_t gsi = call->args[0];
    if (gsi < source->base || gsi - source->base >= source->bytes)
        return SYS_ERR_ARGS;
    if (call->command == IRQSRC_CMD_CONNECT)
        return connect(gsi, &call->operands[1].cap->cap);
    // What was never routed has no vector that it may raise, and perhaps no place in the I/O APIC.
    if (vector_of(gsi) == NULL)
        return SYS_ERR_NO_LISTENER;
    if (gsi >= ISA_INTERRUPTS)
        ioapic_mask((uint32_t)gsi, false);
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

errval_t invoke_io(struct caps_call *call)
{
    const struct cap *io = &call->target->cap;
    uint64_t port = call->args[0], bytes = call->args[1];
    if (bytes != 1 && bytes != 2 && bytes != 4)
        return SYS_ERR_ARGS;
    if (port < io->base || port > UINT16_MAX || port - io->base >= io->bytes ||
        bytes > io->bytes - (port - io->base))
        return SYS_ERR_IO_PORT;
    if (call->command == IO_CMD_IN)
        invoke_return(call, port_in((uint16_t)port, bytes), 0);
    else
        port_out((uint16_t)port, bytes, call->args[2]);
    return SYS_ERR_OK;
}
