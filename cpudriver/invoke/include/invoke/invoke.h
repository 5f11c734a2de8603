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
errval_t invoke_vnode(struct caps_call *call);
errval_t invoke_mapping(struct caps_call *call);
errval_t invoke_dispatcher(struct caps_call *call);
errval_t invoke_notify(struct caps_call *call);
errval_t invoke_irq_source(struct caps_call *call);
errval_t invoke_io(struct caps_call *call);
errval_t invoke_kernel(struct caps_call *call);

/// KERNEL_STAT_VALID: boot/checked.c or unchecked.c, as the image has it.
errval_t invoke_valid(struct caps_call *call);

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
