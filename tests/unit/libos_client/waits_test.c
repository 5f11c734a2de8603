// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Who waits for whom, in words (client/spawn_waits.c), of what spawnds say.
#include "fake_services.h"

#include "barrelfish/blocking.h"
#include "barrelfish/spawn_client.h"
#include "if/spawnd.h"

#include <string.h>

#define OWN (FAKE_CORE << 16 | 5u)

/// What spawnds know; ended by a domain 0.
struct known {
    domainid_t id;
    const char *command;
    enum dispatcher_wait wait;
    domainid_t domain;
};
static const struct known *known;

/// In the place of blocking.c.
static delayus_t limit_us;

delayus_t blocking_set_limit(delayus_t set_us)
{
    delayus_t before = limit_us;
    limit_us = set_us;
    return before;
}

static errval_t describe(struct fake_request *request, uint64_t words[8], struct capref *cap)
{
    (void)cap;
    const struct known *at = known;
    CU_ASSERT_TRUE(limit_us != 0 && limit_us <= 1000000);
    CU_ASSERT_TRUE(request->words[0] == SPAWND_DESCRIBE && request->words[2] == 0);
    while (at->id != 0 && at->id != request->words[1])
        at++;
    words[0] = at->id != 0 ? SYS_ERR_OK : SPAWN_ERR_NO_DOMAIN;
    words[2] = 40 | (uint64_t)at->wait << 16 | (uint64_t)at->domain << 32;
    if (at->id != 0)
        memcpy(&words[3], at->command, strnlen(at->command, SPAWND_NAME_BYTES));
    return SYS_ERR_OK;
}

static void expect(const struct known *what, domainid_t peer, const char *wanted)
{
    char text[512];
    fake.answer = describe;
    fake_dispatcher()->domain_id = OWN;
    known = what;
    spawn_tell_waits(peer, text, sizeof(text));
    CU_ASSERT_EQUAL(limit_us, 0);
    if (strcmp(text, wanted) != 0) {
        printf("\ntold:   %s\nwanted: %s\n", text, wanted);
        CU_FAIL("who waits for whom");
    }
}

static void ends(void)
{
    static const struct known all[] = {{2, "/bin/kv one two", WAIT_UNSAID, 0},
                                       {3, "ring", WAIT_NAME, 0},
                                       {4, "ring", WAIT_BINDING, 0},
                                       {6, "ring 7", WAIT_CALL, 2},
                                       {7, "abcdefghijklmnopqrstuvwxyzabcdefghij", WAIT_MESSAGE, 9},
                                       {8, "", WAIT_END, OWN},
                                       {10, "liar", WAITS_COUNT, 0},
                                       {11, "itself", WAIT_CALL, 11},
                                       {0}};
    expect(all, 0, "0x20005 waits for a domain that is not known");
    expect(all, 9, "0x20005 waits for 0x9, of whom nothing is known");
    expect(all, 2, "0x20005 waits for 0x2 (kv)");
    expect(all, 3, "0x20005 waits for 0x3 (ring), which waits for a name");
    expect(all, 4, "0x20005 waits for 0x4 (ring), which waits for a binding");
    expect(all, 6, "0x20005 waits for 0x6 (ring), which waits for 0x2 (kv)");
    expect(all, 7,
           "0x20005 waits for 0x7 (abcdefghijklmnopqrstuvwxyzabcdef), which waits for 0x9, of whom "
           "nothing is known");
    expect(all, 8, "0x20005 waits for 0x8 (), which waits for the end of 0x20005 in a circle");
    expect(all, 10, "0x20005 waits for 0xa (liar)");
    expect(all, 11, "0x20005 waits for 0xb (itself), which waits for 0xb in a circle");
    expect(all, OWN, "0x20005 waits for 0x20005 in a circle");
}

static void long_chain(void)
{
    static struct known all[12];
    for (unsigned i = 0; i < 11; i++)
        all[i] = (struct known){i + 1, "x", WAIT_CALL, i + 2};
    expect(
        all, 1,
        "0x20005 waits for 0x1 (x), which waits for 0x2 (x), which waits for 0x3 (x), which waits "
        "for 0x4 (x), which waits for 0x5 (x), which waits for 0x6 (x), which waits for 0x7 (x), "
        "which waits for 0x8, and so on");
}

/// Nobody is waited for who asks a spawnd himself; a text that is too long is cut.
static void without_waiting(void)
{
    static const struct known all[] = {{2, "kv", WAIT_CALL, OWN}, {0}};
    char text[32];
    fake.trylock_fails = true;
    expect(all, 2, "0x20005 waits for 0x2, of whom nothing is known");
    CU_ASSERT_EQUAL(fake.count, 0);
    fake.trylock_fails = false;
    for (size_t bytes = 1; bytes <= sizeof(text); bytes++) {
        memset(text, 'x', sizeof(text));
        spawn_tell_waits(2, text, bytes);
        CU_ASSERT_EQUAL(strlen(text), bytes - 1);
        CU_ASSERT_EQUAL(memcmp(text, "0x20005 waits for 0x2 (kv), which", bytes - 1), 0);
    }
    fake.fail_memory_in = 1;
    expect(all, 0x30001, "0x20005 waits for 0x30001, of whom nothing is known");
    fake.connect_error = fake.bind_error = LIB_ERR_BIND_REFUSED;
    expect(all, 0x30001, "0x20005 waits for 0x30001, of whom nothing is known");
}

CLIENT_TEST(ends)
CLIENT_TEST(long_chain)
CLIENT_TEST(without_waiting)

TEST_SUITE("who waits for whom") = {
    {"ends of a chain", test_ends},
    {"a long chain", test_long_chain},
    {"without waiting", test_without_waiting},
};
