// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Requests to the memory server: who may ask for what, what is counted, and what each error leaves.
#include "service.h"
#include "testlib/testlib.h"

#include "barrelfish/capabilities.h"
#include "barrelfish/slot_alloc.h"
#include "pieces.h"

#define OTHER 21u
#define CHILD 22u
#define ABSENT 99u
#define NO NULL_CAP

static uint64_t words[LMP_MSG_LENGTH];

static void begin(void)
{
    CU_ASSERT_TRUE_FATAL(service_start(0));
    CU_ASSERT_TRUE(service_errs(SPAWND, MEM_SERV_LIMIT, CLIENT, UINT64_MAX, 0, 0, NO, SYS_ERR_OK));
}

/// Domains end; the server is at rest again.
static void finish(void)
{
    const domainid_t domains[] = {CLIENT, OTHER, CHILD};
    for (unsigned i = 0; i < 3; i++) {
        service_ask(SPAWND, MEM_SERV_FORGET, domains[i], 0, 0, 0, NO);
        service_run();
    }
    service_end();
}

static bool account_is(domainid_t domain, uint64_t bytes, uint64_t pieces, uint64_t limit,
                       uint64_t counted)
{
    service_ask(CLIENT, MEM_SERV_ACCOUNT, domain, 0, 0, 0, NO);
    return service_answer(CLIENT, words) && words[0] == SYS_ERR_OK && words[1] == bytes &&
           words[2] == pieces && words[3] == limit && words[5] == counted;
}

static gensize_t free_bytes(void)
{
    service_ask(CLIENT, MEM_SERV_AVAILABLE, 0, 0, 0, 0, NO);
    CU_ASSERT(service_answer(CLIENT, words) && words[0] == SYS_ERR_OK);
    CU_ASSERT_EQUAL(words[2], SERVICE_BYTES);
    return words[1];
}

static void test_start(void)
{
    for (unsigned call = 1; call <= 4; call++) {
        CU_ASSERT_FALSE(service_start(call));
        kernel_stop();
    }
    CU_ASSERT_TRUE(service_start(5));
    // Every other page may come back by itself (M1), and the library needs some.
    CU_ASSERT_EQUAL(kernel_slots_kept(), SERVICE_BYTES / BASE_PAGE_SIZE / 2 + 2 * 256);
    CU_ASSERT(kernel_slots_used() + slot_free_count() >= kernel_slots_kept());
    CU_ASSERT(held_ranges_blocks(&held) >= SERVICE_BYTES / BASE_PAGE_SIZE / 2 + 256 + 8);
    service_end();
}

static void test_alloc(void)
{
    begin();
    gensize_t before = free_bytes();
    struct capability identity;
    struct capref cap = service_take(CLIENT, 3);
    CU_ASSERT_EQUAL(cap_identify(cap, &identity), SYS_ERR_OK);
    CU_ASSERT(identity.type == ObjType_RAM && identity.base == service_base() &&
              identity.bytes == 3 * BASE_PAGE_SIZE);
    CU_ASSERT_EQUAL(free_bytes(), before - 3 * BASE_PAGE_SIZE);
    CU_ASSERT(words[3] >= 1 && words[3] == pieces_free_ranges());
    CU_ASSERT_TRUE(account_is(CLIENT, 3 * BASE_PAGE_SIZE, 1, UINT64_MAX,
                              3 * BASE_PAGE_SIZE + ACCOUNT_PIECE_BYTES + ACCOUNT_RECORDS_BYTES));
    CU_ASSERT(words[4] == 3 * BASE_PAGE_SIZE && words[6] == 0);
    service_drop(cap);
    CU_ASSERT_EQUAL(free_bytes(), before);
    CU_ASSERT_TRUE(account_is(CLIENT, 0, 0, UINT64_MAX, ACCOUNT_RECORDS_BYTES));
    CU_ASSERT_EQUAL(words[4], 3 * BASE_PAGE_SIZE); // ever
    service_ask(CLIENT, MEM_SERV_ALLOC, 2 * BASE_PAGE_SIZE, 4 * BASE_PAGE_SIZE,
                KERNEL_MEMORY_BASE + 0x80000, KERNEL_MEMORY_BASE + 0x82000, NO);
    CU_ASSERT(service_answer(CLIENT, words) && words[1] == KERNEL_MEMORY_BASE + 0x80000);
    finish();
}

static void test_alloc_errors(void)
{
    begin();
    CU_ASSERT_TRUE(service_errs(CLIENT, MEM_SERV_ALLOC, 5, BASE_PAGE_SIZE, 0, 0, NO,
                                LIB_ERR_RAM_ALLOC_WRONG_SIZE));
    CU_ASSERT_TRUE(service_errs(CLIENT, MEM_SERV_ALLOC, BASE_PAGE_SIZE, BASE_PAGE_SIZE, 0,
                                BASE_PAGE_SIZE, NO, LIB_ERR_RAM_ALLOC));
    CU_ASSERT_TRUE(service_errs(ABSENT, MEM_SERV_ALLOC, BASE_PAGE_SIZE, BASE_PAGE_SIZE, 0, 0, NO,
                                SPAWN_ERR_NO_DOMAIN));
    CU_ASSERT_TRUE(
        service_errs(CLIENT, MEM_SERV_ACCOUNT, ABSENT, 0, 0, 0, NO, SPAWN_ERR_NO_DOMAIN));
    // A domain of the trusted base has an account as soon as it asks.
    struct capref cap = service_take(DOMAIN_DYNAMIC - 1, 1);
    CU_ASSERT_TRUE(account_is(DOMAIN_DYNAMIC - 1, BASE_PAGE_SIZE, 1, UINT64_MAX,
                              BASE_PAGE_SIZE + ACCOUNT_PIECE_BYTES));
    service_drop(cap);
    CU_ASSERT_TRUE(service_errs(DOMAIN_DYNAMIC, MEM_SERV_ALLOC, BASE_PAGE_SIZE, BASE_PAGE_SIZE, 0,
                                0, NO, SPAWN_ERR_NO_DOMAIN));
    CU_ASSERT_TRUE(account_is(0, 0, 0, UINT64_MAX, 0)); // nobody's
    finish();
}

/// What the client does not get comes back.
static void test_lost_reply(void)
{
    begin();
    gensize_t before = free_bytes();
    unsigned slots = kernel_slots_used();
    service_lose_replies(true);
    service_ask(CLIENT, MEM_SERV_ALLOC, BASE_PAGE_SIZE, BASE_PAGE_SIZE, 0, 0, NO);
    CU_ASSERT_FALSE(service_answer(CLIENT, words));
    CU_ASSERT(free_bytes() == before && kernel_slots_used() == slots);
    kernel_fail_after(2); // Two cuts are made; then it cannot be put back.
    kernel_refuse_merging(true);
    service_ask(CLIENT, MEM_SERV_ALLOC, BASE_PAGE_SIZE, BASE_PAGE_SIZE, 0, 0, NO);
    kernel_fail_after(-1);
    kernel_refuse_merging(false);
    service_hear(); // It was deleted.
    CU_ASSERT(free_bytes() == before && kernel_slots_used() == slots);
    CU_ASSERT_TRUE(account_is(CLIENT, 0, 0, UINT64_MAX, ACCOUNT_RECORDS_BYTES));
    service_lose_replies(false);
    finish();
}

static void test_limit(void)
{
    begin();
    uint64_t fits = ACCOUNT_RECORDS_BYTES + BASE_PAGE_SIZE + ACCOUNT_PIECE_BYTES;
    CU_ASSERT_TRUE(service_errs(CLIENT, MEM_SERV_LIMIT, 0, fits + 1, 0, 0, NO, SYS_ERR_OK));
    CU_ASSERT_TRUE(service_errs(CLIENT, MEM_SERV_LIMIT, CLIENT, fits, 0, 0, NO, SYS_ERR_OK));
    CU_ASSERT_TRUE(service_errs(CLIENT, MEM_SERV_LIMIT, 0, fits, 0, 0, NO, SYS_ERR_OK));
    CU_ASSERT_TRUE(service_errs(CLIENT, MEM_SERV_LIMIT, 0, fits + 1, 0, 0, NO, SYS_ERR_RIGHTS));
    CU_ASSERT_TRUE(service_errs(CLIENT, MEM_SERV_LIMIT, OTHER, 1, 0, 0, NO, SYS_ERR_RIGHTS));
    CU_ASSERT_TRUE(service_errs(ABSENT, MEM_SERV_LIMIT, 0, 1, 0, 0, NO, SPAWN_ERR_NO_DOMAIN));
    CU_ASSERT_TRUE(account_is(CLIENT, 0, 0, fits, ACCOUNT_RECORDS_BYTES));
    CU_ASSERT_EQUAL(words[6], 1);
    struct capref cap = service_take(CLIENT, 1);
    CU_ASSERT_TRUE(service_errs(CLIENT, MEM_SERV_ALLOC, BASE_PAGE_SIZE, BASE_PAGE_SIZE, 0, 0, NO,
                                LIB_ERR_RAM_ALLOC_LIMIT));
    CU_ASSERT_TRUE(service_errs(CLIENT, MEM_SERV_LIMIT, 0, 1, 0, 0, NO, SYS_ERR_OK));
    CU_ASSERT_TRUE(service_errs(SPAWND, MEM_SERV_LIMIT, CLIENT, fits * 2, 0, 0, NO, SYS_ERR_OK));
    service_drop(cap);
    finish();
}

/// Each of the trusted base may open accounts, and nobody else.
static void test_trusted(void)
{
    const domainid_t trusted[] = {DOMAIN_FIRST, DOMAIN_MONITOR, DOMAIN_SPAWND,
                                  5 << 16 | DOMAIN_SPAWND};
    const domainid_t others[] = {DOMAIN_MEM_SERV, DOMAIN_OPERATOR, CLIENT,
                                 DOMAIN_SPAWND << 16 | CLIENT};
    begin();
    for (unsigned i = 0; i < 4; i++) {
        CU_ASSERT_TRUE(
            service_errs(trusted[i], MEM_SERV_LIMIT, OTHER, 1u << 20, 0, 0, NO, SYS_ERR_OK));
        CU_ASSERT_TRUE(service_errs(others[i], MEM_SERV_LIMIT, OTHER, 1, 0, 0, NO, SYS_ERR_RIGHTS));
        CU_ASSERT_TRUE(service_errs(others[i], MEM_SERV_LEND, OTHER, 1, 0, 0, NO, SYS_ERR_RIGHTS));
        CU_ASSERT_TRUE(
            service_errs(others[i], MEM_SERV_UNLEND, OTHER, 0, 0, 0, NO, SYS_ERR_RIGHTS));
        CU_ASSERT_TRUE(
            service_errs(others[i], MEM_SERV_CHARGE, 0, 0, OTHER, 0, NO, SYS_ERR_RIGHTS));
        CU_ASSERT_TRUE(
            service_errs(others[i], MEM_SERV_FORGET, OTHER, 0, 0, 0, NO, SYS_ERR_RIGHTS));
        CU_ASSERT_TRUE(service_errs(others[i], MEM_SERV_INFO, OTHER, 0, 0, 0, service_endpoint(1),
                                    SYS_ERR_RIGHTS));
        CU_ASSERT_TRUE(service_errs(others[i], MEM_SERV_RECLAIM, OTHER, 1, 1, 0,
                                    service_endpoint(1), SYS_ERR_RIGHTS));
        CU_ASSERT_EQUAL(service_copies(1), 0);
    }
    finish();
}

static void test_payers(void)
{
    begin();
    CU_ASSERT_TRUE(service_errs(SPAWND, MEM_SERV_LIMIT, OTHER, UINT64_MAX, ABSENT, 0, NO,
                                SPAWN_ERR_NO_DOMAIN));
    CU_ASSERT_TRUE(
        service_errs(SPAWND, MEM_SERV_LIMIT, OTHER, UINT64_MAX, CLIENT, 0, NO, SYS_ERR_OK));
    CU_ASSERT_TRUE(account_is(CLIENT, 0, 0, UINT64_MAX, 2 * ACCOUNT_RECORDS_BYTES));
    CU_ASSERT_TRUE(
        service_errs(CLIENT, MEM_SERV_LIMIT, 0, 2 * ACCOUNT_RECORDS_BYTES, 0, 0, NO, SYS_ERR_OK));
    CU_ASSERT_TRUE(service_errs(SPAWND, MEM_SERV_LIMIT, CHILD, UINT64_MAX, OTHER, 0, NO,
                                LIB_ERR_RAM_ALLOC_LIMIT));
    CU_ASSERT_TRUE(account_is(OTHER, 0, 0, UINT64_MAX, ACCOUNT_RECORDS_BYTES));
    CU_ASSERT_EQUAL(words[6], 1); // by its payer's
    // One whose memory is still being taken back pays for nobody.
    CU_ASSERT_TRUE(service_errs(SPAWND, MEM_SERV_LIMIT, CLIENT, UINT64_MAX, 0, 0, NO, SYS_ERR_OK));
    for (unsigned i = 0; i < 20; i++)
        (void)service_take(OTHER, 1);
    CU_ASSERT_TRUE(service_errs(SPAWND, MEM_SERV_FORGET, OTHER, 0, 0, 0, NO, SYS_ERR_OK));
    CU_ASSERT_TRUE(
        service_errs(SPAWND, MEM_SERV_LIMIT, CHILD, UINT64_MAX, OTHER, 0, NO, SPAWN_ERR_NO_DOMAIN));
    CU_ASSERT_TRUE(service_errs(OTHER, MEM_SERV_ALLOC, BASE_PAGE_SIZE, BASE_PAGE_SIZE, 0, 0, NO,
                                SPAWN_ERR_NO_DOMAIN));
    CU_ASSERT_TRUE(service_errs(OTHER, MEM_SERV_REVOKE_EP, 0, 0, 0, 0, service_endpoint(2),
                                SPAWN_ERR_NO_DOMAIN));
    CU_ASSERT_EQUAL(service_copies(2), 0);
    service_run();
    finish();
}

static void test_lend(void)
{
    uint64_t limit = ACCOUNT_RECORDS_BYTES + 100;
    begin();
    service_ask(SPAWND, MEM_SERV_LEND, CLIENT, 60, 0, 0, NO);
    CU_ASSERT(service_answer(SPAWND, words) && words[0] == SYS_ERR_OK && words[1] == 0);
    CU_ASSERT_TRUE(service_errs(CLIENT, MEM_SERV_LIMIT, 0, limit, 0, 0, NO, SYS_ERR_OK));
    CU_ASSERT_TRUE(
        service_errs(SPAWND, MEM_SERV_LEND, CLIENT, 41, 0, 0, NO, LIB_ERR_RAM_ALLOC_LIMIT));
    service_ask(SPAWND, MEM_SERV_LEND, CLIENT, 40, 0, 0, NO);
    CU_ASSERT(service_answer(SPAWND, words) && words[0] == SYS_ERR_OK && words[1] == 1);
    CU_ASSERT_TRUE(account_is(CLIENT, 0, 0, limit, ACCOUNT_RECORDS_BYTES + 100));
    CU_ASSERT_TRUE(service_errs(SPAWND, MEM_SERV_LEND, ABSENT, 1, 0, 0, NO, SPAWN_ERR_NO_DOMAIN));
    CU_ASSERT_TRUE(service_errs(SPAWND, MEM_SERV_LEND, 0, 1, 0, 0, NO, SPAWN_ERR_NO_DOMAIN));
    CU_ASSERT_TRUE(service_errs(SPAWND, MEM_SERV_UNLEND, ABSENT, 1, 0, 0, NO, SPAWN_ERR_NO_DOMAIN));
    CU_ASSERT_TRUE(service_errs(SPAWND, MEM_SERV_UNLEND, 0, 0, 0, 0, NO, SPAWN_ERR_NO_DOMAIN));
    CU_ASSERT_TRUE(service_errs(SPAWND, MEM_SERV_UNLEND, CLIENT, 101, 0, 0, NO, SYS_ERR_ARGS));
    CU_ASSERT_TRUE(service_errs(SPAWND, MEM_SERV_UNLEND, CLIENT, 30, 0, 0, NO, SYS_ERR_OK));
    CU_ASSERT_TRUE(account_is(CLIENT, 0, 0, limit, ACCOUNT_RECORDS_BYTES + 70));
    service_ask(SPAWND, MEM_SERV_FORGET, CLIENT, 0, 0, 0, NO);
    (void)service_answer(SPAWND, words);
    service_run();
    CU_ASSERT_TRUE(service_errs(SPAWND, MEM_SERV_LEND, CLIENT, 1, 0, 0, NO, SPAWN_ERR_NO_DOMAIN));
    CU_ASSERT_TRUE(service_errs(SPAWND, MEM_SERV_UNLEND, CLIENT, 70, 0, 0, NO, SYS_ERR_OK));
    CU_ASSERT_TRUE(service_errs(SPAWND, MEM_SERV_UNLEND, CLIENT, 0, 0, 0, NO, SPAWN_ERR_NO_DOMAIN));
    finish();
}

static void test_charge(void)
{
    begin();
    struct capref first = service_take(SPAWND, 2);
    genpaddr_t base = service_base();
    uint64_t fits = ACCOUNT_RECORDS_BYTES + 2 * BASE_PAGE_SIZE + ACCOUNT_PIECE_BYTES;
    CU_ASSERT_TRUE(
        service_errs(SPAWND, MEM_SERV_CHARGE, base, BASE_PAGE_SIZE, CLIENT, 0, NO, SYS_ERR_ARGS));
    CU_ASSERT_TRUE(service_errs(DOMAIN_FIRST, MEM_SERV_CHARGE, base, 2 * BASE_PAGE_SIZE, CLIENT, 0,
                                NO, SYS_ERR_ARGS)); // another's
    CU_ASSERT_TRUE(service_errs(SPAWND, MEM_SERV_CHARGE, base, 2 * BASE_PAGE_SIZE, 0, 0, NO,
                                SPAWN_ERR_NO_DOMAIN));
    CU_ASSERT_TRUE(service_errs(SPAWND, MEM_SERV_CHARGE, base, UINT64_MAX - 50, CLIENT, 0, NO,
                                LIB_ERR_RAM_ALLOC_LIMIT));
    CU_ASSERT_TRUE(service_errs(SPAWND, MEM_SERV_LIMIT, CLIENT, fits - 1, 0, 0, NO, SYS_ERR_OK));
    CU_ASSERT_TRUE(service_errs(SPAWND, MEM_SERV_CHARGE, base, 2 * BASE_PAGE_SIZE, CLIENT, 0, NO,
                                LIB_ERR_RAM_ALLOC_LIMIT));
    CU_ASSERT_TRUE(service_errs(SPAWND, MEM_SERV_LIMIT, CLIENT, fits, 0, 0, NO, SYS_ERR_OK));
    CU_ASSERT_TRUE(
        service_errs(SPAWND, MEM_SERV_CHARGE, base, 2 * BASE_PAGE_SIZE, CLIENT, 0, NO, SYS_ERR_OK));
    CU_ASSERT_TRUE(account_is(CLIENT, 2 * BASE_PAGE_SIZE, 1, fits, fits));
    CU_ASSERT_TRUE(account_is(SPAWND, 0, 0, UINT64_MAX, 0));
    CU_ASSERT_TRUE(service_errs(SPAWND, MEM_SERV_LIMIT, CLIENT, UINT64_MAX, 0, 0, NO, SYS_ERR_OK));
    struct capref second = service_take(SPAWND, 1); // for one that is not there yet
    CU_ASSERT_TRUE(service_errs(SPAWND, MEM_SERV_CHARGE, service_base(), BASE_PAGE_SIZE, OTHER,
                                CLIENT, NO, SYS_ERR_OK));
    CU_ASSERT_TRUE(account_is(CLIENT, 2 * BASE_PAGE_SIZE, 1, UINT64_MAX,
                              fits + ACCOUNT_RECORDS_BYTES + BASE_PAGE_SIZE + ACCOUNT_PIECE_BYTES));
    service_drop(first);
    service_drop(second);
    finish();
}

/// Pages of information tell what an account holds, and what is free.
static void test_info(void)
{
    begin();
    struct capref ram = service_take(SPAWND, 1);
    genpaddr_t page = service_base();
    struct capref large = service_take(SPAWND, 2);
    CU_ASSERT_TRUE(service_errs(SPAWND, MEM_SERV_INFO, CLIENT, 0, 0, 0, NO, LIB_ERR_INVALID_ARGS));
    CU_ASSERT_TRUE(
        service_errs(SPAWND, MEM_SERV_INFO, 0, 0, 0, 0, service_page(ram), SPAWN_ERR_NO_DOMAIN));
    CU_ASSERT_TRUE(service_errs(SPAWND, MEM_SERV_INFO, CLIENT, 0, 0, 0, service_page(large),
                                LIB_ERR_INVALID_ARGS));
    CU_ASSERT_TRUE(service_errs(SPAWND, MEM_SERV_INFO, CLIENT, 0, 0, 0, service_endpoint(0),
                                SYS_ERR_CAP_TYPE));
    service_fail_mapping(true);
    CU_ASSERT_TRUE(
        service_errs(SPAWND, MEM_SERV_INFO, CLIENT, 0, 0, 0, service_page(ram), LIB_ERR_PMAP));
    service_fail_mapping(false);
    unsigned slots = kernel_slots_used();
    CU_ASSERT_TRUE(
        service_errs(SPAWND, MEM_SERV_INFO, CLIENT, 0, 0, 0, service_page(ram), SYS_ERR_OK));
    CU_ASSERT(service_mapped() == 1 && kernel_slots_used() == slots + 1);
    const struct info_memory *info = service_info(page);
    CU_ASSERT(info->total_bytes == SERVICE_BYTES && info->limit == 0 && info->bytes == 0);
    struct capref cap = service_take(CLIENT, 3);
    CU_ASSERT(info->bytes == 3 * BASE_PAGE_SIZE && info->pieces == 1);
    CU_ASSERT_EQUAL(info->free_bytes, free_bytes());
    CU_ASSERT_TRUE(service_errs(CLIENT, MEM_SERV_LIMIT, 0, 1u << 20, 0, 0, NO, SYS_ERR_OK));
    CU_ASSERT_EQUAL(info->limit, 1u << 20);
    service_drop(cap);
    CU_ASSERT(info->bytes == 0 && info->free_bytes == free_bytes());
    CU_ASSERT_TRUE(service_errs(SPAWND, MEM_SERV_INFO, CLIENT, 0, 0, 0, service_page(large),
                                LIB_ERR_INVALID_ARGS));
    service_ask(SPAWND, MEM_SERV_FORGET, CLIENT, 0, 0, 0, NO);
    (void)service_answer(SPAWND, words);
    service_run();
    CU_ASSERT_EQUAL(service_mapped(), 0);
    service_drop(ram);
    service_drop(large);
    finish();
}

static void test_endpoints(void)
{
    begin();
    CU_ASSERT_TRUE(
        service_errs(CLIENT, MEM_SERV_REVOKE_EP, 0, 0, 0, 0, service_endpoint(1), SYS_ERR_OK));
    CU_ASSERT_EQUAL(service_copies(1), 1);
    struct capref ram = service_take(SPAWND, 1);
    CU_ASSERT_TRUE(
        service_errs(CLIENT, MEM_SERV_REVOKE_EP, 0, 0, 0, 0, service_page(ram), SYS_ERR_CAP_TYPE));
    CU_ASSERT_EQUAL(service_copies(1), 1);
    CU_ASSERT_TRUE(
        service_errs(CLIENT, MEM_SERV_REVOKE_EP, 0, 0, 0, 0, service_endpoint(2), SYS_ERR_OK));
    CU_ASSERT(service_copies(1) == 0 && service_copies(2) == 1);
    CU_ASSERT_TRUE(service_errs(CLIENT, MEM_SERV_REVOKE_EP, 0, 0, 0, 0, NO, SYS_ERR_OK));
    CU_ASSERT_EQUAL(service_copies(2), 0);
    CU_ASSERT_TRUE(service_errs(ABSENT, MEM_SERV_REVOKE_EP, 0, 0, 0, 0, service_endpoint(2),
                                SPAWN_ERR_NO_DOMAIN));
    CU_ASSERT_TRUE(service_errs(ABSENT, MEM_SERV_REVOKE_EP, 0, 0, 0, 0, NO, SPAWN_ERR_NO_DOMAIN));
    service_drop(ram);
    finish();
}

/// Capabilities that nobody asked for go; so do those that the CPU driver's messages have.
static void test_unknown(void)
{
    begin();
    CU_ASSERT_TRUE(service_errs(CLIENT, MEM_SERV_OPS_COUNT, 0, 0, 0, 0, service_endpoint(1),
                                LIB_ERR_NOT_IMPLEMENTED));
    CU_ASSERT_TRUE(service_errs(CLIENT, 0, 0, 0, 0, 0, NO, LIB_ERR_NOT_IMPLEMENTED));
    service_ask(CLIENT, MEM_SERV_AVAILABLE, 0, 0, 0, 0, service_endpoint(1));
    CU_ASSERT_TRUE(service_answer(CLIENT, words));
    service_ask(0, MEM_SERV_REVOKE_EP, 0, 0, 0, 0, service_endpoint(1));
    service_ask(0, MEM_SERV_RECLAIM, CLIENT, 1, 1, 0, service_endpoint(1));
    CU_ASSERT_EQUAL(service_copies(1), 0);
    finish();
}

TEST_SUITE("requests") = {
    {"start", test_start},
    {"memory", test_alloc},
    {"memory is refused", test_alloc_errors},
    {"lost replies", test_lost_reply},
    {"limits", test_limit},
    {"the trusted base", test_trusted},
    {"payers", test_payers},
    {"lent memory", test_lend},
    {"charged memory", test_charge},
    {"information", test_info},
    {"endpoints", test_endpoints},
    {"unknown requests", test_unknown},
};
