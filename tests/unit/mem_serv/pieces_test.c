// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Cutting and merging on the real capability code: no byte is lost or handed out twice, whatever
// comes back in whatever order, and when all has come back everything is one piece again.
#include "kernel.h"
#include "testlib/testlib.h"

#include "barrelfish/capabilities.h"
#include "barrelfish/slot_alloc.h"
#include "pieces.h"

enum { HELD_MAX = 100, ROUNDS = 4000 };
#define PAGES (KERNEL_MEMORY_BYTES / BASE_PAGE_SIZE)

static struct {
    struct capref cap;
    genpaddr_t base;
    gensize_t bytes;
} held[HELD_MAX];
static unsigned held_count;
static gensize_t held_bytes;
static bool page_held[PAGES];

static void begin(void)
{
    kernel_start();
    pieces_init();
    held_count = 0;
    held_bytes = 0;
    for (unsigned i = 0; i < PAGES; i++)
        page_held[i] = false;
}

static void put_all_memory(unsigned regions)
{
    for (unsigned i = 0; i < regions; i++) {
        gensize_t bytes = KERNEL_MEMORY_BYTES / regions, got = 0;
        genpaddr_t base = 0;
        struct capref ram = kernel_make_ram(KERNEL_MEMORY_BASE + i * bytes, bytes);
        CU_ASSERT(err_is_ok(pieces_put(ram, &base, &got)));
        CU_ASSERT(base == KERNEL_MEMORY_BASE + i * bytes && got == bytes);
        CU_ASSERT(kernel_slot_is_empty(ram));
        (void)slot_free(ram);
    }
    CU_ASSERT_EQUAL(pieces_free_bytes(), KERNEL_MEMORY_BYTES);
}

static void mark(genpaddr_t base, gensize_t bytes, bool value)
{
    for (uint64_t page = 0; page < bytes / BASE_PAGE_SIZE; page++) {
        bool *at = &page_held[(base - KERNEL_MEMORY_BASE) / BASE_PAGE_SIZE + page];
        CU_ASSERT_NOT_EQUAL(*at, value);
        *at = value;
    }
}

static void take_one(struct test_random *random)
{
    struct free_request request = {
        .bytes = (1 + test_random_below(random, 40)) * BASE_PAGE_SIZE,
        .alignment = BASE_PAGE_SIZE << test_random_below(random, 6),
    };
    if (test_random_below(random, 4) == 0) {
        request.minbase = KERNEL_MEMORY_BASE + test_random_below(random, KERNEL_MEMORY_BYTES);
        request.limit = request.minbase + test_random_below(random, 64) * BASE_PAGE_SIZE + 1;
    }
    struct capref cap;
    genpaddr_t base;
    struct capability identity;
    if (held_count == HELD_MAX || err_is_fail(pieces_take(&request, &cap, &base)))
        return;
    CU_ASSERT(err_is_ok(cap_identify(cap, &identity)));
    CU_ASSERT(identity.type == ObjType_RAM && identity.base == base &&
              identity.bytes == request.bytes);
    CU_ASSERT(base % request.alignment == 0 && base >= request.minbase);
    CU_ASSERT(request.limit == 0 || base + request.bytes <= request.limit);
    mark(base, request.bytes, true);
    held[held_count].cap = cap;
    held[held_count].base = base;
    held[held_count++].bytes = request.bytes;
    held_bytes += request.bytes;
}

static void drain(void)
{
    for (unsigned i = 0; i < KERNEL_RETURNS; i++) {
        genpaddr_t base;
        gensize_t bytes;
        errval_t err = pieces_put(kernel_returned(i), &base, &bytes);
        CU_ASSERT(err_is_ok(err) || err_no(err) == SYS_ERR_CAP_NOT_FOUND);
    }
    CU_ASSERT_TRUE(pieces_reserve(HELD_MAX));
}

/// The holder makes a frame of its RAM, or two, or nothing, and deletes all of it.
static void drop_one(struct test_random *random)
{
    unsigned i = (unsigned)test_random_below(random, held_count);
    struct capref frames[2];
    gensize_t bytes = held[i].bytes;
    gensize_t parts[2] = {bytes, 0};
    if (bytes > BASE_PAGE_SIZE && test_random_below(random, 2) == 0) {
        parts[0] = BASE_PAGE_SIZE;
        parts[1] = bytes - BASE_PAGE_SIZE;
    }
    bool use = test_random_below(random, 2) == 0;
    for (unsigned k = 0; k < 2; k++) {
        CU_ASSERT(err_is_ok(slot_alloc(&frames[k])));
        if (use && parts[k] != 0) {
            CU_ASSERT(err_is_ok(cap_retype(frames[k], held[i].cap, k == 0 ? 0 : parts[0],
                                           ObjType_Frame, parts[k], 1)));
        }
    }
    CU_ASSERT(err_is_ok(cap_delete(held[i].cap)));
    for (unsigned k = 0; k < 2; k++) {
        if (!kernel_slot_is_empty(frames[k]))
            CU_ASSERT(err_is_ok(cap_delete(frames[k])));
        (void)slot_free(frames[k]);
    }
    (void)slot_free(held[i].cap);
    mark(held[i].base, bytes, false);
    held_bytes -= bytes;
    held[i] = held[--held_count];
    if (test_random_below(random, 3) == 0) {
        drain();
        CU_ASSERT_EQUAL(pieces_free_bytes() + held_bytes, KERNEL_MEMORY_BYTES);
    }
}

static void finish(struct test_random *random)
{
    while (held_count > 0)
        drop_one(random);
    drain();
    CU_ASSERT_EQUAL(pieces_free_bytes(), KERNEL_MEMORY_BYTES);
    CU_ASSERT_TRUE(kernel_valid());
}

static void run(uint64_t seed, unsigned regions)
{
    struct test_random random;
    test_random_init(&random, seed);
    begin();
    put_all_memory(regions);
    for (int i = 0; i < ROUNDS; i++)
        if (held_count > 0 && test_random_below(&random, 2) == 0)
            drop_one(&random);
        else
            take_one(&random);
    finish(&random);
}

static void take_everything(void)
{
    struct free_request all = {.bytes = KERNEL_MEMORY_BYTES, .alignment = BASE_PAGE_SIZE};
    struct capref cap;
    genpaddr_t base;
    CU_ASSERT(err_is_ok(pieces_take(&all, &cap, &base)));
    CU_ASSERT_EQUAL(pieces_free_bytes(), 0);
    CU_ASSERT_EQUAL(kernel_slots_used(), 1);
    CU_ASSERT_EQUAL(err_no(pieces_take(&all, &cap, &base)), LIB_ERR_RAM_ALLOC);
}

static void test_random_pieces(void)
{
    run(11, 1);
    take_everything();
    kernel_stop();
    run(12, 8);
    take_everything();
    kernel_stop();
}

static void test_no_merging(void)
{
    struct test_random random;
    test_random_init(&random, 13);
    begin();
    kernel_refuse_merging(true);
    put_all_memory(2);
    for (int i = 0; i < 60; i++)
        take_one(&random);
    finish(&random);
    kernel_stop();
}

/// Every call that can fail fails once; nothing may be lost by it.
static void test_failures(void)
{
    struct free_request request = {.bytes = 3 * BASE_PAGE_SIZE,
                                   .alignment = BASE_PAGE_SIZE,
                                   .minbase = KERNEL_MEMORY_BASE + 5 * BASE_PAGE_SIZE};
    begin();
    put_all_memory(1);
    unsigned slots = kernel_slots_used();
    for (int calls = 0; calls < 3; calls++) {
        struct capref cap = NULL_CAP;
        genpaddr_t base;
        kernel_fail_after(calls);
        CU_ASSERT_EQUAL(err_no(pieces_take(&request, &cap, &base)), SYS_ERR_CAP_BUSY);
        CU_ASSERT_TRUE(capref_is_null(cap));
        CU_ASSERT_EQUAL(pieces_free_bytes(), KERNEL_MEMORY_BYTES);
        CU_ASSERT_EQUAL(kernel_slots_used(), slots);
        CU_ASSERT_TRUE(kernel_valid());
        CU_ASSERT_TRUE(kernel_slot_is_empty(kernel_returned(0)));
    }
    struct capref cap;
    genpaddr_t base;
    gensize_t bytes;
    kernel_fail_after(-1);
    CU_ASSERT(err_is_ok(pieces_take(&request, &cap, &base)));
    kernel_fail_after(0); // merging fails: the ranges stay apart
    CU_ASSERT(err_is_ok(pieces_put(cap, &base, &bytes)));
    (void)slot_free(cap);
    kernel_fail_after(-1);
    CU_ASSERT_EQUAL(pieces_free_bytes(), KERNEL_MEMORY_BYTES);
    CU_ASSERT_EQUAL(kernel_slots_used(), 3);
    kernel_stop();
}

/// There is no slot at each call that wants one, and then no block: the memory that was to come
/// back is still where it was, and comes back when there is one.
static void test_no_supplies(void)
{
    struct free_request request = {.bytes = BASE_PAGE_SIZE, .alignment = 2 * BASE_PAGE_SIZE};
    struct capref cap;
    genpaddr_t base;
    gensize_t bytes;
    begin();
    put_all_memory(1);
    for (int calls = 0; calls < 3; calls++) {
        kernel_fail_slots_after(calls);
        CU_ASSERT_EQUAL(err_no(pieces_take(&request, &cap, &base)), LIB_ERR_SLOT_ALLOC_NO_SPACE);
        CU_ASSERT_EQUAL(pieces_free_bytes(), KERNEL_MEMORY_BYTES);
    }
    kernel_fail_slots_after(-1);
    // Every other page, until the blocks of the free ranges between them are used up.
    unsigned count = 0;
    while (count < HELD_MAX && err_is_ok(pieces_take(&request, &held[count].cap, &base)))
        count++;
    CU_ASSERT(count > 16 && count < HELD_MAX);
    for (unsigned i = 0; i < count; i += 2) {
        gensize_t free_bytes = pieces_free_bytes();
        kernel_fail_slots_after(0);
        CU_ASSERT_EQUAL(err_no(pieces_put(held[i].cap, &base, &bytes)),
                        LIB_ERR_SLOT_ALLOC_NO_SPACE);
        CU_ASSERT(pieces_free_bytes() == free_bytes && !kernel_slot_is_empty(held[i].cap));
        kernel_fail_slots_after(-1);
        CU_ASSERT_TRUE(pieces_reserve(1));
        CU_ASSERT(err_is_ok(pieces_put(held[i].cap, &base, &bytes)));
        CU_ASSERT_EQUAL(pieces_free_bytes(), free_bytes + BASE_PAGE_SIZE);
    }
    CU_ASSERT_TRUE(kernel_valid());
    kernel_stop();
}

static void test_wrong_requests(void)
{
    struct capref cap;
    genpaddr_t base;
    const struct free_request wrong[] = {
        {.bytes = 0, .alignment = BASE_PAGE_SIZE},
        {.bytes = 1, .alignment = BASE_PAGE_SIZE},
        {.bytes = BASE_PAGE_SIZE, .alignment = 0},
        {.bytes = BASE_PAGE_SIZE, .alignment = 16},
        {.bytes = BASE_PAGE_SIZE, .alignment = 3 * BASE_PAGE_SIZE},
    };
    const struct free_request none[] = {
        {.bytes = -BASE_PAGE_SIZE, .alignment = BASE_PAGE_SIZE},
        {.bytes = BASE_PAGE_SIZE, .alignment = 1ull << 63},
        {.bytes = BASE_PAGE_SIZE, .alignment = BASE_PAGE_SIZE, .minbase = UINT64_MAX},
        {.bytes = BASE_PAGE_SIZE, .alignment = BASE_PAGE_SIZE, .limit = 1},
    };
    begin();
    put_all_memory(1);
    for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        CU_ASSERT_EQUAL(err_no(pieces_take(&wrong[i], &cap, &base)), LIB_ERR_RAM_ALLOC_WRONG_SIZE);
    for (unsigned i = 0; i < sizeof(none) / sizeof(none[0]); i++)
        CU_ASSERT_EQUAL(err_no(pieces_take(&none[i], &cap, &base)), LIB_ERR_RAM_ALLOC);
    CU_ASSERT_EQUAL(pieces_free_bytes(), KERNEL_MEMORY_BYTES);
    kernel_stop();
}

TEST_SUITE("pieces") = {
    {"random pieces", test_random_pieces},   {"without merging", test_no_merging},
    {"failing calls", test_failures},        {"no slot or block", test_no_supplies},
    {"wrong requests", test_wrong_requests},
};
