// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Checks and their summary. Any thread may check; counts are atomic.
#include "systest/systest.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "barrelfish/err.h"
#include "barrelfish/invocations.h"

#define FAILURES_SHOWN_MAX 40u

static atomic_uint checks, failures;

static void failed(const char *file, int line, const char *text, const char *why)
{
    if (atomic_fetch_add(&failures, 1) < FAILURES_SHOWN_MAX) {
        printf("FAIL %s:%d: %s%s%s\n", file, line, text, *why != '\0' ? ": " : "", why);
        fflush(stdout);
    }
}

bool test_expect(bool holds, const char *file, int line, const char *text)
{
    atomic_fetch_add(&checks, 1);
    if (!holds)
        failed(file, line, text, "");
    return holds;
}

bool test_expect_err(errval_t err, enum err_code wanted, const char *file, int line,
                     const char *text)
{
    atomic_fetch_add(&checks, 1);
    bool holds = err_no(err) == wanted;
    if (!holds) {
        char why[160];
        snprintf(why, sizeof(why), "is %s, not %s", err_getcode(err),
                 err_getcode((errval_t)wanted));
        failed(file, line, text, why);
    }
    return holds;
}

void test_skipped(const char *what, const char *feature)
{
    printf("skipped: %s: no %s\n", what, feature);
}

unsigned test_failures(void)
{
    return atomic_load(&failures);
}

bool test_structures(void)
{
    uint64_t valid = 0;
    errval_t err =
        cap_invoke_value(cap_kernelinfo, KERNEL_CMD_STAT, KERNEL_STAT_VALID, 0, 0, &valid);
    return err_no(err) != SYS_ERR_ARGS && EXPECT_OK(err) && EXPECT(valid == 1);
}

int test_summary(const char *name)
{
    (void)test_structures();
    unsigned made = atomic_load(&checks);
    unsigned bad = atomic_load(&failures);
    printf("%s: %u checks, %u failed\n", name, made, bad);
    fflush(stdout);
    return bad == 0 && made > 0 ? 0 : 1;
}

uint64_t test_argument(int argc, char **argv, int index, uint64_t otherwise)
{
    return index < argc ? strtoull(argv[index], NULL, 0) : otherwise;
}
