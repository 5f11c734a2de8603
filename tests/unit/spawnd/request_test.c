// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Who may ask for what, and when the answer comes: ends, waiting, and memory taken back.
#include "testlib/testlib.h"
#include "use.h"

#define FAR (UINT64_C(1) << 32)
#define STRANGER (MACHINE_CORE << 16 | 7)

static void test_exit(void)
{
    CU_ASSERT_TRUE_FATAL(machine_start());
    domainid_t id = start(BASE);
    ask(BASE, SPAWND_EXIT, 7, 0, 0);
    CU_ASSERT_TRUE(answered(BASE, SYS_ERR_RIGHTS, 0, 0));
    ask(id, SPAWND_MEMORY, 0, 0, 0);
    CU_ASSERT_TRUE(answered(id, SYS_ERR_OK, 7000, 9000));
    ask(id, SPAWND_EXIT, 7, 0, 0);
    CU_ASSERT_FALSE(machine_is_client(id)); // what it sent before does not make it known again
    machine_request(id, (const uint64_t[SPAWND_WORDS]){SPAWND_EXIT, 8}, machine_cap());
    CU_ASSERT(unanswered(id) && !machine_is_client(id));
    settle();
    ask(id, SPAWND_EXIT, 9, 0, 0);
    CU_ASSERT_TRUE(unanswered(id));
    ask(BASE, SPAWND_WAIT, id, 0, 0);
    CU_ASSERT_TRUE(answered(BASE, SYS_ERR_OK, SPAWND_EXITED, 7));
    machine_end();
}

/// Neither those who have ended nor strangers are clients; of the trusted base all are.
static void test_clients(void)
{
    CU_ASSERT_TRUE_FATAL(machine_start());
    domainid_t trusted[] = {DOMAIN_OPERATOR, 9 << 16 | 2,
                            MACHINE_CORE << 16 | (DOMAIN_DYNAMIC - 1)};
    for (unsigned i = 0; i < 3; i++) {
        ask(trusted[i], SPAWND_MEMORY, 0, 0, 0);
        CU_ASSERT_TRUE(answered(trusted[i], SYS_ERR_OK, 7000, 9000));
    }
    ask(FIRST, SPAWND_MEMORY, 0, 0, 0);
    CU_ASSERT(unanswered(FIRST) && !machine_is_client(FIRST));
    domainid_t id = start(BASE);
    machine_fail(CALL_MALLOC, 0, LIB_ERR_MALLOC_FAIL);
    ask(id, SPAWND_MEMORY, 0, 0, 0);
    CU_ASSERT_TRUE(machine_failed());
    CU_ASSERT_TRUE(answered(id, LIB_ERR_MALLOC_FAIL, 0, 0));
    ask(id, SPAWND_MEMORY, 0, 0, 0);
    CU_ASSERT_TRUE(answered(id, SYS_ERR_OK, 7000, 9000));
    machine_end();
}

static void test_unknown(void)
{
    CU_ASSERT_TRUE_FATAL(machine_start());
    unsigned ops[] = {0, SPAWND_OPS_COUNT, 1000};
    for (unsigned i = 0; i < 3; i++) {
        machine_request(BASE, (const uint64_t[SPAWND_WORDS]){ops[i]}, machine_cap());
        CU_ASSERT_TRUE(answered(BASE, SYS_ERR_ILLEGAL_INVOCATION, 0, 0));
    }
    machine_request(BASE, (const uint64_t[SPAWND_WORDS]){SPAWND_MEMORY}, machine_cap());
    CU_ASSERT_TRUE(answered(BASE, SYS_ERR_OK, 7000, 9000));
    CU_ASSERT_TRUE(machine_expect("drop; drop; drop; drop; "));
    machine_end();
}

static void test_wait(void)
{
    CU_ASSERT_TRUE_FATAL(machine_start());
    domainid_t id = start(BASE), other = start(BASE);
    ask(BASE, SPAWND_WAIT, id + 2, 0, 0);
    CU_ASSERT_TRUE(answered(BASE, SPAWN_ERR_NO_DOMAIN, 0, 0));
    ask(BASE, SPAWND_WAIT, FAR | id, 1, 0);
    CU_ASSERT_TRUE(answered(BASE, SPAWN_ERR_NO_DOMAIN, 0, 0));
    ask(BASE, SPAWND_WAIT, id, 1, 0);
    CU_ASSERT_TRUE(answered(BASE, SYS_ERR_OK, SPAWND_RUNNING, 0));
    ask(BASE, SPAWND_WAIT, id, 0, 0);
    ask(other, SPAWND_WAIT, id, 0, 0);
    CU_ASSERT(unanswered(BASE) && unanswered(other));
    machine_death((const uint64_t[]){DEATH_TRAP_DISABLED, id}, 2);
    machine_run();
    CU_ASSERT(unanswered(BASE) && unanswered(other)); // its memory has not come back
    settle();
    CU_ASSERT_TRUE(answered(BASE, SYS_ERR_OK, SPAWND_DIED, DEATH_TRAP_DISABLED));
    CU_ASSERT_TRUE(answered(other, SYS_ERR_OK, SPAWND_DIED, DEATH_TRAP_DISABLED));
    ask(BASE, SPAWND_WAIT, id, 0, 0);
    CU_ASSERT_TRUE(answered(BASE, SYS_ERR_OK, SPAWND_DIED, DEATH_TRAP_DISABLED));
    die(other);
    CU_ASSERT(unanswered(BASE) && unanswered(other));
    machine_end();
}

static void test_kill(void)
{
    CU_ASSERT_TRUE_FATAL(machine_start());
    domainid_t id = start(BASE), child = start(id), gone = start(BASE);
    die(gone);
    const uint64_t absent[] = {0, child + 5, FAR | child, gone};
    for (unsigned i = 0; i < 4; i++) {
        ask(BASE, SPAWND_KILL, absent[i], 0, 0);
        CU_ASSERT_TRUE(answered(BASE, SPAWN_ERR_NO_DOMAIN, 0, 0));
        ask(BASE, SPAWND_KILL, absent[i], 1, 0);
        CU_ASSERT_TRUE(unanswered(BASE));
    }
    ask(STRANGER, SPAWND_KILL, child, 0, 0);
    CU_ASSERT_TRUE(answered(STRANGER, SYS_ERR_RIGHTS, 0, 0));
    ask(child, SPAWND_KILL, child, 0, 0);
    CU_ASSERT_TRUE(answered(child, SYS_ERR_RIGHTS, 0, 0));
    machine.log[0] = '\0';
    ask(id, SPAWND_KILL, child, 0, 0);
    ask(BASE, SPAWND_KILL, child, 2, 0); // whatever is not 1 is answered
    ask(DOMAIN_OPERATOR, SPAWND_KILL, child, 1, 0);
    CU_ASSERT_TRUE(machine_expect("stop 30011; "));
    CU_ASSERT(unanswered(id) && unanswered(BASE));
    settle();
    CU_ASSERT_TRUE(answered(id, SYS_ERR_OK, 0, 0));
    CU_ASSERT_TRUE(answered(BASE, SYS_ERR_OK, 0, 0));
    CU_ASSERT_TRUE(unanswered(DOMAIN_OPERATOR));
    ask(BASE, SPAWND_WAIT, child, 0, 0);
    CU_ASSERT_TRUE(answered(BASE, SYS_ERR_OK, SPAWND_KILLED, 0));
    machine_end();
}

/// One that waits for a domain and has it killed gets one answer.
static void test_wait_and_kill(void)
{
    CU_ASSERT_TRUE_FATAL(machine_start());
    domainid_t id = start(BASE), next = start(BASE);
    ask(BASE, SPAWND_WAIT, id, 0, 0);
    ask(BASE, SPAWND_KILL, id, 1, 0);
    settle();
    CU_ASSERT_TRUE(answered(BASE, SYS_ERR_OK, SPAWND_KILLED, 0));
    CU_ASSERT_TRUE(unanswered(BASE));
    ask(BASE, SPAWND_KILL, next, 0, 0);
    settle();
    CU_ASSERT_TRUE(answered(BASE, SYS_ERR_OK, 0, 0));
    CU_ASSERT_TRUE(unanswered(BASE));
    machine_end();
}

static void test_reclaim(void)
{
    CU_ASSERT_TRUE_FATAL(machine_start());
    domainid_t id = start(BASE), other = start(BASE);
    ask(STRANGER, SPAWND_RECLAIM, id, 4096, 5);
    CU_ASSERT_TRUE(answered(STRANGER, SYS_ERR_RIGHTS, 0, 0));
    ask(BASE, SPAWND_RECLAIM, FAR | id, 4096, 5);
    CU_ASSERT_TRUE(answered(BASE, SPAWN_ERR_NO_DOMAIN, 0, 0));
    machine_fail(CALL_MEMORY + MEM_SERV_RECLAIM, 0, SYS_ERR_ARGS);
    ask(BASE, SPAWND_RECLAIM, id, 4096, 5);
    CU_ASSERT_TRUE(answered(BASE, SYS_ERR_ARGS, 0, 0));
    CU_ASSERT_TRUE(machine_expect(""));
    ask(BASE, SPAWND_RECLAIM, id, 4096, 5);
    CU_ASSERT_TRUE(machine_expect("reclaim 30010 1000 5; "));
    ask(BASE, SPAWND_RECLAIM, other, 4096, 5); // a client has one under way
    CU_ASSERT_TRUE(answered(BASE, LIB_ERR_RECLAIM_BUSY, 0, 0));
    ask(DOMAIN_OPERATOR, SPAWND_RECLAIM, id, 4096, 5); // and so has a domain
    CU_ASSERT_TRUE(answered(DOMAIN_OPERATOR, LIB_ERR_RECLAIM_BUSY, 0, 0));
    CU_ASSERT_TRUE(machine_expect("")); // the memory server is not asked
    ask(DOMAIN_OPERATOR, SPAWND_RECLAIM, other, 4096, 5);
    machine_tell((const uint64_t[]){MEM_SERV_RECLAIMED, id, 1, 2, 3}, 5);
    machine_tell((const uint64_t[]){MEM_SERV_RECLAIMED, id, 1}, 3);
    machine_tell((const uint64_t[]){MEM_SERV_WANTED, id, 1, 2}, 4);
    machine_run();
    CU_ASSERT(unanswered(BASE) && unanswered(DOMAIN_OPERATOR));
    machine_tell((const uint64_t[]){MEM_SERV_RECLAIMED, id, 8192, 4096}, 4);
    machine_run();
    CU_ASSERT_TRUE(answered(BASE, SYS_ERR_OK, 8192, 4096));
    CU_ASSERT_TRUE(unanswered(DOMAIN_OPERATOR));
    ask(BASE, SPAWND_RECLAIM, id, 4096, 5);
    CU_ASSERT_TRUE(unanswered(BASE));
    machine_tell((const uint64_t[]){MEM_SERV_RECLAIMED, other, 1, 0}, 4);
    machine_tell((const uint64_t[]){MEM_SERV_RECLAIMED, id, 2, 1}, 4);
    machine_run();
    CU_ASSERT_TRUE(answered(DOMAIN_OPERATOR, SYS_ERR_OK, 1, 0));
    CU_ASSERT_TRUE(answered(BASE, SYS_ERR_OK, 2, 1));
    machine_end();
}

/// The domain ends meanwhile; what it gave is answered all the same.
static void test_reclaim_ends(void)
{
    CU_ASSERT_TRUE_FATAL(machine_start());
    domainid_t id = start(BASE);
    ask(BASE, SPAWND_RECLAIM, id, 4096, 5);
    machine_death((const uint64_t[]){DEATH_STOPPED, id}, 2);
    ask(DOMAIN_OPERATOR, SPAWND_RECLAIM, id, 4096, 5);
    CU_ASSERT_TRUE(answered(DOMAIN_OPERATOR, SPAWN_ERR_NO_DOMAIN, 0, 0));
    settle();
    domain_table_remove(&domains, domain_table_find(&domains, id));
    machine_tell((const uint64_t[]){MEM_SERV_RECLAIMED, id, 9, 8}, 4);
    machine_run();
    CU_ASSERT_TRUE(answered(BASE, SYS_ERR_OK, 9, 8));
    machine_end();
}

/// As many messages at once as the endpoint was said to have room for.
static void test_many_messages(void)
{
    CU_ASSERT_TRUE_FATAL(machine_start());
    domainid_t id = start(BASE);
    ask(BASE, SPAWND_RECLAIM, id, 4096, 5);
    for (unsigned i = 1; i < MEM_SERV_RECLAIMS_MAX + FORGETS_MAX; i++)
        machine_tell((const uint64_t[]){MEM_SERV_RECLAIMED, id + 1, 0, 0}, 4);
    machine_tell((const uint64_t[]){MEM_SERV_RECLAIMED, id, 5, 4}, 4);
    CU_ASSERT_TRUE(machine_dispatch());
    CU_ASSERT_TRUE(answered(BASE, SYS_ERR_OK, 5, 4));
    CU_ASSERT_FALSE(machine_dispatch());
    machine_end();
}

/// If the endpoint cannot be listened to any more, that is said.
static void test_deaf(void)
{
    CU_ASSERT_TRUE_FATAL(machine_start());
    machine_fail(CALL_LISTEN, 0, LIB_ERR_CHAN_CLOSED);
    machine_tell((const uint64_t[]){MEM_SERV_WANTED, 0, 0, 0}, 4);
    machine_run();
    CU_ASSERT_TRUE(machine_failed());
    CU_ASSERT_TRUE(machine_printed("spawnd does not hear of the memory server"));
    CU_ASSERT_EQUAL(machine.last_err, LIB_ERR_CHAN_CLOSED);
    machine_end();
}

TEST_SUITE("requests") = {
    {"exits", test_exit},
    {"clients", test_clients},
    {"unknown requests", test_unknown},
    {"waiting", test_wait},
    {"killing", test_kill},
    {"waiting for who is killed", test_wait_and_kill},
    {"memory", test_reclaim},
    {"memory of who ends", test_reclaim_ends},
    {"many messages", test_many_messages},
    {"no messages", test_deaf},
};
