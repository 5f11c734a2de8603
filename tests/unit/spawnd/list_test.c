// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What spawnd tells of the domains of its core.
#include "testlib/testlib.h"
#include "use.h"

#include <string.h>

static uint64_t words[SPAWND_WORDS];

static void list(uint64_t from)
{
    ask(BASE, SPAWND_LIST, from, 0, 0);
    CU_ASSERT_TRUE(machine_reply(BASE, words));
}

static void test_list(void)
{
    CU_ASSERT_TRUE_FATAL(machine_start());
    domainid_t id = start(BASE), other = start(BASE);
    machine.status = (struct dispatcher_status){.activity = ACTIVITY_SLEEPS};
    machine.account_bytes = 0x9000; // 0x5000 of it are what it was loaded into
    list(0);
    CU_ASSERT_EQUAL(words[0], SYS_ERR_OK);
    CU_ASSERT_EQUAL(words[1], id | UINT64_C(1) << 32 | UINT64_C(4) << 40);
    CU_ASSERT_EQUAL(words[2], 5 | UINT64_C(4) << 32);
    CU_ASSERT_STRING_EQUAL((const char *)&words[3], "prog");
    machine_fail(CALL_STATUS, 0, SYS_ERR_CAP_NOT_FOUND);
    machine.account_bytes = 0x4000;
    list(id + 1);
    CU_ASSERT_EQUAL(words[1], other | UINT64_C(1) << 32);
    CU_ASSERT_EQUAL(words[2], 5);
    machine_fail(CALL_MEMORY + MEM_SERV_ACCOUNT, 0, SPAWN_ERR_NO_DOMAIN);
    machine.account_bytes = 0x9000;
    list(other);
    CU_ASSERT(words[1] == (other | UINT64_C(1) << 32 | UINT64_C(4) << 40) && words[2] == 5);
    list(other + 1);
    CU_ASSERT(words[0] == SYS_ERR_OK && words[1] == 0);
    list(UINT64_C(1) << 32);
    CU_ASSERT(words[0] == SYS_ERR_OK && words[1] == 0);
    list(UINT32_MAX);
    CU_ASSERT(words[0] == SYS_ERR_OK && words[1] == 0);
    die(id);
    list(0);
    CU_ASSERT_EQUAL((domainid_t)words[1], other);
    machine_end();
}

static void describe(uint64_t id, uint64_t offset)
{
    ask(BASE, SPAWND_DESCRIBE, id, offset, 0);
    CU_ASSERT_TRUE(machine_reply(BASE, words));
}

static void test_describe(void)
{
    static const char line[] = "prog\0abcdefghijklmnopqrstuvwxyz0123456789";
    CU_ASSERT_TRUE_FATAL(machine_start());
    say_strings(BASE, line, sizeof(line));
    ask(BASE, SPAWND_SPAWN, 2, 0, 0);
    CU_ASSERT_TRUE(answered(BASE, SYS_ERR_OK, FIRST, 0));
    machine.status = (struct dispatcher_status){.activity = ACTIVITY_RUNS, .run_cycles = 55000};
    describe(FIRST, 0);
    CU_ASSERT(words[0] == SYS_ERR_OK && words[1] == 55 && words[2] == sizeof(line) - 1);
    CU_ASSERT_EQUAL(memcmp(&words[3], "prog abcdefghijklmnopqrstuvwxyz0123456789", 32), 0);
    describe(FIRST, 32);
    CU_ASSERT_STRING_EQUAL((const char *)&words[3], "123456789");
    describe(FIRST, sizeof(line) - 2);
    CU_ASSERT_STRING_EQUAL((const char *)&words[3], "9");
    const uint64_t beyond[] = {sizeof(line) - 1, sizeof(line), UINT64_MAX};
    for (unsigned i = 0; i < 3; i++) {
        describe(FIRST, beyond[i]);
        CU_ASSERT(words[0] == SYS_ERR_OK && words[3] == 0 && words[2] == sizeof(line) - 1);
    }
    machine_fail(CALL_STATUS, 0, SYS_ERR_CAP_NOT_FOUND);
    describe(FIRST, 0);
    CU_ASSERT(words[0] == SYS_ERR_OK && words[1] == 0);
    const uint64_t absent[] = {FIRST + 1, UINT64_C(1) << 32 | FIRST};
    for (unsigned i = 0; i < 2; i++) {
        describe(absent[i], 0);
        CU_ASSERT_EQUAL(words[0], SPAWN_ERR_NO_DOMAIN);
    }
    die(FIRST);
    describe(FIRST, 0);
    CU_ASSERT_EQUAL(words[0], SPAWN_ERR_NO_DOMAIN);
    machine_end();
}

/// What a domain says that it waits for is told while it is blocked.
static void test_waits(void)
{
    static const struct {
        enum dispatcher_activity activity;
        enum dispatcher_wait wait;
        bool told;
    } cases[] = {
        {ACTIVITY_NONE, WAIT_END, false},    {ACTIVITY_RUNS, WAIT_NAME, false},
        {ACTIVITY_POLLS, WAIT_NAME, false},  {ACTIVITY_WAITS, WAIT_NAME, true},
        {ACTIVITY_WAITS, WAIT_UNSAID, true}, {ACTIVITY_SLEEPS, WAIT_MESSAGE, true},
        {ACTIVITY_CALLS, WAIT_NAME, false},  {ACTIVITY_CALLS, WAIT_END, true},
    };
    CU_ASSERT_TRUE_FATAL(machine_start());
    domainid_t id = start(BASE);
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        machine.status.activity = cases[i].activity;
        machine.wait = DISPATCHER_WAIT(cases[i].wait, 0x1234);
        describe(id, 0);
        uint64_t wait = (uint64_t)cases[i].wait << 16 | UINT64_C(0x1234) << 32;
        CU_ASSERT_EQUAL(words[2], 4 | (cases[i].told ? wait : 0));
    }
    machine.status.activity = ACTIVITY_SLEEPS;
    machine_fail(CALL_WAIT, 0, SYS_ERR_CAP_NOT_FOUND); // it has just ended
    describe(id, 0);
    CU_ASSERT_EQUAL(words[2], 4);
    machine_end();
}

static void test_memory(void)
{
    CU_ASSERT_TRUE_FATAL(machine_start());
    (void)start(BASE);
    ask(BASE, SPAWND_MEMORY, 0, 0, 0);
    CU_ASSERT_TRUE(machine_reply(BASE, words));
    CU_ASSERT(words[0] == SYS_ERR_OK && words[1] == 7000 && words[2] == 9000);
    CU_ASSERT(words[3] == 1 && words[4] == DOMAINS_MAX);
    machine_fail(CALL_MEMORY + MEM_SERV_AVAILABLE, 0, LIB_ERR_CHAN_CLOSED);
    ask(BASE, SPAWND_MEMORY, 0, 0, 0);
    CU_ASSERT_TRUE(answered(BASE, LIB_ERR_CHAN_CLOSED, 0, 0));
    machine_end();
}

TEST_SUITE("lists") = {
    {"list", test_list},
    {"descriptions", test_describe},
    {"what they wait for", test_waits},
    {"memory", test_memory},
};
