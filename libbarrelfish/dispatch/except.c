// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The calling thread's exception handler and the stack that it runs on. How it is called: fault.c.

#include "barrelfish/except.h"

#include <stdlib.h>

#include "dispatcher.h"

#define OWN_STACK_BYTES 32768u

errval_t thread_set_exception_handler(exception_handler_fn newhandler,
                                      exception_handler_fn *oldhandler, void *new_stack_base,
                                      void *new_stack_top, void **old_stack_base,
                                      void **old_stack_top)
{
    struct thread *self = thread_self();
    void *owned = NULL;
    if (new_stack_base == NULL && new_stack_top == NULL && newhandler != NULL) {
        owned = calloc(1, OWN_STACK_BYTES);
        if (owned == NULL)
            return LIB_ERR_MALLOC_FAIL;
        new_stack_base = owned;
        new_stack_top = (uint8_t *)owned + OWN_STACK_BYTES;
    }
    uintptr_t low = (uintptr_t)new_stack_base;
    uintptr_t high = (uintptr_t)new_stack_top;
    if (newhandler != NULL && (high < low || high - low < EXCEPT_STACK_BYTES_MIN))
        return LIB_ERR_INVALID_ARGS;
    if (oldhandler != NULL)
        *oldhandler = self->handler;
    if (old_stack_base != NULL)
        *old_stack_base = self->handler_stack_low;
    if (old_stack_top != NULL)
        *old_stack_top = self->handler_stack_high;
    void *unused = self->handler_stack_owned;
    dispatcher_handle_t handle = disp_disable();
    self->handler = newhandler;
    self->handler_stack_low = new_stack_base;
    self->handler_stack_high = new_stack_top;
    self->handler_stack_owned = owned;
    disp_enable(handle);
    free(unused);
    return SYS_ERR_OK;
}
