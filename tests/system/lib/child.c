// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Child domains: started, waited for with a limit, and ended if they do not end by themselves.
#include "systest/systest.h"

#include <stdio.h>

#include "barrelfish/deferred.h"
#include "barrelfish/domain.h"
#include "barrelfish/spawn_client.h"

#define ARGS_MAX 32u
#define POLL_US 500u
#define END_LIMIT_MS 20000u
#define SERVICES_LIMIT_MS 60000u

/// Waits for the end of a domain; false if it has not come within `limit_ms`.
static bool await_end(struct capref domain, unsigned limit_ms, uint8_t *status, errval_t *err)
{
    systime_t limit = systime_now() + us_to_systime(limit_ms * 1000ul);
    for (;;) {
        *err = spawn_wait(domain, status, true);
        if (err_no(*err) != LIB_ERR_NO_EVENT)
            return true;
        if (systime_now() >= limit)
            return false;
        barrelfish_usleep(POLL_US);
    }
}

static struct test_child end_of(struct capref domain, unsigned limit_ms)
{
    struct test_child child = {.end = TEST_END_STATUS};
    bool ended = true;
    if (limit_ms == 0)
        child.err = spawn_wait(domain, &child.status, false);
    else
        ended = await_end(domain, limit_ms, &child.status, &child.err);
    if (!ended) {
        child.end = TEST_END_KILLED;
        EXPECT_OK(spawn_kill(domain));
        EXPECT(await_end(domain, END_LIMIT_MS, &child.status, &child.err));
    } else if (child.status == SPAWN_STATUS_DIED || child.status == DOMAIN_STATUS_FATAL) {
        child.end = TEST_END_DIED;
    }
    EXPECT_OK(child.err);
    return child;
}

struct test_child test_run_child(coreid_t core, const char *program, const char *const args[],
                                 unsigned limit_ms)
{
    char *argv[ARGS_MAX + 2] = {(char *)program};
    for (unsigned i = 0; i < ARGS_MAX && args != NULL && args[i] != NULL; i++)
        argv[i + 1] = (char *)args[i];
    struct capref domain;
    errval_t err = spawn_program(core, program, argv, NULL, SPAWN_FLAGS_DEFAULT, &domain);
    if (err_is_fail(err))
        return (struct test_child){.end = TEST_END_NO_SPAWN, .err = err};
    return end_of(domain, limit_ms);
}

void test_services_expect(coreid_t core, const char *file, int line)
{
    static const char *const args[] = {"services", NULL};
    struct test_child child = test_run_child(core, "test_child", args, SERVICES_LIMIT_MS);
    char text[96];
    snprintf(text, sizeof(text), "core %u's services do not answer (end %d, status %d)", core,
             child.end, child.status);
    (void)test_expect(child.end == TEST_END_STATUS && child.status == 0, file, line, text);
}
