// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Memory is wanted back from a domain that runs: it is asked, has some time, and loses by force what is
// missing then; it is told of each loss, and the asker of the end.
#include "service.h"
#include "testlib/testlib.h"

#include "barrelfish/capabilities.h"
#include "barrelfish/slot_alloc.h"
#include "pieces.h"

enum { WANTED_AT = 1, DONE_AT = 2, OTHERS = 30, LOST_RETRY_US = 1000, LOST_TRIES = 100 };
#define PAGE ((uint64_t)BASE_PAGE_SIZE)

static uint64_t words[LMP_MSG_LENGTH];

static void open_account(domainid_t domain)
{
    CU_ASSERT_TRUE(
        service_errs(SPAWND, MEM_SERV_LIMIT, domain, UINT64_MAX, 0, 0, NULL_CAP, SYS_ERR_OK));
}

/// A client that can be asked, or not.
static void begin(bool registered)
{
    CU_ASSERT_TRUE_FATAL(service_start(0));
    for (unsigned i = 0; i < ENDPOINTS; i++)
        service_set_room(i, 16);
    open_account(CLIENT);
    if (registered)
        CU_ASSERT_TRUE(service_errs(CLIENT, MEM_SERV_REVOKE_EP, 0, 0, 0, 0,
                                    service_endpoint(WANTED_AT), SYS_ERR_OK));
}

static void finish(void)
{
    CU_ASSERT_EQUAL(service_copies(DONE_AT), 0);
    service_ask(SPAWND, MEM_SERV_FORGET, CLIENT, 0, 0, 0, NULL_CAP);
    (void)service_answer(SPAWND, words);
    service_run();
    CU_ASSERT(service_message(WANTED_AT, words) == 0 && service_message(DONE_AT, words) == 0);
    service_end();
}

static void want(uint64_t bytes, delayus_t deadline_us)
{
    CU_ASSERT_TRUE(service_errs(SPAWND, MEM_SERV_RECLAIM, CLIENT, bytes, deadline_us, 0,
                                service_endpoint(DONE_AT), SYS_ERR_OK));
}

static bool done(uint64_t returned, uint64_t forced)
{
    return service_got(DONE_AT, (const uint64_t[]){MEM_SERV_RECLAIMED, CLIENT, returned, forced},
                       4);
}

static bool not_done(void)
{
    return service_message(DONE_AT, words) == 0;
}

/// The client is asked; the time that it has ends where it should.
static bool asked(uint64_t bytes, delayus_t deadline_us)
{
    systime_t until = systime_now() + us_to_systime(deadline_us);
    return service_message(WANTED_AT, words) == 3 && words[0] == MEM_SERV_WANTED &&
           words[1] == bytes && words[2] <= until && words[2] + (UINT64_C(1) << 36) > until;
}

static bool lost(genpaddr_t base, uint64_t bytes)
{
    return service_got(WANTED_AT, (const uint64_t[]){MEM_SERV_LOST, base, bytes}, 3);
}

static void test_given(void)
{
    begin(true);
    struct capref first = service_take(CLIENT, 1), second = service_take(CLIENT, 2);
    want(2 * PAGE + 1, 500);
    CU_ASSERT(asked(2 * PAGE + 1, 500) && not_done());
    CU_ASSERT(service_timers() == 1 && service_copies(DONE_AT) == 1);
    service_drop(second);
    CU_ASSERT_TRUE(not_done());
    service_drop(first);
    CU_ASSERT_TRUE(done(3 * PAGE, 0));
    CU_ASSERT(service_timers() == 0 && !service_dispatch());
    // Once more: what was counted then counts no more.
    first = service_take(CLIENT, 1);
    want(PAGE, 7);
    CU_ASSERT_TRUE(asked(PAGE, 7));
    service_drop(first);
    CU_ASSERT_TRUE(done(PAGE, 0));
    finish();
}

/// What has come back and was not received yet when the time has passed counts.
static void test_deadline(void)
{
    begin(true);
    struct capref old = service_take(CLIENT, 1), given = service_take(CLIENT, 2);
    struct capref newer = service_take(CLIENT, 3);
    genpaddr_t base = service_base();
    want(5 * PAGE, 500);
    CU_ASSERT_TRUE(asked(5 * PAGE, 500));
    CU_ASSERT_EQUAL(cap_delete(given), SYS_ERR_OK);
    CU_ASSERT_EQUAL(service_time_passes(), 500);
    CU_ASSERT_TRUE(not_done());
    service_run();
    CU_ASSERT_TRUE(lost(base, 3 * PAGE));
    CU_ASSERT_TRUE(done(5 * PAGE, 3 * PAGE));
    CU_ASSERT(kernel_slot_is_empty(newer) && !kernel_slot_is_empty(old));
    want(PAGE, 9);
    CU_ASSERT_TRUE(asked(PAGE, 9));
    CU_ASSERT_EQUAL(cap_delete(old), SYS_ERR_OK);
    CU_ASSERT_EQUAL(service_time_passes(), 9);
    CU_ASSERT_TRUE(done(PAGE, 0));
    finish();
}

/// Who cannot be asked loses it at once.
static void test_unasked(void)
{
    begin(false);
    (void)service_take(CLIENT, 2);
    want(PAGE, 500);
    CU_ASSERT(service_timers() == 0 && not_done());
    service_run();
    CU_ASSERT_TRUE(done(2 * PAGE, 2 * PAGE));
    finish();
    begin(true);
    (void)service_take(CLIENT, 2);
    service_set_room(WANTED_AT, UINT32_MAX); // It has gone.
    want(PAGE, 500);
    CU_ASSERT_EQUAL(service_timers(), 0);
    service_run();
    CU_ASSERT_TRUE(done(2 * PAGE, 2 * PAGE));
    finish();
    begin(true);
    (void)service_take(CLIENT, 2);
    service_set_room(WANTED_AT, 0); // It may look by itself.
    want(PAGE, 500);
    CU_ASSERT_EQUAL(service_timers(), 1);
    service_run();
    CU_ASSERT_TRUE(not_done());
    service_set_room(WANTED_AT, 1);
    CU_ASSERT_EQUAL(service_time_passes(), 500);
    service_run();
    CU_ASSERT_TRUE(lost(service_base(), 2 * PAGE));
    CU_ASSERT_TRUE(done(2 * PAGE, 2 * PAGE));
    finish();
}

static void test_nothing(void)
{
    begin(true);
    want(0, 5);
    CU_ASSERT_TRUE(done(0, 0));
    (void)service_take(CLIENT, 2);
    want(0, 5);
    CU_ASSERT_TRUE(done(0, 0));
    CU_ASSERT_EQUAL(service_timers(), 0);
    // More than there is: all goes.
    want(UINT64_MAX, 5);
    CU_ASSERT_TRUE(asked(UINT64_MAX, 5));
    CU_ASSERT_EQUAL(service_time_passes(), 5);
    service_run();
    CU_ASSERT_TRUE(lost(service_base(), 2 * PAGE));
    CU_ASSERT_TRUE(done(2 * PAGE, 2 * PAGE));
    finish();
}

/// A client without room for the message that it has lost something is waited for, but not for ever.
static void test_no_room(void)
{
    begin(true);
    (void)service_take(CLIENT, 1);
    genpaddr_t base = service_base();
    (void)service_take(CLIENT, 1);
    service_set_room(WANTED_AT, 0);
    want(2 * PAGE, 500);
    CU_ASSERT_EQUAL(service_time_passes(), 500);
    service_run();
    for (unsigned i = 1; i < LOST_TRIES; i++) {
        CU_ASSERT(service_timers() == 1 && not_done() && !service_dispatch());
        service_hear(); // changes nothing
        CU_ASSERT_FALSE(service_dispatch());
        CU_ASSERT_EQUAL(service_time_passes(), LOST_RETRY_US);
    }
    CU_ASSERT_EQUAL(service_timers(), 0); // It is not told of the first.
    service_run();
    CU_ASSERT(service_timers() == 1 && not_done());
    service_set_room(WANTED_AT, 1);
    CU_ASSERT_EQUAL(service_time_passes(), LOST_RETRY_US);
    CU_ASSERT_TRUE(lost(base, PAGE));
    CU_ASSERT_TRUE(done(2 * PAGE, 2 * PAGE));
    finish();
}

/// It takes its endpoint away meanwhile.
static void test_no_endpoint(void)
{
    begin(true);
    (void)service_take(CLIENT, 1);
    want(PAGE, 500);
    CU_ASSERT_TRUE(asked(PAGE, 500));
    CU_ASSERT_TRUE(service_errs(CLIENT, MEM_SERV_REVOKE_EP, 0, 0, 0, 0, NULL_CAP, SYS_ERR_OK));
    CU_ASSERT_EQUAL(service_time_passes(), 500);
    service_run();
    CU_ASSERT_TRUE(done(PAGE, PAGE));
    finish();
}

static void test_refused(void)
{
    begin(true);
    struct capref ram = service_take(SPAWND, 1);
    static const struct {
        domainid_t domain;
        delayus_t deadline;
        errval_t err;
    } cases[] = {
        {DOMAIN_DYNAMIC - 1, 5, SYS_ERR_RIGHTS},
        {5 << 16 | DOMAIN_FIRST, 5, SYS_ERR_RIGHTS},
        {DOMAIN_DYNAMIC, 5, SPAWN_ERR_NO_DOMAIN},
        {CLIENT, MEM_SERV_DEADLINE_MAX_US + 1u, SYS_ERR_ARGS},
    };
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        CU_ASSERT_TRUE(service_errs(SPAWND, MEM_SERV_RECLAIM, cases[i].domain, 1, cases[i].deadline,
                                    0, service_endpoint(DONE_AT), cases[i].err));
        CU_ASSERT_EQUAL(service_copies(DONE_AT), 0);
    }
    CU_ASSERT_TRUE(
        service_errs(SPAWND, MEM_SERV_RECLAIM, CLIENT, 1, 5, 0, NULL_CAP, SYS_ERR_CAP_TYPE));
    CU_ASSERT_TRUE(service_errs(SPAWND, MEM_SERV_RECLAIM, CLIENT, 1, 5, 0, service_page(ram),
                                SYS_ERR_CAP_TYPE));
    service_drop(ram);
    (void)service_take(CLIENT, 1);
    want(1, MEM_SERV_DEADLINE_MAX_US);
    CU_ASSERT_TRUE(asked(1, MEM_SERV_DEADLINE_MAX_US));
    CU_ASSERT_TRUE(service_errs(SPAWND, MEM_SERV_RECLAIM, CLIENT, 1, 5, 0,
                                service_endpoint(DONE_AT), LIB_ERR_RECLAIM_BUSY));
    CU_ASSERT_EQUAL(service_copies(DONE_AT), 1);
    CU_ASSERT_EQUAL(service_time_passes(), MEM_SERV_DEADLINE_MAX_US);
    service_run();
    CU_ASSERT_TRUE(lost(service_base(), PAGE));
    CU_ASSERT_TRUE(done(PAGE, PAGE));
    finish();
}

/// So many at once; each place comes back.
static void test_many(void)
{
    struct capref caps[MEM_SERV_RECLAIMS_MAX + 1];
    begin(false);
    for (unsigned i = 0; i <= MEM_SERV_RECLAIMS_MAX; i++) {
        open_account(OTHERS + i);
        caps[i] = service_take(OTHERS + i, 1);
        CU_ASSERT_TRUE(service_errs(OTHERS + i, MEM_SERV_REVOKE_EP, 0, 0, 0, 0,
                                    service_endpoint(4 + i), SYS_ERR_OK));
        CU_ASSERT_TRUE(service_errs(SPAWND, MEM_SERV_RECLAIM, OTHERS + i, 1, 500 + i, 0,
                                    service_endpoint(DONE_AT),
                                    i < MEM_SERV_RECLAIMS_MAX ? SYS_ERR_OK : LIB_ERR_RECLAIM_BUSY));
    }
    for (unsigned i = 0; i < MEM_SERV_RECLAIMS_MAX; i++) {
        service_drop(caps[i]);
        CU_ASSERT_TRUE(
            service_got(DONE_AT, (const uint64_t[]){MEM_SERV_RECLAIMED, OTHERS + i, PAGE, 0}, 4));
        caps[i] = service_take(OTHERS + i, 1);
        CU_ASSERT_TRUE(service_errs(SPAWND, MEM_SERV_RECLAIM, OTHERS + i, 1, 500 + i, 0,
                                    service_endpoint(DONE_AT), SYS_ERR_OK));
        CU_ASSERT_TRUE(service_errs(SPAWND, MEM_SERV_RECLAIM, OTHERS + MEM_SERV_RECLAIMS_MAX, 1, 5,
                                    0, service_endpoint(DONE_AT), LIB_ERR_RECLAIM_BUSY));
    }
    // All deadlines pass before anything is taken.
    for (unsigned i = 0; i < MEM_SERV_RECLAIMS_MAX; i++)
        CU_ASSERT_EQUAL(service_time_passes(), 500 + i);
    service_run();
    for (unsigned i = 0; i < MEM_SERV_RECLAIMS_MAX; i++)
        CU_ASSERT(service_message(DONE_AT, words) == 4 && words[2] == PAGE && words[3] == PAGE);
    for (unsigned i = 0; i <= MEM_SERV_RECLAIMS_MAX; i++) {
        service_ask(SPAWND, MEM_SERV_FORGET, OTHERS + i, 0, 0, 0, NULL_CAP);
        (void)service_answer(SPAWND, words);
        service_run();
    }
    finish();
}

/// What other cores may hold cannot be taken; the next range is.
static void test_remote(void)
{
    begin(true);
    (void)service_take(CLIENT, 1);
    genpaddr_t base = service_base();
    struct capref remote = service_take(CLIENT, 1);
    genpaddr_t remote_base = service_base();
    service_set_remote(remote, true);
    want(2 * PAGE, 500);
    CU_ASSERT_TRUE(asked(2 * PAGE, 500));
    CU_ASSERT_EQUAL(service_time_passes(), 500);
    service_run();
    CU_ASSERT(service_message(WANTED_AT, words) == 3 && words[1] == remote_base);
    CU_ASSERT_TRUE(lost(base, PAGE));
    CU_ASSERT_TRUE(done(PAGE, PAGE));
    CU_ASSERT_FALSE(kernel_slot_is_empty(remote));
    service_set_remote(remote, false);
    service_drop(remote);
    finish();
}

/// The domain ends: all of it counts as returned, whether it is asked, loses, or is told of a loss.
static void test_ends(void)
{
    for (unsigned when = 0; when < 3; when++) {
        begin(true);
        for (unsigned i = 0; i < 20; i++)
            (void)service_take(CLIENT, 1);
        want(20 * PAGE, 500);
        CU_ASSERT_TRUE(asked(20 * PAGE, 500));
        if (when == 2)
            service_set_room(WANTED_AT, 0);
        if (when > 0)
            CU_ASSERT_EQUAL(service_time_passes(), 500);
        if (when > 0)
            CU_ASSERT_TRUE(service_dispatch());
        CU_ASSERT_EQUAL(service_timers(), when != 1);
        service_ask(SPAWND, MEM_SERV_FORGET, CLIENT, 0, 0, 0, NULL_CAP);
        (void)service_answer(SPAWND, words);
        CU_ASSERT_EQUAL(service_message(DONE_AT, words), 4);
        CU_ASSERT_EQUAL(words[2], 20 * PAGE);
        CU_ASSERT_EQUAL(service_timers(), 0);
        while (service_message(WANTED_AT, words) > 0)
            CU_ASSERT_EQUAL(words[0], MEM_SERV_LOST);
        finish();
    }
}

TEST_SUITE("taking back") = {
    {"given", test_given},
    {"deadlines", test_deadline},
    {"who cannot be asked", test_unasked},
    {"nothing, and everything", test_nothing},
    {"no room for a message", test_no_room},
    {"no endpoint any more", test_no_endpoint},
    {"refused", test_refused},
    {"many", test_many},
    {"other cores", test_remote},
    {"who ends", test_ends},
};
