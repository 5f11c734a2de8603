// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What is printed: past the console as long as there is none, kept until it is bound, then there; and
// what domains have said is shown before they are over.
#include "testlib/testlib.h"
#include "use.h"

#include "barrelfish/debug.h"

#include <string.h>

#define KEPT 4096u
#define LEFT_OUT "spawnd: words of domains were left out\n"
#define TEN "0123456789"
#define SIXTY TEN TEN TEN TEN TEN TEN

static void test_alone(void)
{
    CU_ASSERT_TRUE_FATAL(machine_start());
    domainid_t id = start(BASE);
    print(id, "one ", true);
    CU_ASSERT_TRUE(machine_printed(""));
    print(id, "two\n", false);
    CU_ASSERT_TRUE(machine_printed("one two\n"));
    print(id, "three\n", false);
    CU_ASSERT_TRUE(machine_printed("three\n"));
    CU_ASSERT_TRUE(unanswered(id));
    debug_printf("four %d\n", 4);
    CU_ASSERT_TRUE(machine_printed("four 4\n"));
    machine_end();
}

/// Pieces that are too long, and those for which there is no memory, are left out.
static void test_pieces(void)
{
    CU_ASSERT_TRUE_FATAL(machine_start());
    domainid_t id = start(BASE), other = start(BASE);
    uint64_t words[SPAWND_WORDS] = {SPAWND_PRINT, SPAWND_PIECE_BYTES + 1, 0x41};
    machine_request(id, words, NULL_CAP);
    CU_ASSERT_TRUE(machine_printed(""));
    words[1] = SPAWND_PIECE_BYTES | UINT64_C(1) << 40;
    memset(&words[2], 'x', SPAWND_PIECE_BYTES);
    machine_request(id, words, NULL_CAP);
    CU_ASSERT_TRUE(machine_printed("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"));
    machine_fail(CALL_MALLOC, 1, LIB_ERR_MALLOC_FAIL); // behind the client
    print(other, "lost\n", false);
    CU_ASSERT_TRUE(machine_failed() && machine_printed(""));
    print(other, "more ", true);
    print(id, "here\n", false);
    print(other, "there\n", false);
    CU_ASSERT_TRUE(machine_printed("here\nmore there\n"));
    die(other); // its words need memory of their own, the others do not
    die(id);
    id = start(BASE);
    machine_fail(CALL_MALLOC, 1, LIB_ERR_MALLOC_FAIL);
    print(id, "again\n", false);
    CU_ASSERT_TRUE(machine_printed("again\n"));
    CU_ASSERT_FALSE(machine_failed());
    machine_end();
}

/// Kept while spawnd binds; what there is no room for is said.
static void keep(unsigned texts, unsigned bytes)
{
    for (unsigned i = 0; i < texts; i++)
        debug_printf("%0*d", (int)bytes, 0);
}

static void test_kept(void)
{
    CU_ASSERT_TRUE_FATAL(machine_start());
    machine.ring_lines = 40;
    CU_ASSERT_TRUE(machine_run_thread());
    debug_printf("early\n");
    CU_ASSERT_TRUE(machine_printed(""));
    CU_ASSERT_TRUE(console_got(""));
    machine_run();
    CU_ASSERT_TRUE(console_got("[early\n]"));
    debug_printf("late\n");
    CU_ASSERT_TRUE(console_got("[late\n]"));
    debug_printf("%s", SIXTY SIXTY);
    CU_ASSERT_TRUE(console_got("[" SIXTY SIXTY "]"));
    debug_printf("%.51s", SIXTY);
    CU_ASSERT_TRUE(console_got("[" TEN TEN TEN TEN TEN "0]"));
    CU_ASSERT_TRUE(machine_printed(""));
    machine_end();
}

static void overflow(unsigned last, bool left_out)
{
    CU_ASSERT_TRUE_FATAL(machine_start());
    machine.ring_lines = 40;
    CU_ASSERT_TRUE(machine_run_thread());
    keep(KEPT / 64 - 1, 64);
    keep(1, last);
    debug_printf("y");
    machine_run();
    uint64_t words[UMP_PAYLOAD_WORDS];
    uint16_t ctrl;
    char got[2 * KEPT];
    size_t bytes = 0;
    while (peer_recv(machine_console(), words, &ctrl)) {
        memcpy(got + bytes, words, ctrl >> 8 & 0x3f);
        bytes += ctrl >> 8 & 0x3f;
        machine_run();
    }
    got[bytes] = '\0';
    CU_ASSERT_EQUAL(strstr(got, "y") != NULL, last < 64);
    CU_ASSERT_EQUAL(strstr(got, LEFT_OUT) != NULL, left_out);
    CU_ASSERT_EQUAL(bytes, (left_out ? sizeof(LEFT_OUT) - 1 : 0) + KEPT);
    debug_printf("z");
    CU_ASSERT_TRUE(console_got("[z]")); // it is said once
    machine_end();
}

static void test_overflow(void)
{
    overflow(63, false);
    overflow(64, true);
}

/// What waits goes on when there is room, and what is said meanwhile comes behind it.
static void test_full(void)
{
    CU_ASSERT_TRUE_FATAL(machine_start());
    machine.ring_lines = 2;
    CU_ASSERT_TRUE(machine_run_thread());
    machine_run();
    debug_printf("%s", SIXTY SIXTY "end\n"); // three messages
    machine_run();
    CU_ASSERT_TRUE(console_got("[" SIXTY TEN TEN TEN TEN "01+"));
    debug_printf("next\n");
    CU_ASSERT_TRUE(console_got("")); // not before the event
    CU_ASSERT_TRUE(machine_dispatch());
    CU_ASSERT_TRUE(console_got("[23456789" TEN "end\nnext\n]"));
    debug_printf("last\n");
    CU_ASSERT_TRUE(console_got("[last\n]"));
    machine_end();
}

/// Without a console all goes on as before.
static void test_no_console(void)
{
    static const enum machine_call calls[] = {CALL_LOOKUP, CALL_BIND, CALL_THREAD};
    for (unsigned i = 0; i < 3; i++) {
        machine_fail(calls[i], 0, LIB_ERR_BIND_REFUSED);
        CU_ASSERT_TRUE_FATAL(machine_start());
        CU_ASSERT_EQUAL(machine_run_thread(), calls[i] != CALL_THREAD);
        CU_ASSERT_TRUE(machine_failed());
        debug_printf("one\n");
        CU_ASSERT_TRUE(machine_printed(calls[i] == CALL_BIND ? "" : "one\n"));
        machine_run();
        CU_ASSERT_TRUE(machine_printed(calls[i] == CALL_BIND ? "one\n" : ""));
        domainid_t id = start(BASE);
        print(id, "two\n", false);
        CU_ASSERT_TRUE(machine_printed("two\n"));
        die(id);
        CU_ASSERT_EQUAL(domain_table_running(&domains), 0);
        machine_end();
    }
}

static domainid_t begin_bound(void)
{
    CU_ASSERT_TRUE_FATAL(machine_start());
    CU_ASSERT_TRUE(machine_run_thread());
    machine_run();
    return start(BASE);
}

/// The console says that it has shown what it was asked about.
static void show(void)
{
    CU_ASSERT_TRUE(peer_send(machine_console(), (const uint64_t[UMP_PAYLOAD_WORDS]){0}));
    machine_run();
}

static bool is_over(domainid_t id)
{
    return domain_table_find(&domains, id)->state != SPAWND_RUNNING;
}

/// A domain is over when its last words are shown.
static void test_last_words(void)
{
    domainid_t id = begin_bound(), silent = start(BASE), other = start(BASE);
    die(silent);
    CU_ASSERT_TRUE(is_over(silent) && console_got(""));
    print(id, "one\n", false);
    die(id);
    CU_ASSERT_TRUE(console_got("[one\n]?"));
    CU_ASSERT_FALSE(is_over(id));
    print(other, "two\n", false);
    die(other);
    CU_ASSERT_TRUE(console_got("[two\n]")); // one question at a time
    show();
    CU_ASSERT_TRUE(is_over(id) && !is_over(other));
    CU_ASSERT_TRUE(console_got("?"));
    show();
    CU_ASSERT_TRUE(is_over(other));
    CU_ASSERT_TRUE(console_got(""));
    domainid_t late = start(BASE); // in an entry of one that is over
    die(late);
    CU_ASSERT_TRUE(is_over(late) && console_got(""));
    machine_end();
}

/// What spawnd says of a death is waited for as well, what domains say later is not.
static void test_words_of_death(void)
{
    domainid_t id = begin_bound(), other = start(BASE);
    machine_death((const uint64_t[]){DEATH_DELETED, id, 1, 2, 3, 4}, DEATH_WORDS);
    settle();
    CU_ASSERT_TRUE(console_got("[domain 0x30010 (prog) died: a part of it was deleted, rip 0x1, "
                               "address 0x2, error 0x3, rsp 0x4\n]?"));
    CU_ASSERT_FALSE(is_over(id));
    show();
    CU_ASSERT_TRUE(is_over(id));
    print(other, "later\n", false);
    print(other, "", false);
    CU_ASSERT_TRUE(console_got("[later\n]"));
    machine_end();
}

/// The question waits for room, too.
static void test_full_question(void)
{
    domainid_t id = begin_bound();
    uint64_t words[UMP_PAYLOAD_WORDS];
    uint16_t ctrl;
    for (unsigned i = 0; i < machine.ring_lines - 1; i++)
        debug_printf("x");
    print(id, "bye\n", false);
    die(id);
    CU_ASSERT_FALSE(is_over(id));
    for (unsigned i = 0; i < machine.ring_lines; i++)
        CU_ASSERT_TRUE(peer_recv(machine_console(), words, &ctrl));
    CU_ASSERT_TRUE(console_got(""));
    machine_run();
    CU_ASSERT_TRUE(console_got("?"));
    show();
    CU_ASSERT_TRUE(is_over(id));
    machine_end();
}

/// Once the console is lost, all is printed past it, and nobody waits for it any more.
static void expect_lost(domainid_t id, const char *printed)
{
    CU_ASSERT_TRUE(machine_failed());
    CU_ASSERT_TRUE(machine_printed(printed));
    CU_ASSERT(peer_is_closed(machine_console()) && is_over(id));
    debug_printf("past\n");
    CU_ASSERT_TRUE(machine_printed("past\n"));
    machine_end();
}

static void test_lost(void)
{
    domainid_t id = begin_bound();
    machine_fail(CALL_SEND, 0, LIB_ERR_CHAN_CLOSED);
    print(id, "one\n", false);
    die(id);
    expect_lost(id, "one\n");
    id = begin_bound();
    print(id, "one\n", false);
    machine_fail(CALL_SEND, 0, LIB_ERR_UMP_PEER); // the question
    die(id);
    expect_lost(id, "");
    id = begin_bound();
    print(id, "one\n", false);
    die(id);
    CU_ASSERT_FALSE(is_over(id));
    machine_fail(CALL_RECV, 0, LIB_ERR_UMP_PEER);
    show();
    expect_lost(id, "");
    id = begin_bound();
    print(id, "one\n", false);
    die(id);
    peer_close(machine_console());
    machine_run();
    expect_lost(id, "");
}

static void test_lost_when_full(void)
{
    domainid_t id = begin_bound();
    for (unsigned i = 0; i < machine.ring_lines; i++)
        debug_printf("x");
    machine_fail(CALL_REGISTER_SEND, 0, LIB_ERR_CHAN_CLOSED);
    print(id, "one\n", false);
    die(id);
    expect_lost(id, "one\n");
}

static domainid_t start_named(domainid_t who, const char *name)
{
    uint64_t words[SPAWND_WORDS] = {1};
    say_strings(who, name, strlen(name) + 1);
    ask(who, SPAWND_SPAWN, 1, 0, 0);
    CU_ASSERT(machine_reply(who, words) && words[0] == SYS_ERR_OK);
    return (domainid_t)words[1];
}

/// The console's own words go past it, and its death is the end of it. Others of this name are not the
/// console.
static void test_console(void)
{
    machine_core = 0;
    domainid_t id = begin_bound(), stranger = MACHINE_CORE << 16 | 9;
    domainid_t false_one = start_named(stranger, "console"),
               other = start_named(DOMAIN_FIRST, "prog");
    domainid_t true_one = start_named(DOMAIN_FIRST, "console");
    print(false_one, "false\n", false);
    print(other, "other\n", false);
    print(true_one, "true\n", false);
    CU_ASSERT_TRUE(machine_printed("true\n"));
    CU_ASSERT_TRUE(console_got("[false\n][other\n]"));
    print(id, "one\n", false);
    die(false_one);
    die(other);
    die(id);
    CU_ASSERT_FALSE(peer_is_closed(machine_console()) || is_over(id));
    die(true_one);
    expect_lost(id, "");
    // When it is not bound yet, what was kept is not lost.
    machine_core = 0;
    CU_ASSERT_TRUE_FATAL(machine_start());
    CU_ASSERT_TRUE(machine_run_thread());
    true_one = start_named(DOMAIN_FIRST, "console");
    debug_printf("kept\n");
    die(true_one);
    CU_ASSERT_TRUE(machine_printed("kept\n"));
    machine_end();
}

TEST_SUITE("what is said") = {
    {"alone", test_alone},
    {"pieces", test_pieces},
    {"kept", test_kept},
    {"too much", test_overflow},
    {"a full ring", test_full},
    {"no console", test_no_console},
    {"last words", test_last_words},
    {"words of a death", test_words_of_death},
    {"a full ring and a question", test_full_question},
    {"lost", test_lost},
    {"lost when full", test_lost_when_full},
    {"the console itself", test_console},
};
