// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The table of requests: which are served by what step, for whom, and with or without a capability.
#include <testlib/testlib.h>

#include "if/monitor.h"
#include "kpi/spawn.h"
#include "protocol/operations.h"

enum { CORE = 2, BASE = CORE << 16, PLAIN = BASE | 20, OTHER = BASE | 21 };

static struct operation ask(uint32_t badge, uint64_t op, uint64_t value)
{
    const uint64_t words[] = {op, value, 0};
    return operation_of(CORE, badge, words, 3);
}

static void expect(enum monitor_op op, enum operation_step step, bool takes_cap)
{
    struct operation got = ask(PLAIN, op, 0);
    CU_ASSERT_EQUAL(got.step, step);
    CU_ASSERT_EQUAL(got.takes_cap, takes_cap);
    CU_ASSERT_EQUAL(got.err, SYS_ERR_OK);
}

static void expect_refused(uint32_t badge, uint64_t op, uint64_t value, errval_t err)
{
    struct operation got = ask(badge, op, value);
    CU_ASSERT_EQUAL(got.step, OPERATION_REFUSE);
    CU_ASSERT_FALSE(got.takes_cap);
    CU_ASSERT_EQUAL(got.err, err);
}

static void test_for_everybody(void)
{
    static const enum monitor_op connection[] = {MONITOR_BIND,         MONITOR_DISCONNECT,
                                                 MONITOR_NOTIFY_RELAY, MONITOR_BIND_MEMORY,
                                                 MONITOR_CHECK,        MONITOR_CAP_TAKEN};
    static const enum monitor_op name[] = {MONITOR_NAME_REGISTER, MONITOR_NAME_UNREGISTER,
                                           MONITOR_NAME_LOOKUP, MONITOR_NAME_WAIT};
    for (unsigned i = 0; i < sizeof(connection) / sizeof(connection[0]); i++)
        expect(connection[i], OPERATION_CONNECTION, false);
    for (unsigned i = 0; i < sizeof(name) / sizeof(name[0]); i++)
        expect(name[i], OPERATION_NAME, false);
    expect(MONITOR_EXPORT, OPERATION_EXPORT, false);
    expect(MONITOR_UNEXPORT, OPERATION_UNEXPORT, false);
    expect(MONITOR_CORES, OPERATION_CORES, false);
    expect(MONITOR_AWAIT_BOOT, OPERATION_AWAIT_BOOT, false);
    expect(MONITOR_CORE_STATUS, OPERATION_CORE_STATUS, false);
    expect(MONITOR_STAT, OPERATION_STAT, false);
}

static void test_with_a_capability(void)
{
    expect(MONITOR_EVENTS, OPERATION_EVENTS, true);
    expect(MONITOR_NOTIFY, OPERATION_NOTIFY, true);
    expect(MONITOR_IRQDEST_CREATE, OPERATION_IRQDEST, true);
    expect(MONITOR_BIND_LMP, OPERATION_CONNECTION, true);
    expect(MONITOR_BIND_REPLY, OPERATION_CONNECTION, true);
    expect(MONITOR_CAP, OPERATION_CONNECTION, true);
}

static void test_unknown(void)
{
    expect_refused(PLAIN, 0, 0, SYS_ERR_ILLEGAL_INVOCATION);
    expect_refused(PLAIN, MONITOR_OPS_COUNT, 0, SYS_ERR_ILLEGAL_INVOCATION);
    expect_refused(PLAIN, UINT64_MAX, 0, SYS_ERR_ILLEGAL_INVOCATION);
    for (unsigned op = 1; op < MONITOR_OPS_COUNT; op++)
        CU_ASSERT_NOT_EQUAL(ask(PLAIN, op, OTHER).err, SYS_ERR_ILLEGAL_INVOCATION);
}

static void test_halt(void)
{
    CU_ASSERT_EQUAL(ask(MONITOR_OPERATOR, MONITOR_HALT, 0).step, OPERATION_HALT);
    expect_refused(PLAIN, MONITOR_HALT, 0, SYS_ERR_RIGHTS);
    expect_refused(BASE | DOMAIN_SPAWND, MONITOR_HALT, 0, SYS_ERR_RIGHTS);
}

static void expect_teller(enum monitor_op op, enum operation_step step)
{
    const uint32_t spawnd = BASE | DOMAIN_SPAWND, first = BASE | DOMAIN_FIRST;
    CU_ASSERT_EQUAL(ask(spawnd, op, OTHER).step, step);
    CU_ASSERT_EQUAL(ask(first, op, OTHER).step, step);
    expect_refused(PLAIN, op, OTHER, SYS_ERR_RIGHTS);
    expect_refused(spawnd, op, spawnd, SYS_ERR_RIGHTS);
    expect_refused(spawnd, op, 0, SYS_ERR_RIGHTS);
    expect_refused(spawnd, op, (CORE + 1) << 16 | 21, SYS_ERR_RIGHTS);
    expect_refused(spawnd, op, UINT64_C(1) << 32 | OTHER, SYS_ERR_RIGHTS);
    const uint64_t words[] = {op, 21, 0}; // where zero is a core's number
    CU_ASSERT_EQUAL(operation_of(0, DOMAIN_SPAWND, words, 3).step, step);
    const uint64_t nobody[] = {op, 0, 0};
    CU_ASSERT_EQUAL(operation_of(0, DOMAIN_SPAWND, nobody, 3).step, OPERATION_REFUSE);
}

static void test_tellers(void)
{
    expect_teller(MONITOR_INTRODUCE, OPERATION_INTRODUCE);
    expect_teller(MONITOR_FORGET, OPERATION_FORGET);
}

static void test_death(void)
{
    const uint64_t words[] = {MONITOR_EVENTS, PLAIN, 0};
    CU_ASSERT_EQUAL(operation_of(CORE, 0, words, 2).step, OPERATION_DEATH);
    CU_ASSERT_FALSE(operation_of(CORE, 0, words, 2).takes_cap);
    CU_ASSERT_EQUAL(operation_of(CORE, 0, words, 1).step, OPERATION_IGNORE);
    CU_ASSERT_EQUAL(operation_of(CORE, 0, words, 0).step, OPERATION_IGNORE);
}

TEST_SUITE("requests of domains") = {
    {"for everybody", test_for_everybody},
    {"with a capability", test_with_a_capability},
    {"unknown", test_unknown},
    {"the operator halts", test_halt},
    {"who tells of domains", test_tellers},
    {"the CPU driver tells of a death", test_death},
};
