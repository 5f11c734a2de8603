// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Domains end: all that is on their accounts is taken back, whatever they have made of it, in portions;
// what other cores may hold is nobody's until it comes back.
#include "service.h"
#include "testlib/testlib.h"

#include "barrelfish/capabilities.h"
#include "barrelfish/slot_alloc.h"
#include "pieces.h"

enum { OTHER = 21, TELLS = 3, STEPS_EACH_EVENT = 8 };

static uint64_t words[LMP_MSG_LENGTH];

static void open_account(domainid_t domain)
{
    CU_ASSERT_TRUE(
        service_errs(SPAWND, MEM_SERV_LIMIT, domain, UINT64_MAX, 0, 0, NULL_CAP, SYS_ERR_OK));
}

static void begin(void)
{
    CU_ASSERT_TRUE_FATAL(service_start(0));
    CU_ASSERT_TRUE(
        service_errs(SPAWND, MEM_SERV_REVOKE_EP, 0, 0, 0, 0, service_endpoint(TELLS), SYS_ERR_OK));
    open_account(CLIENT);
    open_account(OTHER);
}

static void forget(domainid_t domain)
{
    CU_ASSERT_TRUE(service_errs(SPAWND, MEM_SERV_FORGET, domain, 0, 0, 0, NULL_CAP, SYS_ERR_OK));
    CU_ASSERT_TRUE(service_forgot(domain));
}

static bool told(domainid_t domain)
{
    return service_got(TELLS, (const uint64_t[]){MEM_SERV_FORGOTTEN, domain}, 2);
}

static bool untold(void)
{
    return service_message(TELLS, words) == 0;
}

static void finish(void)
{
    forget(OTHER);
    service_run();
    CU_ASSERT_TRUE(told(OTHER));
    CU_ASSERT_TRUE(service_errs(SPAWND, MEM_SERV_REVOKE_EP, 0, 0, 0, 0, NULL_CAP, SYS_ERR_OK));
    service_end();
}

static void test_unknown(void)
{
    begin();
    forget(99);
    CU_ASSERT_TRUE(told(99));
    forget(0);
    CU_ASSERT_TRUE(told(0));
    // An asker that has no endpoint, or no account, is told nothing.
    CU_ASSERT_TRUE(service_errs(DOMAIN_FIRST, MEM_SERV_FORGET, 99, 0, 0, 0, NULL_CAP, SYS_ERR_OK));
    CU_ASSERT_TRUE(
        service_errs(DOMAIN_FIRST, MEM_SERV_REVOKE_EP, 0, 0, 0, 0, NULL_CAP, SYS_ERR_OK));
    CU_ASSERT_TRUE(service_errs(DOMAIN_FIRST, MEM_SERV_FORGET, 99, 0, 0, 0, NULL_CAP, SYS_ERR_OK));
    CU_ASSERT_TRUE(untold());
    forget(CLIENT); // It has nothing.
    CU_ASSERT_TRUE(told(CLIENT));
    finish();
}

/// Whatever it was made into, and whether the client holds it or not.
static void test_all(void)
{
    begin();
    gensize_t before = pieces_free_bytes();
    struct capref ram = service_take(CLIENT, 4), last = service_take(OTHER, 1);
    struct capref frame = kernel_client_slot(KERNEL_CLIENT_SLOTS - 1);
    CU_ASSERT_EQUAL(cap_retype(frame, ram, 0, ObjType_Frame, BASE_PAGE_SIZE, 1), SYS_ERR_OK);
    CU_ASSERT_EQUAL(cap_delete(ram), SYS_ERR_OK);
    CU_ASSERT_TRUE(
        service_errs(CLIENT, MEM_SERV_REVOKE_EP, 0, 0, 0, 0, service_endpoint(5), SYS_ERR_OK));
    forget(CLIENT);
    service_run();
    CU_ASSERT_TRUE(told(CLIENT));
    CU_ASSERT(kernel_slot_is_empty(ram) && kernel_slot_is_empty(frame));
    CU_ASSERT_EQUAL(service_copies(5), 0);
    CU_ASSERT_FALSE(kernel_slot_is_empty(last));
    CU_ASSERT_EQUAL(pieces_free_bytes(), before - BASE_PAGE_SIZE);
    CU_ASSERT_TRUE(
        service_errs(CLIENT, MEM_SERV_ACCOUNT, CLIENT, 0, 0, 0, NULL_CAP, SPAWN_ERR_NO_DOMAIN));
    finish();
}

/// Eight steps an event, one domain after the other; who is asked for again meanwhile is told at once.
static void test_portions(void)
{
    enum { RANGES = 20 };
    begin();
    for (unsigned i = 0; i < RANGES; i++) {
        (void)service_take(CLIENT, 1);
        (void)service_take(OTHER, 1);
    }
    (void)service_reclaim_steps();
    forget(CLIENT);
    CU_ASSERT_EQUAL(service_reclaim_steps(), STEPS_EACH_EVENT);
    CU_ASSERT_TRUE(untold());
    CU_ASSERT_TRUE(service_dispatch());
    CU_ASSERT_EQUAL(service_reclaim_steps(), STEPS_EACH_EVENT);
    CU_ASSERT_TRUE(service_errs(CLIENT, MEM_SERV_ALLOC, BASE_PAGE_SIZE, BASE_PAGE_SIZE, 0, 0,
                                NULL_CAP, SPAWN_ERR_NO_DOMAIN));
    forget(CLIENT);
    CU_ASSERT_TRUE(told(CLIENT));
    forget(OTHER);
    service_run();
    CU_ASSERT_EQUAL(service_reclaim_steps(), 2 * RANGES - 2 * STEPS_EACH_EVENT);
    CU_ASSERT(service_message(TELLS, words) == 2 && words[0] == MEM_SERV_FORGOTTEN);
    domainid_t first = (domainid_t)words[1];
    CU_ASSERT_TRUE(told(first == CLIENT ? OTHER : CLIENT));
    finish();
}

/// One range that takes many steps.
static void test_large(void)
{
    begin();
    (void)service_take(CLIENT, (KERNEL_LARGE_BYTES + BASE_PAGE_SIZE - 1) / BASE_PAGE_SIZE);
    struct capref root = kernel_make_large(service_base());
    (void)service_reclaim_steps();
    forget(CLIENT);
    CU_ASSERT_TRUE(untold());
    service_run();
    CU_ASSERT_TRUE(told(CLIENT));
    CU_ASSERT(service_reclaim_steps() > STEPS_EACH_EVENT && kernel_slot_is_empty(root));
    (void)slot_free(root);
    finish();
}

/// Newest ranges first.
static void test_order(void)
{
    enum { RANGES = 12 };
    struct capref caps[RANGES];
    begin();
    for (unsigned i = 0; i < RANGES; i++)
        caps[i] = service_take(CLIENT, 1);
    forget(CLIENT);
    for (unsigned i = 0; i < RANGES; i++)
        CU_ASSERT_EQUAL(kernel_slot_is_empty(caps[i]), i >= RANGES - STEPS_EACH_EVENT);
    service_run();
    CU_ASSERT_TRUE(told(CLIENT));
    finish();
}

static uint64_t ownerless_bytes(void)
{
    service_ask(CLIENT, MEM_SERV_ACCOUNT, 0, 0, 0, 0, NULL_CAP);
    CU_ASSERT_TRUE(service_answer(CLIENT, words));
    return words[1];
}

/// What other cores may hold: all of a range, or an object in it.
static void test_remote(void)
{
    begin();
    gensize_t before = pieces_free_bytes();
    struct capref whole = service_take(CLIENT, 2), ram = service_take(CLIENT, 4);
    struct capref frame = kernel_client_slot(KERNEL_CLIENT_SLOTS - 1);
    CU_ASSERT_EQUAL(cap_retype(frame, ram, BASE_PAGE_SIZE, ObjType_Frame, BASE_PAGE_SIZE, 1),
                    SYS_ERR_OK);
    service_set_remote(whole, true);
    service_set_remote(frame, true);
    (void)service_take(CLIENT, 1);
    forget(CLIENT);
    service_run();
    CU_ASSERT_TRUE(told(CLIENT));
    CU_ASSERT(!kernel_slot_is_empty(whole) && !kernel_slot_is_empty(frame));
    CU_ASSERT_TRUE(kernel_slot_is_empty(ram));
    CU_ASSERT_EQUAL(ownerless_bytes(), 3 * BASE_PAGE_SIZE);
    CU_ASSERT_EQUAL(pieces_free_bytes(), before - 3 * BASE_PAGE_SIZE);
    service_set_remote(frame, false);
    service_drop(frame);
    CU_ASSERT_EQUAL(ownerless_bytes(), 2 * BASE_PAGE_SIZE);
    service_set_remote(whole, false);
    service_drop(whole);
    CU_ASSERT(ownerless_bytes() == 0 && pieces_free_bytes() == before);
    finish();
}

/// More has come back than there is room for: nothing can be taken before that has been received.
static void test_busy(void)
{
    enum { PAGES = 600 };
    static struct capref caps[PAGES];
    begin();
    gensize_t before = pieces_free_bytes();
    for (unsigned i = 0; i < PAGES; i++)
        caps[i] = service_take(CLIENT, 1);
    for (unsigned i = 0; i < PAGES; i += 2)
        CU_ASSERT_EQUAL(cap_delete(caps[i]), SYS_ERR_OK);
    forget(CLIENT);
    service_run();
    CU_ASSERT_TRUE(told(CLIENT));
    kernel_idle();
    service_hear();
    CU_ASSERT_EQUAL(pieces_free_bytes(), before);
    finish();
}

/// What was taken and cannot be put among the free ranges is tried again when something comes back,
/// not at once and for ever.
static void test_covered(void)
{
    begin();
    gensize_t before = pieces_free_bytes();
    (void)service_take(CLIENT, 1);
    struct capref other = service_take(OTHER, 1);
    kernel_fail_slots_after(0);
    forget(CLIENT);
    CU_ASSERT_FALSE(service_dispatch());
    CU_ASSERT(untold() && pieces_free_bytes() == before - 2 * BASE_PAGE_SIZE);
    (void)service_reclaim_steps();
    service_drop(other);
    service_run();
    CU_ASSERT_TRUE(told(CLIENT));
    CU_ASSERT_EQUAL(service_reclaim_steps(), 0);
    CU_ASSERT_EQUAL(pieces_free_bytes(), before);
    finish();
}

/// A page of information that lies in the memory of who ends is no longer written.
static void test_info(void)
{
    begin();
    struct capref ram = service_take(CLIENT, 1), rest = service_take(SPAWND, 1);
    (void)rest;
    CU_ASSERT_TRUE(
        service_errs(SPAWND, MEM_SERV_INFO, OTHER, 0, 0, 0, service_page(ram), SYS_ERR_OK));
    CU_ASSERT_EQUAL(service_mapped(), 1);
    forget(CLIENT);
    service_run();
    CU_ASSERT_EQUAL(service_mapped(), 0);
    CU_ASSERT_TRUE(told(CLIENT));
    service_drop(rest);
    finish();
}

TEST_SUITE("ends") = {
    {"nothing to take", test_unknown},
    {"all", test_all},
    {"portions", test_portions},
    {"a large range", test_large},
    {"order", test_order},
    {"other cores", test_remote},
    {"much that comes back", test_busy},
    {"what cannot be put", test_covered},
    {"information", test_info},
};
