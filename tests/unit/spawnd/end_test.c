// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// How domains end: in what order all is taken back, in what portions, and what fails on the way.
#include "testlib/testlib.h"
#include "use.h"

#include <stdio.h>
#include <string.h>

#define ENDS_AT_SERVICES                                                                           \
    "mint monitor 30010; revoke; delete; mint memory 30010; revoke; delete; mint self 30010; "     \
    "revoke; delete; "

static void begin_end(domainid_t id)
{
    machine_death((const uint64_t[]){DEATH_STOPPED, id}, 2);
}

static void test_order(void)
{
    CU_ASSERT_TRUE_FATAL(machine_start());
    domainid_t id = start(BASE);
    begin_end(id);
    CU_ASSERT_TRUE(machine_expect("stop 30010; "));
    CU_ASSERT(domain_table_find(&domains, id)->ending && !machine_is_client(id));
    begin_end(id); // of one that is ending already
    machine.revoke_steps = 3;
    machine_run();
    CU_ASSERT_TRUE(machine_expect(ENDS_AT_SERVICES "monitor 30010; destroy 30010; forget 30010; "));
    CU_ASSERT_EQUAL(domain_table_running(&domains), 1);
    CU_ASSERT_FALSE(capref_is_null(domain_infos[0].ram)); // until the memory server has taken it
    settle();
    CU_ASSERT_EQUAL(domain_table_running(&domains), 0);
    CU_ASSERT_TRUE(capref_is_null(domain_infos[0].ram) && machine_expect("drop; "));
    begin_end(id); // of one that has ended
    CU_ASSERT_TRUE(machine_expect(""));
    machine_end();
}

/// Large domains do not hold up others: 8 steps a turn, 4 turns an event.
static void test_portions(void)
{
    CU_ASSERT_TRUE_FATAL(machine_start());
    domainid_t large = start(BASE), small = start(BASE);
    machine.destroy_steps = 200;
    begin_end(large);
    CU_ASSERT_TRUE(machine_dispatch());
    CU_ASSERT_EQUAL(machine.destroy_calls, 32 - 4); // four stages go before
    CU_ASSERT_TRUE(machine_dispatch());
    CU_ASSERT_EQUAL(machine.destroy_calls, 64 - 4);
    machine.log[0] = '\0';
    machine.destroy_steps = 100;
    begin_end(small);
    CU_ASSERT_TRUE(machine_dispatch());
    CU_ASSERT_EQUAL(machine.destroy_calls, 60 + 28);
    CU_ASSERT_FALSE(domain_table_find(&domains, small)->ending == false);
    machine.destroy_steps = 1;
    machine_run();
    CU_ASSERT_PTR_NOT_NULL(strstr(machine.log, "destroy 30010; "));
    CU_ASSERT_PTR_NOT_NULL(strstr(machine.log, "destroy 30011; "));
    machine_end();
}

static void test_turns(void)
{
    CU_ASSERT_TRUE_FATAL(machine_start());
    domainid_t ids[3];
    for (unsigned i = 0; i < 3; i++)
        ids[i] = start(BASE);
    for (unsigned i = 0; i < 3; i++)
        begin_end(ids[i]);
    machine.log[0] = '\0';
    machine.destroy_steps = 5; // the first turn does four of them
    CU_ASSERT_TRUE(machine_dispatch());
    CU_ASSERT_PTR_NOT_NULL(strstr(machine.log, "monitor 30010; "));
    CU_ASSERT_PTR_NOT_NULL(strstr(machine.log, "monitor 30012; destroy 30010; forget 30010; "));
    machine_end();
}

/// Whatever fails, the rest is done, and it is said.
static void test_failures(void)
{
    static const struct {
        enum machine_call call;
        unsigned after;
        const char *text, *log;
    } cases[] = {
        {CALL_MINT, 1, "a service's endpoint still speaks for it",
         "mint monitor %x; revoke; delete; mint self %x; revoke; delete; monitor %x; destroy %x; "
         "forget %x; "},
        {CALL_REVOKE, 2, "a service's endpoint still speaks for it",
         "mint monitor %x; revoke; delete; mint memory %x; revoke; delete; mint self %x; delete; "
         "monitor %x; destroy %x; forget %x; "},
        {CALL_MONITOR_FORGET, 0, "the monitor still knows it", NULL},
        {CALL_DESTROY, 0, "not all of it could be deleted", NULL},
    };
    CU_ASSERT_TRUE_FATAL(machine_start());
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        domainid_t id = start(BASE);
        char text[128], log[512];
        begin_end(id);
        machine.log[0] = '\0';
        machine_fail(cases[i].call, cases[i].after, SYS_ERR_RIGHTS);
        machine_run();
        CU_ASSERT_TRUE(machine_failed());
        snprintf(text, sizeof(text), "domain %#x (prog): %s", id, cases[i].text);
        CU_ASSERT_TRUE(machine_printed(text));
        CU_ASSERT_EQUAL(machine.last_err, SYS_ERR_RIGHTS);
        if (cases[i].log != NULL) {
            snprintf(log, sizeof(log), cases[i].log, id, id, id, id, id, id);
            CU_ASSERT_TRUE(machine_expect(log));
        }
        settle();
        CU_ASSERT_EQUAL(domain_table_running(&domains), 0);
    }
    machine_end();
}

/// The memory server refuses: nothing is to be waited for.
static void test_not_forgotten(void)
{
    CU_ASSERT_TRUE_FATAL(machine_start());
    domainid_t id = start(BASE);
    ask(BASE, SPAWND_WAIT, id, 0, 0);
    begin_end(id);
    machine_fail(CALL_MEMORY + MEM_SERV_FORGET, 0, SYS_ERR_RIGHTS);
    machine_run();
    CU_ASSERT_TRUE(machine_printed("domain 0x30010 (prog): the memory server still knows it"));
    CU_ASSERT_TRUE(answered(BASE, SYS_ERR_OK, SPAWND_DIED, DEATH_STOPPED));
    machine_end();
}

static unsigned forgets(void)
{
    unsigned count = 0;
    for (const char *at = machine.log; (at = strstr(at, "forget ")) != NULL; at++)
        count++;
    machine.log[0] = '\0';
    return count;
}

/// Not more are being forgotten at once than there is room for messages.
static void test_many(void)
{
    enum { MORE = 8 };
    CU_ASSERT_TRUE_FATAL(machine_start());
    for (unsigned i = 0; i < FORGETS_MAX + MORE; i++)
        (void)start(BASE);
    for (unsigned i = 0; i < FORGETS_MAX + MORE; i++)
        begin_end(FIRST + i);
    machine_run();
    CU_ASSERT_EQUAL(forgets(), FORGETS_MAX);
    for (unsigned i = 1; i <= MORE; i++) {
        CU_ASSERT_EQUAL(machine_forgotten(1), 1);
        machine_run();
        CU_ASSERT_EQUAL(forgets(), 1);
        CU_ASSERT_EQUAL(domain_table_running(&domains), FORGETS_MAX + MORE - i);
    }
    settle();
    CU_ASSERT_EQUAL(domain_table_running(&domains), 0);
    machine_end();
}

/// A message about a domain that runs, or about none, ends nothing.
static void test_strange_messages(void)
{
    CU_ASSERT_TRUE_FATAL(machine_start());
    domainid_t id = start(BASE);
    machine_tell((const uint64_t[]){MEM_SERV_FORGOTTEN, id}, 2);
    machine_tell((const uint64_t[]){MEM_SERV_FORGOTTEN, id + 1}, 2);
    machine_run();
    begin_end(id);
    machine_tell((const uint64_t[]){MEM_SERV_FORGOTTEN, id, 0}, 3);
    machine_tell((const uint64_t[]){MEM_SERV_LOST, id}, 2);
    machine_run();
    CU_ASSERT_EQUAL(domain_table_running(&domains), 1);
    settle();
    CU_ASSERT_EQUAL(domain_table_running(&domains), 0);
    machine_end();
}

static void die_of(const uint64_t *words, size_t length, const char *text)
{
    char expected[256];
    domainid_t id = start(BASE);
    uint64_t all[DEATH_WORDS + 1];
    memcpy(all, words, (DEATH_WORDS + 1) * sizeof(all[0]));
    all[1] = id;
    snprintf(expected, sizeof(expected),
             "domain %#x (prog) died: %s, rip 0x11, address %#lx, error 0x2, rsp 0x10000\n", id,
             text != NULL ? text : "", all[3]);
    machine_death(all, length);
    CU_ASSERT_TRUE(machine_printed(text != NULL ? expected : ""));
    settle();
    ask(BASE, SPAWND_WAIT, id, 0, 0);
    CU_ASSERT_TRUE(answered(BASE, SYS_ERR_OK, SPAWND_DIED, all[0]));
}

static void test_deaths(void)
{
    static const struct {
        uint64_t why, address;
        const char *text;
    } deaths[] = {
        {DEATH_FAULT_DISABLED, 0xeffe, "page fault while disabled"},
        {DEATH_FAULT_DISABLED, 0xefff, "page fault while disabled"},
        {DEATH_FAULT_DISABLED, 0xf000, "stack overflow while disabled"},
        {DEATH_FAULT_DISABLED, 0x10fff, "stack overflow while disabled"},
        {DEATH_FAULT_DISABLED, 0x11000, "page fault while disabled"},
        {DEATH_TRAP_DISABLED, 1, "exception while disabled"},
        {DEATH_BAD_ENTRY, 1, "an entry point is not a user address"},
        {DEATH_NO_SYSCALL_ENTRY, 1, "foreign system call without an entry for it"},
        {DEATH_DELETED, 1, "a part of it was deleted"},
        {DEATH_STOPPED, 1, "stopped"},
        {99, 1, "stopped"},
    };
    CU_ASSERT_TRUE_FATAL(machine_start());
    for (unsigned i = 0; i < sizeof(deaths) / sizeof(deaths[0]); i++) {
        const uint64_t words[] = {deaths[i].why, 0, 0x11, deaths[i].address, 2, 0x10000, 5};
        die_of(words, DEATH_WORDS, deaths[i].text);
        die_of(words, DEATH_WORDS - 1, NULL);
        die_of(words, DEATH_WORDS + 1, deaths[i].text);
        die_of(words, 2, NULL);
    }
    domainid_t id = start(BASE);
    machine_death((const uint64_t[]){DEATH_STOPPED, id}, 1);
    machine_death((const uint64_t[]){DEATH_STOPPED, UINT64_C(1) << 32 | id}, 2);
    machine_death((const uint64_t[]){DEATH_STOPPED, id + 1}, 2);
    CU_ASSERT_TRUE(machine_expect(""));
    machine_end();
}

TEST_SUITE("ends") = {
    {"order", test_order},
    {"portions", test_portions},
    {"turns", test_turns},
    {"what fails", test_failures},
    {"who is not forgotten", test_not_forgotten},
    {"many", test_many},
    {"strange messages", test_strange_messages},
    {"deaths", test_deaths},
};
