// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Where a service's program comes to its loop, or to its end.
#include "fakes/fakes.h"

#include "barrelfish/debug.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

static jmp_buf end;
static bool begins;

bool fake_program_run(int (*program)(void))
{
    begins = true;
    int serves = setjmp(end);
    if (serves == 0)
        (void)program();
    begins = false;
    return serves == 1;
}

void fake_program_serves(void)
{
    longjmp(end, 1);
}

void user_panic_fn(const char *file, const char *func, int line, errval_t err, const char *msg, ...)
{
    if (begins)
        longjmp(end, 2);
    fprintf(stderr, "%s:%d: %s: %s (%lu)\n", file, line, func, msg, err);
    abort();
}
