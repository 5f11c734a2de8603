// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Invocations of capabilities by the current dispatcher. caps_decode has found and checked what an
// invocation names before a handler sees it; the handler checks the rest, and then does what cannot
// fail.

#pragma once

#include "caps/caps.h"

/// Carry out the command; call->command and args have been filled in.
errval_t invoke(struct caps_call *call, uint64_t target);

/// The handlers of the types with commands of their own.
typedef errval_t invoke_handler(struct caps_call *call);
invoke_handler invoke_vnode, invoke_mapping, invoke_dispatcher, invoke_notify, invoke_irq_source,
    invoke_io, invoke_kernel;

/// start_core.c: KERNEL_CMD_START_CORE (kpi/bootinfo.h describes what the core is given).
invoke_handler start_core;

/// KERNEL_STAT_VALID: boot/checked.c or unchecked.c, as the image has it.
invoke_handler invoke_valid;

/// Copy a capability that was decoded, of a type that can be copied, into an empty slot of the CPU
/// driver's own. This cannot fail.
void invoke_keep(struct cte *slot, struct cte *cte);

struct vector;

/// Mask the interrupt that is routed to a vector, if there is one, and forget it.
void invoke_irq_unroute(struct vector *vector);

/// Copy to and from the invoker's memory (a few bytes; any alignment).
errval_t invoke_write_user(lvaddr_t to, const void *from, size_t bytes);
errval_t invoke_read_user(void *to, lvaddr_t from, size_t bytes);

static inline void invoke_return(struct caps_call *call, uint64_t value0, uint64_t value1)
{
    call->has_values = true;
    call->values[0] = value0;
    call->values[1] = value1;
}
