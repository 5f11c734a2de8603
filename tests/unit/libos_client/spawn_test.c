// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The client of spawnd: what it sends, word by word, over either transport, what it makes of the
// answers, and what it does when either end fails.
#include "fake_services.h"
#include "testlib/testlib.h"

#include "barrelfish/domain.h"
#include "barrelfish/spawn_client.h"
#include "client/spawnd_tell.h"
#include "if/monitor.h"
#include "kpi/bootinfo.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define OTHER 5u
#define OWN FAKE_CORE

static const domainid_t own_domain = OWN << 16 | 17, other_domain = OTHER << 16 | 18;
static char *const no_environment[] = {NULL};

static unsigned count_of(enum spawnd_op op)
{
    unsigned count = 0;
    for (unsigned i = 0; i < fake.count; i++)
        count += fake.requests[i].words[0] == op;
    return count;
}

static void over_lmp(void)
{
    fake.answer = fake_answer_words;
    CU_ASSERT_EQUAL(spawn_kill(spawn_domain_cap(own_domain)), SYS_ERR_OK);
    CU_ASSERT_TRUE(fake_asked(0, SPAWND_KILL, own_domain, 0, 0));
    CU_ASSERT_FALSE(fake_last(0)->ump);
    CU_ASSERT_TRUE(capcmp(fake_last(0)->server, cap_spawndep) && capref_is_null(fake_last(0)->cap));
    CU_ASSERT_EQUAL(spawn_kill(spawn_domain_cap(own_domain)), SYS_ERR_OK);
    CU_ASSERT_TRUE(fake.connects == 1 && fake.binds == 0);
    fake_words[0] = SYS_ERR_RIGHTS;
    CU_ASSERT_EQUAL(spawn_kill(spawn_domain_cap(own_domain)), SYS_ERR_RIGHTS);
    CU_ASSERT_EQUAL(fake.connects, 1);
}

static void over_ump(void)
{
    fake.answer = fake_answer_words;
    CU_ASSERT_EQUAL(spawn_kill(spawn_domain_cap(other_domain)), SYS_ERR_OK);
    CU_ASSERT_TRUE(fake_asked(0, SPAWND_KILL, other_domain, 0, 0));
    CU_ASSERT_TRUE(fake_last(0)->ump && fake_last(0)->ctrl == 0);
    CU_ASSERT_EQUAL(fake_last(0)->iref, IREF_MAKE(OTHER, IREF_INDEX_SPAWND));
    CU_ASSERT_TRUE(fake.bind_in == 2048 && fake.bind_out == 2048);
    CU_ASSERT_TRUE(fake.send_deadline == 0 && fake.recv_deadline == 0);
    CU_ASSERT_EQUAL(spawn_kill(spawn_domain_cap(other_domain)), SYS_ERR_OK);
    CU_ASSERT_TRUE(fake.connects == 0 && fake.binds == 1);
    fake_words[0] = SPAWN_ERR_NO_DOMAIN;
    CU_ASSERT_EQUAL(spawn_kill(spawn_domain_cap(other_domain)), SPAWN_ERR_NO_DOMAIN);
    CU_ASSERT_EQUAL(fake.closes, 0);
}

/// A connection that cannot be made, or has ended, is made at the next request.
static void connections(void)
{
    fake.answer = fake_answer_words;
    fake.connect_error = SYS_ERR_CAP_NOT_FOUND;
    CU_ASSERT_EQUAL(spawn_kill(spawn_domain_cap(own_domain)), SYS_ERR_CAP_NOT_FOUND);
    fake.bind_error = MON_ERR_NO_IREF;
    CU_ASSERT_EQUAL(spawn_kill(spawn_domain_cap(other_domain)), MON_ERR_NO_IREF);
    fake.connect_error = fake.bind_error = SYS_ERR_OK;
    CU_ASSERT_EQUAL(fake.count, 0);
    CU_ASSERT_EQUAL(spawn_kill(spawn_domain_cap(own_domain)), SYS_ERR_OK);
    CU_ASSERT_EQUAL(spawn_kill(spawn_domain_cap(other_domain)), SYS_ERR_OK);
    CU_ASSERT_TRUE(fake.connects == 2 && fake.binds == 2);
    fake.send_error = LIB_ERR_CHAN_CLOSED;
    CU_ASSERT_EQUAL(spawn_kill(spawn_domain_cap(other_domain)), LIB_ERR_CHAN_CLOSED);
    CU_ASSERT_EQUAL(fake.closes, 1);
    fake.send_error = SYS_ERR_OK;
    fake.recv_error = LIB_ERR_CHAN_CLOSED;
    CU_ASSERT_EQUAL(spawn_kill(spawn_domain_cap(other_domain)), LIB_ERR_CHAN_CLOSED);
    CU_ASSERT_TRUE(fake.closes == 2 && fake.binds == 3);
    fake.recv_error = SYS_ERR_OK;
    fake.replies_taken = fake.replies_count;
    CU_ASSERT_EQUAL(spawn_kill(spawn_domain_cap(other_domain)), SYS_ERR_OK);
    CU_ASSERT_EQUAL(fake.binds, 4);
}

static void no_such_core(void)
{
    fake.answer = fake_answer_words;
    uint8_t status;
    CU_ASSERT_EQUAL(spawn_wait_core(BOOTINFO_CORES_MAX, 1, &status, false), MON_ERR_NO_CORE);
    CU_ASSERT_EQUAL(spawn_wait_core(BOOTINFO_CORES_MAX - 1, 1, &status, false), SYS_ERR_OK);
    CU_ASSERT_EQUAL(fake.binds, 1);
    fake.fail_memory_in = 1;
    CU_ASSERT_EQUAL(spawn_kill(spawn_domain_cap(own_domain)), LIB_ERR_MALLOC_FAIL);
    CU_ASSERT_EQUAL(spawn_kill(spawn_domain_cap(own_domain)), SYS_ERR_OK);
}

/// What spawnd gets as arguments, put together from the pieces.
static size_t pieces_of(char *strings)
{
    size_t bytes = 0;
    for (unsigned i = 0; i < fake.count; i++) {
        const uint64_t *words = fake.requests[i].words;
        if (words[0] != SPAWND_STRINGS)
            continue;
        size_t at = words[1] & UINT32_MAX, piece = words[1] >> 32;
        CU_ASSERT_TRUE(piece > 0 && piece <= SPAWND_PIECE_BYTES && (at == 0 || at == bytes));
        memcpy(strings + at, &words[SPAWND_PIECE_WORD], piece);
        bytes = at + piece;
    }
    return bytes;
}

static void spawns(void)
{
    char strings[SPAWND_STRINGS_MAX];
    char *const argv[] = {"ignored", "one", "", "a rather long argument that needs pieces", NULL};
    char *const envp[] = {"A=b", "HOME=/", NULL};
    static const char wanted[] =
        "prog\0one\0\0a rather long argument that needs pieces\0A=b\0HOME=/";
    struct capref domain = NULL_CAP;
    fake.answer = fake_answer_words;
    fake_words[1] = own_domain;
    CU_ASSERT_EQUAL(spawn_program(OWN, "prog", argv, envp, SPAWN_FLAGS_BOOTINFO, &domain),
                    SYS_ERR_OK);
    CU_ASSERT_EQUAL(spawn_domain_id(domain), own_domain);
    CU_ASSERT_EQUAL(pieces_of(strings), sizeof(wanted));
    CU_ASSERT_EQUAL(memcmp(strings, wanted, sizeof(wanted)), 0);
    CU_ASSERT_EQUAL(count_of(SPAWND_STRINGS), 2);
    CU_ASSERT_TRUE(fake_asked(0, SPAWND_SPAWN, 4 | 2ul << 32, SPAWND_FLAG_BOOTINFO, 0));
    CU_ASSERT_EQUAL(fake.count, 3);
    CU_ASSERT_EQUAL(spawn_program_with_limit(OTHER, "prog", argv, envp, 4096000, 0, NULL),
                    SYS_ERR_OK);
    CU_ASSERT_TRUE(fake_asked(0, SPAWND_SPAWN, 4 | 2ul << 32, 0, 4096000) && fake_last(0)->ump);
}

/// Without arguments a program gets its name; without an environment the caller's own.
static void defaults(void)
{
    char strings[SPAWND_STRINGS_MAX];
    char *none[] = {NULL};
    unsigned envc = 0;
    while (environ[envc] != NULL)
        envc++;
    fake.answer = fake_answer_words;
    CU_ASSERT_EQUAL(spawn_program(OWN, "prog", NULL, no_environment, 0, NULL), SYS_ERR_OK);
    CU_ASSERT_TRUE(fake_asked(0, SPAWND_SPAWN, 1, 0, 0));
    CU_ASSERT_EQUAL(pieces_of(strings), 5);
    CU_ASSERT_STRING_EQUAL(strings, "prog");
    CU_ASSERT_EQUAL(spawn_program(OWN, "other", none, no_environment, 0, NULL), SYS_ERR_OK);
    CU_ASSERT_TRUE(fake_asked(0, SPAWND_SPAWN, 1, 0, 0));
    CU_ASSERT_EQUAL(pieces_of(strings), 6);
    char *mine[] = {"X=y", "Z=", NULL};
    environ = mine;
    CU_ASSERT_EQUAL(spawn_program(OWN, "prog", NULL, NULL, 0, NULL), SYS_ERR_OK);
    CU_ASSERT_TRUE(fake_asked(0, SPAWND_SPAWN, 1 | 2ul << 32, 0, 0));
}

static char *many[SPAWND_COUNT_MAX + 2];

static void limits_of_arguments(void)
{
    static char longest[SPAWND_STRINGS_MAX];
    char *argv[] = {"x", longest, NULL};
    fake.answer = fake_answer_words;
    size_t length = SPAWND_STRINGS_MAX - 5 - 1;
    memset(longest, 'a', length);
    longest[length] = '\0';
    CU_ASSERT_EQUAL(spawn_program(OWN, "prog", argv, no_environment, 0, NULL), SYS_ERR_OK);
    unsigned sent = fake.count;
    longest[length] = 'a';
    longest[length + 1] = '\0';
    CU_ASSERT_EQUAL(spawn_program(OWN, "prog", argv, no_environment, 0, NULL), SPAWN_ERR_ARGS);
    CU_ASSERT_EQUAL(fake.count, sent);
    fake.count = 0;
    for (unsigned i = 0; i <= SPAWND_COUNT_MAX; i++)
        many[i] = "a";
    many[SPAWND_COUNT_MAX - 1] = NULL; // one is the environment's
    char *envp[] = {"E=f", NULL, NULL};
    CU_ASSERT_EQUAL(spawn_program(OWN, "p", many, envp, 0, NULL), SYS_ERR_OK);
    envp[1] = "G=h";
    CU_ASSERT_EQUAL(spawn_program(OWN, "p", many, envp, 0, NULL), SPAWN_ERR_ARGS);
    many[SPAWND_COUNT_MAX - 1] = "a";
    many[SPAWND_COUNT_MAX] = NULL;
    CU_ASSERT_EQUAL(spawn_program(OWN, "p", many, no_environment, 0, NULL), SYS_ERR_OK);
    many[SPAWND_COUNT_MAX] = "a";
    CU_ASSERT_EQUAL(spawn_program(OWN, "p", many, no_environment, 0, NULL), SPAWN_ERR_ARGS);
}

static unsigned fail_op, fail_nth;

static errval_t fail_some(struct fake_request *request, uint64_t words[8], struct capref *cap)
{
    (void)cap;
    words[1] = own_domain;
    if (request->words[0] == fail_op && fail_nth > 0 && --fail_nth == 0)
        words[0] = SPAWN_ERR_LIMIT;
    return SYS_ERR_OK;
}

/// After a failure spawnd is told to forget what came, by a spawn without arguments.
static void spawn_fails(void)
{
    char *const argv[] = {"x", "a rather long argument that needs two pieces", NULL};
    struct capref domain = NULL_CAP, argcn = {cnode_root, 40};
    fake.answer = fail_some;
    fail_op = SPAWND_STRINGS;
    for (unsigned n = 1; n <= 2; n++) {
        fail_nth = n;
        fake.count = 0;
        CU_ASSERT_EQUAL(spawn_program(OWN, "p", argv, no_environment, 0, &domain), SPAWN_ERR_LIMIT);
        CU_ASSERT_EQUAL(fake.count, n + 1);
        CU_ASSERT_TRUE(fake_asked(0, SPAWND_SPAWN, 0, 0, 0));
    }
    fail_op = SPAWND_SPAWN;
    fail_nth = 1;
    CU_ASSERT_EQUAL(spawn_program(OWN, "p", argv, no_environment, 0, &domain), SPAWN_ERR_LIMIT);
    fail_op = SPAWND_ARGCAP;
    fail_nth = 1;
    fake.types[0] = fake.types[1] = ObjType_Frame;
    fake.count = 0;
    CU_ASSERT_EQUAL(
        spawn_program_with_caps(OWN, "p", argv, no_environment, NULL_CAP, argcn, 0, &domain),
        SPAWN_ERR_LIMIT);
    CU_ASSERT_EQUAL(count_of(SPAWND_ARGCAP), 1);
    CU_ASSERT_TRUE(fake_asked(0, SPAWND_SPAWN, 0, 0, 0));
    CU_ASSERT_TRUE(capref_is_null(domain) && domain.slot == 0);
    // The channel went away in the middle: nothing more is sent on it.
    fake.send_error = LIB_ERR_CHAN_CLOSED;
    CU_ASSERT_EQUAL(spawn_program(OTHER, "p", argv, no_environment, 0, &domain),
                    LIB_ERR_CHAN_CLOSED);
    CU_ASSERT_EQUAL(fake.closes, 1);
    CU_ASSERT_EQUAL(domain.slot, 0);
    fake.connect_error = fake.bind_error = MON_ERR_LIMIT;
    CU_ASSERT_EQUAL(spawn_program(OTHER, "p", argv, no_environment, 0, &domain), MON_ERR_LIMIT);
}

static void passes_capabilities(void)
{
    struct capref argcn = {cnode_root, 40}, domain;
    fake.answer = fake_answer_words;
    fake.types[0] = ObjType_Frame;
    fake.types[SPAWND_ARGCN_SLOTS - 1] = ObjType_RAM;
    fake.types[SPAWND_ARGCN_SLOTS] = ObjType_RAM;
    CU_ASSERT_EQUAL(
        spawn_program_with_caps(OWN, "p", NULL, no_environment, NULL_CAP, argcn, 3, &domain),
        SYS_ERR_OK);
    CU_ASSERT_EQUAL(count_of(SPAWND_ARGCAP), 2);
    CU_ASSERT_TRUE(fake_asked(2, SPAWND_ARGCAP, 0, 0, 0) &&
                   fake_asked(1, SPAWND_ARGCAP, SPAWND_ARGCN_SLOTS - 1, 0, 0));
    CU_ASSERT_TRUE(
        capcmp(fake_last(1)->cap, (struct capref){ROOTCN_CNODE(40), SPAWND_ARGCN_SLOTS - 1}));
    CU_ASSERT_TRUE(capref_is_null(fake_last(0)->cap) && fake_asked(0, SPAWND_SPAWN, 1, 3, 0));
    CU_ASSERT_EQUAL(
        spawn_program_with_caps(OTHER, "p", NULL, no_environment, NULL_CAP, argcn, 0, &domain),
        LIB_ERR_NOT_IMPLEMENTED);
    CU_ASSERT_EQUAL(
        spawn_program_with_caps(OWN, "p", NULL, no_environment, argcn, NULL_CAP, 0, &domain),
        LIB_ERR_NOT_IMPLEMENTED);
    CU_ASSERT_EQUAL(
        spawn_program_with_caps(OTHER, "p", NULL, no_environment, NULL_CAP, NULL_CAP, 0, &domain),
        SYS_ERR_OK);
}

static uint64_t up[4];

/// spawnds of all cores, and the monitor.
static errval_t machine(struct fake_request *request, uint64_t words[8], struct capref *cap)
{
    bool monitor = !request->ump && capcmp(request->server, cap_monitorep);
    uint64_t core = request->ump ? IREF_CORE(request->iref) : OWN;
    (void)cap;
    if (monitor && request->words[0] == MONITOR_CORES)
        memcpy(&words[1], up, sizeof(up));
    else if (request->words[0] == SPAWND_SPAWN)
        words[1] = core << 16 | 20;
    if (!monitor && core == fail_op && request->words[0] == SPAWND_SPAWN)
        words[0] = SPAWN_ERR_LIMIT;
    return SYS_ERR_OK;
}

static void on_all_cores(void)
{
    struct capref domains[4] = {NULL_CAP};
    coreid_t count = 2;
    fake.answer = machine;
    up[0] = 1 | 1 << OWN | 1 << OTHER;
    up[3] = 1ul << 63;
    fail_op = 0xffff;
    CU_ASSERT_EQUAL(spawn_program_on_all_cores(true, "p", NULL, no_environment, 0, domains, &count),
                    SYS_ERR_OK);
    CU_ASSERT_EQUAL(count, 4);
    CU_ASSERT_EQUAL(spawn_domain_id(domains[0]), 20);
    CU_ASSERT_EQUAL(spawn_domain_id(domains[1]), OWN << 16 | 20);
    CU_ASSERT_EQUAL(spawn_domain_id(domains[2]), 0);
    CU_ASSERT_EQUAL(spawn_program_on_all_cores(false, "p", NULL, no_environment, 0, domains, NULL),
                    SYS_ERR_OK);
    CU_ASSERT_EQUAL(spawn_domain_id(domains[1]), OTHER << 16 | 20);
    CU_ASSERT_EQUAL(spawn_domain_id(domains[2]), 255 << 16 | 20);
    CU_ASSERT_EQUAL(spawn_program_on_all_cores(false, "p", NULL, no_environment, 0, NULL, &count),
                    SYS_ERR_OK);
    CU_ASSERT_EQUAL(count, 3);
    fail_op = OTHER;
    count = 4;
    domains[2] = NULL_CAP;
    CU_ASSERT_EQUAL(spawn_program_on_all_cores(true, "p", NULL, no_environment, 0, domains, &count),
                    SPAWN_ERR_LIMIT);
    CU_ASSERT_EQUAL(count, 2);
    CU_ASSERT_EQUAL(spawn_domain_id(domains[2]), 0);
    fake.connect_error = SYS_ERR_RIGHTS;
}

static void waits(void)
{
    uint8_t status = 9;
    struct capref domain = spawn_domain_cap(own_domain);
    fake.answer = fake_answer_words;
    fake_words[1] = SPAWND_EXITED;
    fake_words[2] = 0x142;
    CU_ASSERT_EQUAL(spawn_wait(domain, &status, false), SYS_ERR_OK);
    CU_ASSERT_EQUAL(status, 0x42);
    CU_ASSERT_TRUE(fake_asked(0, SPAWND_WAIT, own_domain, 0, 0));
    CU_ASSERT_EQUAL(fake.waits_for, DISPATCHER_WAIT(WAIT_END, own_domain));
    CU_ASSERT_EQUAL(fake_dispatcher()->waits_for, DISPATCHER_WAIT(WAIT_UNSAID, 0));
    CU_ASSERT_EQUAL(spawn_wait(domain, NULL, true), SYS_ERR_OK);
    CU_ASSERT_TRUE(fake_asked(0, SPAWND_WAIT, own_domain, 1, 0));
    CU_ASSERT_EQUAL(fake.waits_for & UINT32_MAX, WAIT_UNSAID);
    fake_words[1] = SPAWND_KILLED;
    CU_ASSERT_EQUAL(spawn_wait(domain, &status, false), SYS_ERR_OK);
    CU_ASSERT_EQUAL(status, SPAWN_STATUS_DIED);
    fake_words[1] = SPAWND_RUNNING;
    status = 9;
    CU_ASSERT_EQUAL(spawn_wait(domain, &status, true), LIB_ERR_NO_EVENT);
    fake_words[0] = SPAWN_ERR_NO_DOMAIN;
    CU_ASSERT_EQUAL(spawn_wait(domain, &status, true), SPAWN_ERR_NO_DOMAIN);
    CU_ASSERT_EQUAL(status, 9);
    fake_words[0] = SYS_ERR_OK;
    fake_words[1] = SPAWND_EXITED;
    CU_ASSERT_EQUAL(spawn_wait_core(OTHER, other_domain, &status, false), SYS_ERR_OK);
    CU_ASSERT_TRUE(fake_last(0)->ump && status == 0x42);
}

static void interrupts(void)
{
    struct capref own = spawn_domain_cap(own_domain), other = spawn_domain_cap(other_domain);
    fake.answer = fake_answer_words;
    CU_ASSERT_EQUAL(spawn_interrupt(own), SYS_ERR_OK);
    CU_ASSERT_TRUE(fake_asked(0, RPC_REQUEST | SPAWND_KILL, own_domain, 1, 0));
    CU_ASSERT_EQUAL(fake.lmp_to, get_cap_caddr(cap_spawndep));
    CU_ASSERT_EQUAL(spawn_interrupt(other), LIB_ERR_CHAN_CLOSED); // nobody waits there
    CU_ASSERT_EQUAL(spawn_kill(other), SYS_ERR_OK);
    CU_ASSERT_EQUAL(spawn_interrupt(other), SYS_ERR_OK);
    CU_ASSERT_TRUE(fake_asked(0, SPAWND_KILL, other_domain, 1, 0) && fake_last(0)->ump);
    CU_ASSERT_EQUAL(fake.replies_taken + 1, fake.replies_count); // no reply was waited for
    CU_ASSERT_EQUAL(spawn_interrupt(spawn_domain_cap(BOOTINFO_CORES_MAX << 16)),
                    LIB_ERR_CHAN_CLOSED);
}

static void tells(void)
{
    fake.lmp_full = 3;
    CU_ASSERT_EQUAL(spawnd_tell(SPAWND_EXIT, 7, 8), SYS_ERR_OK);
    CU_ASSERT_EQUAL(fake.yields, 3);
    CU_ASSERT_TRUE(fake_asked(0, RPC_REQUEST | SPAWND_EXIT, 7, 8, 0));
    fake.send_error = SYS_ERR_CAP_NOT_FOUND;
    CU_ASSERT_EQUAL(spawnd_tell(SPAWND_EXIT, 7, 8), SYS_ERR_CAP_NOT_FOUND);
    CU_ASSERT_EQUAL(fake.yields, 3);
}

static void reclaims(void)
{
    struct spawn_reclaimed reclaimed = {1, 1};
    struct capref domain = spawn_domain_cap(own_domain);
    fake.answer = fake_answer_words;
    fake_words[0] = SYS_ERR_RIGHTS;
    CU_ASSERT_EQUAL(spawn_reclaim(domain, 4096, 1000, &reclaimed), SYS_ERR_RIGHTS);
    CU_ASSERT_TRUE(reclaimed.bytes == 1 && reclaimed.forced == 1);
    fake_words[0] = SYS_ERR_OK;
    fake_words[1] = 8192;
    fake_words[2] = 4096;
    CU_ASSERT_EQUAL(spawn_reclaim(domain, 4096, 1000, &reclaimed), SYS_ERR_OK);
    CU_ASSERT_TRUE(reclaimed.bytes == 8192 && reclaimed.forced == 4096);
    CU_ASSERT_TRUE(fake_asked(0, SPAWND_RECLAIM, own_domain, 4096, 1000));
    CU_ASSERT_EQUAL(spawn_reclaim(domain, 4096, 1000, NULL), SYS_ERR_OK);
}

static void lists(void)
{
    struct spawn_domain_info info = {.id = 3};
    fake.answer = fake_answer_words;
    fake_words[0] = SPAWN_ERR_NO_DOMAIN;
    CU_ASSERT_EQUAL(spawn_list_next(own_domain, &info), SPAWN_ERR_NO_DOMAIN);
    CU_ASSERT_EQUAL(info.id, 3);
    fake_words[0] = SYS_ERR_OK;
    fake_words[1] = own_domain | (uint64_t)SPAWND_DIED << 32 | (uint64_t)ACTIVITY_SLEEPS << 40;
    fake_words[2] = 3 | 5ul << 32;
    memset(&fake_words[3], 'n', SPAWND_NAME_BYTES);
    CU_ASSERT_EQUAL(spawn_list_next(own_domain - 5, &info), SYS_ERR_OK);
    CU_ASSERT_TRUE(fake_asked(0, SPAWND_LIST, own_domain - 5, 0, 0));
    CU_ASSERT_TRUE(info.id == own_domain && info.core == OWN && info.state == SPAWND_DIED);
    CU_ASSERT_EQUAL(info.activity, ACTIVITY_SLEEPS);
    CU_ASSERT_TRUE(info.bytes == 3 * 4096 && info.given_bytes == 5 * 4096);
    CU_ASSERT_EQUAL(strlen(info.name), SPAWND_NAME_BYTES - 1);
    struct spawn_core_info core = {.domains = 3};
    memcpy(fake_words, (uint64_t[8]){0, 1, 2, 3, 4}, sizeof(fake_words));
    CU_ASSERT_EQUAL(spawn_core_info(OTHER, &core), SYS_ERR_OK);
    CU_ASSERT_TRUE(core.free_bytes == 1 && core.total_bytes == 2 && core.domains == 3 &&
                   core.domains_max == 4);
    CU_ASSERT_TRUE(fake_asked(0, SPAWND_MEMORY, 0, 0, 0));
    fake_words[0] = SYS_ERR_RIGHTS;
    fake_words[3] = 9;
    CU_ASSERT_EQUAL(spawn_core_info(OTHER, &core), SYS_ERR_RIGHTS);
    CU_ASSERT_EQUAL(core.domains, 3);
}

static const char *command;
static size_t command_bytes;

static errval_t describe(struct fake_request *request, uint64_t words[8], struct capref *cap)
{
    (void)cap;
    size_t at = request->words[2], length = strlen(command);
    CU_ASSERT_TRUE(request->words[0] == SPAWND_DESCRIBE && request->words[1] == own_domain);
    words[1] = 123456;
    words[2] = command_bytes | (uint64_t)WAIT_END << 16 | (uint64_t)other_domain << 32;
    if (at < length)
        memcpy(&words[3], command + at,
               length - at < SPAWND_NAME_BYTES ? length - at : SPAWND_NAME_BYTES);
    if (fail_nth > 0 && --fail_nth == 0)
        words[0] = SPAWN_ERR_NO_DOMAIN;
    return SYS_ERR_OK;
}

static void describes(void)
{
    static char longest[SPAWND_COMMAND_BYTES * 2];
    struct spawn_description description;
    fake.answer = describe;
    static const size_t lengths[] = {0, 1, 31, 32, 33, 64, 127, 128, 200};
    for (unsigned i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
        memset(longest, 0, sizeof(longest));
        memset(longest, 'x', lengths[i]);
        command = longest;
        command_bytes = lengths[i];
        fake.count = 0;
        CU_ASSERT_EQUAL(spawn_describe(own_domain, &description), SYS_ERR_OK);
        size_t there = lengths[i] < SPAWND_COMMAND_BYTES ? lengths[i] : SPAWND_COMMAND_BYTES - 1;
        CU_ASSERT_EQUAL(strlen(description.command), there);
        CU_ASSERT_EQUAL(fake.count, there == 0 ? 1 : (there + 31) / 32);
        CU_ASSERT_TRUE(description.run_us == 123456 && description.wait == WAIT_END &&
                       description.waits_for == other_domain);
    }
    fail_nth = 2;
    CU_ASSERT_EQUAL(spawn_describe(own_domain, &description), SPAWN_ERR_NO_DOMAIN);
}

static unsigned list_fails_at;

/// Core 0 has domains 1 and 7, the last core one with the last number, the own none.
static errval_t list_domains(struct fake_request *request, uint64_t words[8], struct capref *cap)
{
    static const domainid_t there[] = {1, 7, 255 << 16 | 3, 255 << 16 | 0xffff};
    if (request->words[0] != SPAWND_LIST)
        return machine(request, words, cap);
    domainid_t core = (domainid_t)request->words[1] >> 16;
    for (unsigned i = 0; i < 4 && words[1] == 0; i++)
        if (there[i] >= request->words[1] && there[i] >> 16 == core)
            words[1] = there[i];
    if (list_fails_at != 0 && request->words[1] == list_fails_at)
        words[0] = SPAWN_ERR_LIMIT;
    return SYS_ERR_OK;
}

static void domain_list(void)
{
    domainid_t *domains = NULL;
    size_t count = 0;
    fake.answer = list_domains;
    up[0] = 1 | 1 << OWN;
    up[3] = 1ul << 63;
    CU_ASSERT_EQUAL(spawn_get_domain_list(true, &domains, &count), SYS_ERR_OK);
    CU_ASSERT_EQUAL_FATAL(count, 4);
    CU_ASSERT_TRUE(domains[0] == 1 && domains[1] == 7 && domains[2] == (255 << 16 | 3) &&
                   domains[3] == (255 << 16 | 0xffff));
    free(domains);
    domains = NULL;
    list_fails_at = 8;
    CU_ASSERT_EQUAL(spawn_get_domain_list(true, &domains, &count), SPAWN_ERR_LIMIT);
    list_fails_at = 0;
    fake.fail_memory_in = 2;
    CU_ASSERT_EQUAL(spawn_get_domain_list(true, &domains, &count), LIB_ERR_MALLOC_FAIL);
    CU_ASSERT_TRUE(domains == NULL && count == 4);
}

static void cores_unknown(void)
{
    domainid_t *domains = NULL;
    size_t length = 7;
    coreid_t count = 3;
    fake.connect_error = SYS_ERR_RIGHTS;
    CU_ASSERT_EQUAL(spawn_get_domain_list(true, &domains, &length), SYS_ERR_RIGHTS);
    CU_ASSERT_TRUE(domains == NULL && length == 7);
    CU_ASSERT_EQUAL(spawn_program_on_all_cores(true, "p", NULL, no_environment, 0, NULL, &count),
                    SYS_ERR_RIGHTS);
    CU_ASSERT_EQUAL(count, 0);
}

static void exits(void)
{
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        freopen("/dev/null", "w", stderr);
        spawn_exit(77);
    }
    CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
    CU_ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 77);
}

CLIENT_TEST(over_lmp)
CLIENT_TEST(over_ump)
CLIENT_TEST(connections)
CLIENT_TEST(no_such_core)
CLIENT_TEST(spawns)
CLIENT_TEST(defaults)
CLIENT_TEST(limits_of_arguments)
CLIENT_TEST(spawn_fails)
CLIENT_TEST(passes_capabilities)
CLIENT_TEST(on_all_cores)
CLIENT_TEST(waits)
CLIENT_TEST(interrupts)
CLIENT_TEST(tells)
CLIENT_TEST(reclaims)
CLIENT_TEST(lists)
CLIENT_TEST(describes)
CLIENT_TEST(domain_list)
CLIENT_TEST(cores_unknown)
CLIENT_TEST(exits)

TEST_SUITE("spawnd") = {
    {"over LMP", test_over_lmp},
    {"over UMP", test_over_ump},
    {"connections", test_connections},
    {"no such core", test_no_such_core},
    {"spawn", test_spawns},
    {"defaults", test_defaults},
    {"limits of arguments", test_limits_of_arguments},
    {"spawn fails", test_spawn_fails},
    {"capabilities", test_passes_capabilities},
    {"on all cores", test_on_all_cores},
    {"wait", test_waits},
    {"interrupt", test_interrupts},
    {"tell", test_tells},
    {"reclaim", test_reclaims},
    {"list", test_lists},
    {"describe", test_describes},
    {"list of domains", test_domain_list},
    {"cores are not known", test_cores_unknown},
    {"exit", test_exits},
};
