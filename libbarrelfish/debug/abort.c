// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// abort() and what assert() calls, in place of the C library's: these are compiled with frame
// pointers, so that the backtrace begins with whoever called them. Then they do what those do: the
// domain ends as by SIGABRT; while the dispatcher is disabled, which no signal can be handled in, at once.
#include <signal.h>
#include <stdlib.h>

#include "barrelfish/debug.h"
#include "barrelfish/dispatch.h"
#include "debug_source.h"

static void __attribute__((noreturn)) end(void)
{
    if (!disp_is_disabled())
        (void)raise(SIGABRT);
    debug_source.end();
}

void abort(void)
{
    debug_printf("abort() was called\n");
    debug_print_backtrace();
    end();
}

void __assert_fail(const char *expression, const char *file, int line, const char *function)
{
    debug_printf("assertion failed: %s (%s:%d, %s)\n", expression, file, line, function);
    debug_print_backtrace();
    end();
}
