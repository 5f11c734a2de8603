// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Invocations of capabilities. Each handler first checks all that it was given and then does what
// cannot fail.

#pragma once

#include "caps/caps.h"
#include "kpi/syscalls.h"

#define INVOKE_ARGS 6u

struct dcb;

struct invocation {
    struct dcb *dcb; ///< who invokes
    uint32_t command;
    uint64_t args[INVOKE_ARGS];
    struct cte *target; ///< the invoked capability
    bool has_values;
    uint64_t values[2];
};

/// Look the capability up and carry the command out.
errval_t invoke(struct invocation *call, uint64_t target);

/// The handlers of the types with commands of their own.
errval_t invoke_vnode(struct invocation *call);
errval_t invoke_mapping(struct invocation *call);
errval_t invoke_dispatcher(struct invocation *call);
errval_t invoke_notify(struct invocation *call);
errval_t invoke_irq_source(struct invocation *call);
errval_t invoke_io(struct invocation *call);
errval_t invoke_kernel(struct invocation *call);

/// Look up an argument that is a capability of the invoker, of one type and with rights.
errval_t invoke_lookup(struct invocation *call, uint64_t caddr, enum objtype type, uint8_t rights,
                       struct cte **ret);

/// Look up an argument that is an empty slot.
errval_t invoke_slot(struct invocation *call, uint64_t caddr, struct caps_dest *ret);

/// Copy to and from the invoker's memory (a few bytes; any alignment).
errval_t invoke_write_user(struct invocation *call, lvaddr_t to, const void *from, size_t bytes);
errval_t invoke_read_user(struct invocation *call, void *to, lvaddr_t from, size_t bytes);

static inline void invoke_return(struct invocation *call, uint64_t value0, uint64_t value1)
{
    call->has_values = true;
    call->values[0] = value0;
    call->values[1] = value1;
}
