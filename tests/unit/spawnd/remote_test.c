// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Clients of other cores: whom spawnd lets in, and that nothing is left of whom it does not, or who
// goes.
#include "testlib/testlib.h"
#include "use.h"

#include <string.h>

enum { OTHER = 9 << 16 | 40, ROOT = 9 << 16 | 30, CHANNELS = 512, EACH = 4 };

static bool got(struct peer *peer, errval_t err, uint64_t word1)
{
    uint64_t words[UMP_PAYLOAD_WORDS];
    uint16_t ctrl;
    return peer_recv(peer, words, &ctrl) && words[0] == err && words[1] == word1 && ctrl == 0;
}

static void tell(struct peer *peer, enum spawnd_op op, uint64_t word1, uint64_t word2)
{
    CU_ASSERT_TRUE(peer_send(peer, (const uint64_t[UMP_PAYLOAD_WORDS]){op, word1, word2}));
    machine_run();
}

static void test_requests(void)
{
    CU_ASSERT_TRUE_FATAL(machine_start());
    struct peer *peer = machine_connect(OTHER, ROOT);
    CU_ASSERT_PTR_NOT_NULL_FATAL(peer);
    tell(peer, SPAWND_STRINGS, UINT64_C(5) << 32, 0x676f7270); // "prog"
    CU_ASSERT_TRUE(got(peer, SYS_ERR_OK, 0));
    tell(peer, SPAWND_SPAWN, 1, 0);
    CU_ASSERT_TRUE(got(peer, SYS_ERR_OK, FIRST));
    CU_ASSERT_PTR_NOT_NULL(strstr(machine.log, "open 30010 0 "));
    CU_ASSERT_PTR_NOT_NULL(strstr(machine.log, "introduce 30010 9001e; "));
    CU_ASSERT_EQUAL(domain_table_find(&domains, FIRST)->parent, OTHER);
    tell(peer, SPAWND_EXIT, 1, 0);
    CU_ASSERT_TRUE(got(peer, SYS_ERR_RIGHTS, 0));
    tell(peer, SPAWND_PRINT, 1, 0x41);
    CU_ASSERT(got(peer, SYS_ERR_ILLEGAL_INVOCATION, 0) && machine_printed(""));
    tell(peer, SPAWND_ARGCAP, 1, 0);
    CU_ASSERT_TRUE(got(peer, SPAWN_ERR_ARGS, 0));
    tell(peer, SPAWND_KILL, FIRST, 0);
    CU_ASSERT_FALSE(got(peer, SYS_ERR_OK, 0));
    settle();
    CU_ASSERT_TRUE(got(peer, SYS_ERR_OK, 0));
    CU_ASSERT_FALSE(peer_is_closed(peer));
    machine_end();
}

/// One of another core that has the ID of a domain of this core cannot end it so.
static void test_same_id(void)
{
    CU_ASSERT_TRUE_FATAL(machine_start());
    domainid_t id = start(BASE);
    struct peer *peer = machine_connect(id, id);
    tell(peer, SPAWND_EXIT, 1, 0);
    CU_ASSERT_TRUE(got(peer, SYS_ERR_RIGHTS, 0));
    CU_ASSERT_FALSE(domain_table_find(&domains, id)->ending);
    die(id); // its own client goes, this one does not
    tell(peer, SPAWND_MEMORY, 0, 0);
    CU_ASSERT_TRUE(got(peer, SYS_ERR_OK, 7000));
    machine_end();
}

static void test_refused(void)
{
    CU_ASSERT_TRUE_FATAL(machine_start());
    struct monitor_bind_request request = {.client = OTHER, .client_in_bytes = 65537};
    CU_ASSERT_PTR_NULL(machine_bind(&request));
    CU_ASSERT_EQUAL(machine.refusal, LIB_ERR_UMP_BUFSIZE);
    request = (struct monitor_bind_request){.client = OTHER, .client_out_bytes = 65537};
    CU_ASSERT_PTR_NULL(machine_bind(&request));
    CU_ASSERT_EQUAL(machine.refusal, LIB_ERR_UMP_BUFSIZE);
    request = (struct monitor_bind_request){.client = OTHER, .lmp = true};
    CU_ASSERT_PTR_NULL(machine_bind(&request));
    CU_ASSERT_EQUAL(machine.refusal, SPAWN_ERR_LIMIT);
    for (unsigned i = 0; i < 2; i++) {
        machine_fail(CALL_MALLOC, i, LIB_ERR_MALLOC_FAIL);
        CU_ASSERT_PTR_NULL(machine_connect(OTHER, ROOT));
        CU_ASSERT(machine_failed() && machine.refusal == SPAWN_ERR_LIMIT);
    }
    machine_end();
}

/// As many channels as a domain may have, and not more, are there after each failure.
static void expect_room(void)
{
    struct peer *peers[EACH];
    for (unsigned i = 0; i < EACH; i++) {
        peers[i] = machine_connect(OTHER, ROOT);
        CU_ASSERT_PTR_NOT_NULL_FATAL(peers[i]);
    }
    CU_ASSERT_PTR_NULL(machine_connect(OTHER, ROOT));
    CU_ASSERT_EQUAL(machine.refusal, SPAWN_ERR_LIMIT);
    for (unsigned i = 0; i < EACH; i++)
        peer_close(peers[i]);
    machine_run();
    for (unsigned i = 0; i < EACH; i++)
        CU_ASSERT_TRUE(peer_is_closed(peers[i]));
}

static void test_failures(void)
{
    CU_ASSERT_TRUE_FATAL(machine_start());
    machine_fail(CALL_ACCEPT, 0, LIB_ERR_PMAP);
    CU_ASSERT_PTR_NULL(machine_connect(OTHER, ROOT));
    CU_ASSERT(machine_failed() && machine.refusal == LIB_ERR_PMAP);
    expect_room();
    machine_fail(CALL_REGISTER_RECV, 0, LIB_ERR_MALLOC_FAIL);
    CU_ASSERT_PTR_NULL(machine_connect(OTHER, ROOT));
    CU_ASSERT_TRUE(machine_failed());
    expect_room();
    static const enum machine_call calls[] = {CALL_RECV, CALL_REGISTER_RECV};
    for (unsigned i = 0; i < 2; i++) {
        struct peer *peer = machine_connect(OTHER, ROOT);
        machine_fail(calls[i], 0, LIB_ERR_UMP_PEER);
        tell(peer, SPAWND_MEMORY, 0, 0);
        CU_ASSERT(machine_failed() && peer_is_closed(peer));
        expect_room();
    }
    struct peer *peer = machine_connect(OTHER, ROOT);
    machine_fail(CALL_RECV, 0, LIB_ERR_NO_UMP_MSG);
    tell(peer, SPAWND_MEMORY, 0, 0);
    CU_ASSERT_TRUE(machine_failed());
    CU_ASSERT_TRUE(got(peer, SYS_ERR_OK, 7000));
    machine_end();
}

/// What a client does not take is lost, and it is a client still.
static void test_full(void)
{
    CU_ASSERT_TRUE_FATAL(machine_start());
    machine.ring_lines = 2;
    struct peer *peer = machine_connect(OTHER, ROOT);
    for (unsigned i = 0; i < 3; i++)
        tell(peer, SPAWND_MEMORY, 0, 0);
    CU_ASSERT(got(peer, SYS_ERR_OK, 7000) && got(peer, SYS_ERR_OK, 7000));
    CU_ASSERT_FALSE(got(peer, SYS_ERR_OK, 7000));
    tell(peer, SPAWND_MEMORY, 0, 0);
    CU_ASSERT_TRUE(got(peer, SYS_ERR_OK, 7000));
    machine_end();
}

static void test_limit(void)
{
    static struct peer *peers[CHANNELS];
    CU_ASSERT_TRUE_FATAL(machine_start());
    for (unsigned i = 0; i < CHANNELS; i++) {
        peers[i] = machine_connect(ROOT + i / EACH, ROOT);
        CU_ASSERT_PTR_NOT_NULL_FATAL(peers[i]);
    }
    CU_ASSERT_PTR_NULL(machine_connect(OTHER + CHANNELS, ROOT));
    CU_ASSERT_EQUAL(machine.refusal, SPAWN_ERR_LIMIT);
    // Each goes by itself, from the middle, the newest and the oldest of them.
    const unsigned going[] = {CHANNELS / 2, CHANNELS - 1, 0};
    for (unsigned i = 0; i < 3; i++) {
        peer_close(peers[going[i]]);
        machine_run();
        CU_ASSERT_TRUE(peer_is_closed(peers[going[i]]));
        peers[going[i]] = machine_connect(OTHER + CHANNELS + i, ROOT);
        CU_ASSERT_PTR_NOT_NULL_FATAL(peers[going[i]]);
        CU_ASSERT_PTR_NULL(machine_connect(OTHER + CHANNELS + i, ROOT));
    }
    for (unsigned i = 0; i < CHANNELS; i++) {
        tell(peers[i], SPAWND_MEMORY, 0, 0);
        CU_ASSERT_TRUE(got(peers[i], SYS_ERR_OK, 7000));
    }
    machine_end();
}

TEST_SUITE("other cores") = {
    {"requests", test_requests},      {"an ID of this core", test_same_id},
    {"who is refused", test_refused}, {"what fails", test_failures},
    {"a full ring", test_full},       {"limits", test_limit},
};
