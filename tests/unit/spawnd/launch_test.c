// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Domains are made: what each is given, who pays, and what is left when a step fails.
#include "testlib/testlib.h"
#include "use.h"

#include <string.h>

#define NO_LIMIT "ffffffffffffffff"

static void give_cap(domainid_t who, uint64_t slot, errval_t err)
{
    machine_request(who, (const uint64_t[SPAWND_WORDS]){SPAWND_ARGCAP, slot}, machine_cap());
    CU_ASSERT_TRUE(answered(who, err, 0, 0));
}

static void test_launch(void)
{
    CU_ASSERT_TRUE_FATAL(machine_start());
    static const char words[] = "/bin/prog\0two\0X=1\0Y=2";
    say_strings(BASE, words, sizeof(words));
    give_cap(BASE, 0, SYS_ERR_OK);
    give_cap(BASE, SPAWND_ARGCN_SLOTS - 1, SYS_ERR_OK);
    ask(BASE, SPAWND_SPAWN, 2 | UINT64_C(2) << 32, 0, 0x123);
    CU_ASSERT_TRUE(answered(BASE, SYS_ERR_OK, FIRST, 0));
    CU_ASSERT_TRUE(machine_expect("open 30010 0 123; load 30010; charge 30010 2000000+5000; "
                                  "give 0; give 7; info 30010; introduce 30010 30010; "
                                  "run 30010; "));
    const struct spawn_params *params = &machine.params;
    CU_ASSERT_STRING_EQUAL(machine.words_of_params, "/bin/prog,two|X=1,Y=2,");
    CU_ASSERT(params->image != NULL && params->image_bytes == 5000 && !params->machine);
    CU_ASSERT(capcmp(params->image_frame, (struct capref){cnode_module, 2}));
    CU_ASSERT(params->group ==
              DOMAIN_DYNAMIC + domain_table_index(&domains, domain_table_find(&domains, FIRST)));
    CU_ASSERT(params->flags == 0 && capref_is_null(params->bootinfo));
    CU_ASSERT(capcmp(params->death_ep, cap_selfep) && capcmp(params->spawnd_ep, cap_selfep));
    CU_ASSERT(capcmp(params->monitor_ep, (struct capref){cnode_arg, SPAWND_ARG_MONITOREP}));
    CU_ASSERT(capcmp(params->mem_serv_ep, (struct capref){cnode_arg, SPAWND_ARG_MEMSERVEP}));
    CU_ASSERT(capcmp(params->kernel_info, cap_kernelinfo) && capref_is_null(params->kernel));
    struct domain *domain = domain_table_find(&domains, FIRST);
    CU_ASSERT_STRING_EQUAL(domain->name, "prog");
    CU_ASSERT_STRING_EQUAL(domain->command, "/bin/prog two");
    CU_ASSERT(domain->parent == BASE &&
              domain_infos[domain_table_index(&domains, domain)].bytes > 0);
    machine_end();
}

/// A domain pays for what it starts; its strings and capabilities are used up.
static void test_child(void)
{
    CU_ASSERT_TRUE_FATAL(machine_start());
    CU_ASSERT_EQUAL(start(BASE), FIRST);
    say_strings(FIRST, "driver", 7);
    ask(FIRST, SPAWND_SPAWN, 1, SPAWND_FLAG_BOOTINFO, 0);
    CU_ASSERT_TRUE(answered(FIRST, SYS_ERR_OK, FIRST + 1, 0));
    CU_ASSERT_TRUE(machine_expect("open 30011 30010 " NO_LIMIT "; load 30011; charge 30011 "
                                  "2100000+5000; info 30011; introduce 30011 30010; run 30011; "));
    CU_ASSERT(machine.params.machine && machine.params.flags == SPAWN_FLAG_BOOTINFO);
    CU_ASSERT(capcmp(machine.params.bootinfo, cap_bootinfo));
    ask(FIRST, SPAWND_SPAWN, 1, 0, 0);
    CU_ASSERT_TRUE(answered(FIRST, SPAWN_ERR_ARGS, 0, 0));
    machine_end();
}

/// Domains below DOMAIN_DYNAMIC do not pay, nor do those of other cores.
static void test_payers(void)
{
    CU_ASSERT_TRUE_FATAL(machine_start());
    domainid_t others[] = {MACHINE_CORE << 16 | (DOMAIN_DYNAMIC - 1), 9 << 16 | 2, 5};
    for (unsigned i = 0; i < 3; i++) {
        say_strings(others[i], "prog", 5);
        ask(others[i], SPAWND_SPAWN, 1, 0, 0);
        machine.log[strlen("open 30010 0 ")] = '\0';
        char expected[32] = "open 30010 0 ";
        expected[strlen("open 3001")] += (char)i;
        CU_ASSERT_TRUE(machine_expect(expected));
        CU_ASSERT_TRUE(answered(others[i], SYS_ERR_OK, FIRST + i, 0));
    }
    machine_end();
}

/// Only the boot core's first domain says who the operator is, and over LMP.
static void test_operator(void)
{
    uint64_t words[UMP_PAYLOAD_WORDS];
    uint16_t ctrl;
    CU_ASSERT_TRUE_FATAL(machine_start());
    say_strings(BASE, "prog", 5);
    ask(BASE, SPAWND_SPAWN, 1, SPAWND_FLAG_OPERATOR, 0);
    CU_ASSERT_TRUE(answered(BASE, SPAWN_ERR_ARGS, 0, 0));
    struct peer *peer = machine_connect(DOMAIN_FIRST, 0);
    CU_ASSERT_TRUE(peer_send(
        peer, (const uint64_t[7]){SPAWND_STRINGS, UINT64_C(5) << 32, 0x676f7270})); // "prog"
    CU_ASSERT_TRUE(peer_send(peer, (const uint64_t[7]){SPAWND_SPAWN, 1, SPAWND_FLAG_OPERATOR}));
    machine_run();
    CU_ASSERT(peer_recv(peer, words, &ctrl) && words[0] == SYS_ERR_OK);
    CU_ASSERT(peer_recv(peer, words, &ctrl) && words[0] == SPAWN_ERR_ARGS);
    machine_end();
    machine_core = 0;
    CU_ASSERT_TRUE_FATAL(machine_start());
    say_strings(BASE, "prog", 5);
    ask(BASE, SPAWND_SPAWN, 1, SPAWND_FLAG_OPERATOR | 4, 0);
    CU_ASSERT_TRUE(answered(BASE, SPAWN_ERR_ARGS, 0, 0));
    say_strings(DOMAIN_FIRST + 1, "prog", 5);
    ask(DOMAIN_FIRST + 1, SPAWND_SPAWN, 1, SPAWND_FLAG_OPERATOR, 0);
    CU_ASSERT_TRUE(answered(DOMAIN_FIRST + 1, SPAWN_ERR_ARGS, 0, 0));
    CU_ASSERT_TRUE(machine_expect(""));
    say_strings(BASE, "prog", 5);
    ask(BASE, SPAWND_SPAWN, 1, SPAWND_FLAG_OPERATOR, 0);
    CU_ASSERT_TRUE(answered(BASE, SYS_ERR_OK, DOMAIN_OPERATOR, 0));
    CU_ASSERT_TRUE(machine_expect("open 5 0 " NO_LIMIT "; load 5; charge 5 1500000+5000; info 5; "
                                  "introduce 5 5; run 5; "));
    ask(DOMAIN_OPERATOR, SPAWND_KILL, DOMAIN_OPERATOR, 0, 0); // nobody is left to be answered
    settle();
    CU_ASSERT_EQUAL(domain_table_running(&domains), 0);
    machine_end();
}

/// What cannot be made of what a client says leaves nothing.
static void test_wrong(void)
{
    CU_ASSERT_TRUE_FATAL(machine_start());
    ask(BASE, SPAWND_SPAWN, 1, 0, 0); // nothing was said
    CU_ASSERT_TRUE(answered(BASE, SPAWN_ERR_ARGS, 0, 0));
    say_strings(BASE, "prog", 5);
    give_cap(BASE, 2, SYS_ERR_OK);
    machine_expect("");
    ask(BASE, SPAWND_SPAWN, 2, 0, 0);
    CU_ASSERT_TRUE(answered(BASE, SPAWN_ERR_ARGS, 0, 0));
    CU_ASSERT_TRUE(machine_expect("drop; "));
    say_strings(BASE, "absent", 7);
    ask(BASE, SPAWND_SPAWN, 1, 0, 0);
    CU_ASSERT_TRUE(answered(BASE, SPAWN_ERR_NO_MODULE, 0, 0));
    say_strings(BASE, "prog/", 6);
    ask(BASE, SPAWND_SPAWN, 1, 0, 0);
    CU_ASSERT_TRUE(answered(BASE, SPAWN_ERR_NO_MODULE, 0, 0));
    CU_ASSERT_TRUE(machine_expect(""));
    CU_ASSERT_EQUAL(domain_table_running(&domains), 0);
    machine_end();
}

static void test_capabilities(void)
{
    CU_ASSERT_TRUE_FATAL(machine_start());
    for (unsigned i = 0; i < SPAWND_ARGCN_SLOTS; i++)
        give_cap(BASE, i, SYS_ERR_OK);
    CU_ASSERT_TRUE(machine_expect(""));
    give_cap(BASE, SPAWND_ARGCN_SLOTS, SPAWN_ERR_ARGS);
    give_cap(BASE, UINT64_MAX, SPAWN_ERR_ARGS);
    give_cap(BASE, 3, SPAWN_ERR_ARGS);
    CU_ASSERT_TRUE(machine_expect("drop; drop; drop; "));
    ask(BASE, SPAWND_ARGCAP, 3, 0, 0);
    CU_ASSERT_TRUE(answered(BASE, SPAWN_ERR_ARGS, 0, 0));
    say_strings(BASE, "prog", 5);
    ask(BASE, SPAWND_SPAWN, 1, 0, 0);
    CU_ASSERT_TRUE(answered(BASE, SYS_ERR_OK, FIRST, 0));
    CU_ASSERT_PTR_NOT_NULL(strstr(machine.log, "give 0; give 1; give 2; give 3; give 4; give 5; "
                                               "give 6; give 7; info"));
    give_cap(BASE, 3, SYS_ERR_OK); // of the next
    ask(BASE, SPAWND_SPAWN, 1, 0, 0);
    CU_ASSERT_TRUE(answered(BASE, SPAWN_ERR_ARGS, 0, 0));
    machine_end();
}

/// Each step fails once: the client hears of it, and the domain ends as any other.
static void test_failures(void)
{
    static const struct {
        enum machine_call call;
        bool entered;
        errval_t pushed;
    } steps[] = {
        {CALL_MAP, true, SPAWN_ERR_LOAD},      {CALL_MEMORY + MEM_SERV_LIMIT, false, SYS_ERR_OK},
        {CALL_LOAD, true, SPAWN_ERR_LOAD},     {CALL_MEMORY + MEM_SERV_CHARGE, true, SYS_ERR_OK},
        {CALL_GIVE_CAP, true, SPAWN_ERR_LOAD}, {CALL_MEMORY + MEM_SERV_INFO, true, SYS_ERR_OK},
        {CALL_INTRODUCE, true, SYS_ERR_OK},    {CALL_RUN, true, SYS_ERR_OK},
    };
    CU_ASSERT_TRUE_FATAL(machine_start());
    for (unsigned i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        errval_t err = LIB_ERR_RAM_ALLOC, expected = err;
        if (steps[i].pushed != SYS_ERR_OK)
            expected = err_push(err, (enum err_code)steps[i].pushed);
        say_strings(BASE, "prog", 5);
        give_cap(BASE, 1, SYS_ERR_OK);
        machine_fail(steps[i].call, 0, err);
        ask(BASE, SPAWND_SPAWN, 1, 0, 0);
        CU_ASSERT_TRUE(machine_failed());
        CU_ASSERT_TRUE(answered(BASE, expected, 0, 0));
        CU_ASSERT(machine.mapped == 0 && strstr(machine.log, "run") == NULL);
        CU_ASSERT_EQUAL(domain_table_running(&domains), steps[i].entered);
        struct domain *domain = domain_table_next(&domains, 0);
        CU_ASSERT(!steps[i].entered || (domain != NULL && domain->ending));
        settle();
        CU_ASSERT_EQUAL(domain_table_running(&domains), 0);
        CU_ASSERT(domain == NULL || domain->state == SPAWND_KILLED);
        CU_ASSERT_EQUAL(machine.loaded, 0);
        machine.log[0] = '\0';
    }
    machine_end();
}

/// An ID whose account is still there is passed over.
static void test_id_in_use(void)
{
    CU_ASSERT_TRUE_FATAL(machine_start());
    machine_keep_account(FIRST);
    machine_keep_account(FIRST + 1);
    CU_ASSERT_EQUAL(start(BASE), FIRST + 2);
    CU_ASSERT_EQUAL(domain_table_running(&domains), 1);
    CU_ASSERT_PTR_NULL(domain_table_find(&domains, FIRST));
    machine_end();
}

/// Slots for badges and memory for strings run out; places for domains too.
static void test_limits(void)
{
    CU_ASSERT_TRUE_FATAL(machine_start());
    unsigned count = 0;
    bool refused = false;
    machine.ring_lines = 4;
    for (; count < DOMAINS_MAX && !refused; count++) {
        say_strings(BASE, "prog", 5);
        machine_fail(CALL_SLOT_ALLOC, 0, LIB_ERR_SLOT_ALLOC_NO_SPACE);
        ask(BASE, SPAWND_SPAWN, 1, 0, 0);
        uint64_t words[SPAWND_WORDS];
        CU_ASSERT_TRUE_FATAL(machine_reply(BASE, words));
        refused = words[0] == LIB_ERR_SLOT_ALLOC_NO_SPACE;
        CU_ASSERT(refused || words[0] == SYS_ERR_OK);
    }
    CU_ASSERT(refused && machine_failed());
    CU_ASSERT_EQUAL(domain_table_running(&domains), count - 1);
    while (domain_table_running(&domains) < DOMAINS_MAX)
        (void)start(BASE);
    say_strings(BASE, "prog", 5);
    ask(BASE, SPAWND_SPAWN, 1, 0, 0);
    CU_ASSERT_TRUE(answered(BASE, SPAWN_ERR_LIMIT, 0, 0));
    machine_end();
}

static void test_strings(void)
{
    CU_ASSERT_TRUE_FATAL(machine_start());
    // A client of its own: the strings that were used last are kept for whoever comes next.
    domainid_t others[] = {MACHINE_CORE << 16 | 6, MACHINE_CORE << 16 | 7};
    say_strings(others[0], "prog", 5);
    machine_fail(CALL_MALLOC, 1, LIB_ERR_MALLOC_FAIL); // behind the client itself
    ask(others[1], SPAWND_STRINGS, UINT64_C(1) << 32, 0, 0);
    CU_ASSERT_TRUE(answered(others[1], LIB_ERR_MALLOC_FAIL, 0, 0));
    CU_ASSERT_TRUE(machine_failed());
    ask(others[0], SPAWND_STRINGS, 6 | UINT64_C(1) << 32, 0, 0);
    CU_ASSERT_TRUE(answered(others[0], SPAWN_ERR_ARGS, 0, 0));
    ask(others[0], SPAWND_STRINGS, (SPAWND_PIECE_BYTES + UINT64_C(1)) << 32, 0, 0);
    CU_ASSERT_TRUE(answered(others[0], SPAWN_ERR_ARGS, 0, 0));
    say_strings(others[0], "prog", 5);
    say_strings(others[1], "prog\0x", 7);
    ask(others[0], SPAWND_SPAWN, 1, 0, 0);
    ask(others[1], SPAWND_SPAWN, 2, 0, 0);
    CU_ASSERT_TRUE(answered(others[0], SYS_ERR_OK, FIRST, 0));
    CU_ASSERT_TRUE(answered(others[1], SYS_ERR_OK, FIRST + 1, 0));
    CU_ASSERT_STRING_EQUAL(machine.words_of_params, "prog,x|");
    // Both have given theirs back; one is kept, and is empty.
    machine_fail(CALL_MALLOC, 0, LIB_ERR_MALLOC_FAIL);
    ask(others[0], SPAWND_STRINGS, 5 | UINT64_C(1) << 32, 0, 0);
    CU_ASSERT_TRUE(answered(others[0], SPAWN_ERR_ARGS, 0, 0));
    ask(others[0], SPAWND_STRINGS, UINT64_C(1) << 32, 0, 0);
    CU_ASSERT_TRUE(answered(others[0], SYS_ERR_OK, 0, 0));
    ask(others[1], SPAWND_STRINGS, UINT64_C(1) << 32, 0, 0);
    CU_ASSERT_TRUE(answered(others[1], LIB_ERR_MALLOC_FAIL, 0, 0));
    CU_ASSERT_TRUE(machine_failed());
    machine_end();
}

TEST_SUITE("launching") = {
    {"a domain", test_launch},
    {"a child", test_child},
    {"who pays", test_payers},
    {"the operator", test_operator},
    {"wrong words", test_wrong},
    {"capabilities", test_capabilities},
    {"each step fails", test_failures},
    {"IDs in use", test_id_in_use},
    {"limits", test_limits},
    {"strings", test_strings},
};
