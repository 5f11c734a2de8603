// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Exceptions of a thread: page faults that no memory object answers (barrelfish/memobj.h), and
// traps, which its handler may repair. Without a handler the domain ends with a report.

#pragma once

#include "barrelfish/types.h"
#include "kpi/dispatcher.h"

enum exception_type {
    EXCEPT_NULL,
    EXCEPT_PAGEFAULT,
    EXCEPT_BREAKPOINT,
    EXCEPT_SINGLESTEP,
    EXCEPT_OTHER
};

/// Subtypes of EXCEPT_PAGEFAULT. For EXCEPT_OTHER the subtype is the vector.
enum pagefault_exception_type { PAGEFLT_NULL, PAGEFLT_READ, PAGEFLT_WRITE, PAGEFLT_EXEC };

/// What the vector of an exception stands for, like "general protection".
const char *except_name(uint64_t vector);

/// Runs on the exception stack, as the thread that caused it, enabled. `regs` are the thread's and
/// may be changed; the thread goes on with them when the handler returns.
typedef void (*exception_handler_fn)(enum exception_type type, int subtype, void *addr,
                                     struct registers *regs);

/// Sets the calling thread's handler (NULL: none) and the stack that it runs on,
/// [new_stack_base, new_stack_top), at least EXCEPT_STACK_BYTES_MIN long and always mapped. If both
/// are NULL one is allocated. The old ones are returned through old_ pointers, which may be NULL. A
/// further exception while the handler runs ends the domain.
/// LIB_ERR_INVALID_ARGS: the stack is too small; LIB_ERR_MALLOC_FAIL.
errval_t thread_set_exception_handler(exception_handler_fn newhandler,
                                      exception_handler_fn *oldhandler, void *new_stack_base,
                                      void *new_stack_top, void **old_stack_base,
                                      void **old_stack_top);

#define EXCEPT_STACK_BYTES_MIN 8192u
