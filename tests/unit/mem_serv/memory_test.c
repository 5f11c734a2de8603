// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Memory that comes back page by page, every other page first, when all memory is handed out: that
// is the most that there can be to note, and there is no memory to note it in but what was set
// aside (M1). The server's slots and tables grow out of the same memory.
#include "kernel.h"
#include "testlib/testlib.h"

#include "barrelfish/capabilities.h"
#include "barrelfish/slot_alloc.h"
#include "grow.h"
#include "mem_serv.h"
#include "pieces.h"

enum { CLIENT = 20, PIECES_MAX = 4096, FIRST_SLOTS = 512 };
#define PAGES (KERNEL_MEMORY_BYTES / BASE_PAGE_SIZE)

static struct account *client;
static struct capref pages[PAGES]; // the client's frames, by their number in memory, or NULL_CAP
static unsigned client_slots;

static void begin(void)
{
    kernel_start();
    struct capref ram = kernel_make_ram(KERNEL_MEMORY_BASE, KERNEL_MEMORY_BYTES);
    kernel_give_regions(&ram, 1);
    kernel_grow_by_server(FIRST_SLOTS);
    CU_ASSERT_EQUAL_FATAL(memory_init(), SYS_ERR_OK);
    CU_ASSERT_EQUAL_FATAL(accounts_open(&accounts, CLIENT, NULL, &client), SYS_ERR_OK);
    client_slots = 0;
    for (unsigned i = 0; i < PAGES; i++)
        pages[i] = NULL_CAP;
}

/// The client makes a frame of each page.
static void make_pages(struct capref ram, genpaddr_t base, gensize_t bytes)
{
    for (gensize_t at = 0; at < bytes; at += BASE_PAGE_SIZE) {
        struct capref frame = kernel_client_slot(client_slots++);
        CU_ASSERT_EQUAL_FATAL(cap_retype(frame, ram, at, ObjType_Frame, BASE_PAGE_SIZE, 1),
                              SYS_ERR_OK);
        pages[(base + at - KERNEL_MEMORY_BASE) / BASE_PAGE_SIZE] = frame;
    }
    CU_ASSERT_EQUAL(cap_destroy(ram), SYS_ERR_OK); // as when it is sent to the client
}

/// Takes all that there is, in pieces of up to so many pages.
static void take_all(struct test_random *random, unsigned most)
{
    for (unsigned limit = most; limit > 0;) {
        struct capref ram;
        genpaddr_t base;
        struct free_request request = {
            .bytes = (1 + test_random_below(random, limit)) * BASE_PAGE_SIZE,
            .alignment = BASE_PAGE_SIZE,
        };
        errval_t err = memory_take(client, &request, &ram, &base);
        if (err_is_ok(err)) {
            make_pages(ram, base, request.bytes);
        } else {
            CU_ASSERT_EQUAL(err_no(err), LIB_ERR_RAM_ALLOC);
            limit /= 2;
        }
        memory_refill();
    }
}

static void expect_nothing_waits(void)
{
    for (unsigned i = 0; i < KERNEL_RETURNS; i++)
        CU_ASSERT_TRUE_FATAL(kernel_slot_is_empty(kernel_returned(i)));
}

/// Gives pages back from the first one on, in steps.
static void give(unsigned first, unsigned step)
{
    for (unsigned i = first; i < PAGES; i += step) {
        if (!capref_is_null(pages[i])) {
            CU_ASSERT_EQUAL(cap_delete(pages[i]), SYS_ERR_OK);
            pages[i] = NULL_CAP;
            memory_drain();
            expect_nothing_waits();
        }
    }
}

static unsigned count_waiting(void)
{
    unsigned waiting = 0;
    for (unsigned i = 0; i < KERNEL_RETURNS; i++)
        waiting += !kernel_slot_is_empty(kernel_returned(i));
    return waiting;
}

/// So many in a row cannot be taken when they come back. They keep nothing else, and are taken when
/// their turn comes again: with as many as the CPU driver passes over the first ones are waited
/// for.
static void leave(unsigned row)
{
    enum { LEFT = 100, GIVEN = LEFT + 2 * KERNEL_RETURNS };
    struct test_random random;
    test_random_init(&random, 53);
    begin();
    take_all(&random, 1);
    kernel_refuse_merging(true);
    unsigned page = 0;
    for (unsigned given = 0; page < PAGES && given < GIVEN; page++) {
        if (capref_is_null(pages[page]))
            continue;
        bool fails = given >= LEFT && given < LEFT + row;
        kernel_fail_slots_after(fails ? 0 : -1); // it is tried twice
        kernel_fail_after(fails ? 0 : -1);
        CU_ASSERT_EQUAL(cap_delete(pages[page]), SYS_ERR_OK);
        pages[page] = NULL_CAP;
        memory_drain();
        kernel_idle();
        memory_drain();
        given++;
        unsigned left = given <= LEFT ? 0 : given - LEFT < row ? given - LEFT : row;
        if (given < LEFT + KERNEL_RETURNS)
            CU_ASSERT_EQUAL(count_waiting(), left);
        if (given > LEFT + KERNEL_RETURNS + (row < KERNEL_RETURNS_LOOK ? 0 : row))
            CU_ASSERT_EQUAL(count_waiting(), 0);
    }
    kernel_refuse_merging(false);
    give(page, 1);
    CU_ASSERT(client->bytes == 0 && client->counted == ACCOUNT_RECORDS_BYTES);
    CU_ASSERT_TRUE(kernel_valid());
    kernel_stop();
}

static void test_left(void)
{
    leave(1);
    leave(7);
    leave(8);
    leave(20);
}

/// A piece that fails for a moment is tried once more at once.
static void test_tried_again(void)
{
    struct test_random random;
    test_random_init(&random, 54);
    begin();
    take_all(&random, 1);
    for (unsigned i = 0; i < PAGES; i++) {
        kernel_fail_slots_after(i % 3 == 0 ? 0 : -1);
        if (!capref_is_null(pages[i])) {
            CU_ASSERT_EQUAL(cap_delete(pages[i]), SYS_ERR_OK);
            pages[i] = NULL_CAP;
            memory_drain();
            expect_nothing_waits();
        }
    }
    CU_ASSERT(client->bytes == 0 && client->counted == ACCOUNT_RECORDS_BYTES);
    kernel_stop();
}

/// Tables grow out of what there is, however small its parts, and by no more than they need.
static void test_small_parts(void)
{
    enum { BLOCK = 64, BLOCKS = 100 * BASE_PAGE_SIZE / BLOCK };
    static const size_t parts[] = {SIZE_MAX, 7 * BASE_PAGE_SIZE, BASE_PAGE_SIZE};
    kernel_start();
    for (unsigned i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        struct slab_allocator slab;
        slab_init(&slab, BLOCK, NULL);
        kernel_grow_at_most(parts[i]);
        CU_ASSERT_TRUE(memory_grow_slab(&slab, BLOCKS));
        CU_ASSERT(slab_freecount(&slab) >= BLOCKS && slab_freecount(&slab) < BLOCKS + BLOCKS / 10);
        kernel_grow_at_most(0);
        CU_ASSERT_TRUE(memory_grow_slab(&slab, BLOCKS));
        CU_ASSERT_FALSE(memory_grow_slab(&slab, 2 * BLOCKS));
    }
    kernel_stop();
}

static void run(unsigned most_pages)
{
    struct test_random random;
    test_random_init(&random, 51);
    begin();
    take_all(&random, most_pages);
    CU_ASSERT(client->bytes > KERNEL_MEMORY_BYTES * 8 / 10);
    CU_ASSERT(held_ranges_blocks(&held) >= (held.parts < PAGES / 2 ? held.parts : PAGES / 2)); // M1
    gensize_t own = held.bytes - client->bytes;
    give(0, 2);
    CU_ASSERT_EQUAL(held.bytes - client->bytes, own); // nothing more is set aside
    CU_ASSERT_TRUE(held_ranges_valid(&held, &accounts));
    give(1, 2);
    CU_ASSERT(client->bytes == 0 && client->counted == ACCOUNT_RECORDS_BYTES);
    CU_ASSERT_TRUE(held_ranges_valid(&held, &accounts));
    CU_ASSERT_TRUE(kernel_valid());
    CU_ASSERT_EQUAL(pieces_free_bytes() + held.bytes, KERNEL_MEMORY_BYTES);
    kernel_stop();
}

static void test_pages(void)
{
    run(1);
}

static void test_large_pieces(void)
{
    run(64);
    run(1024);
}

/// What is taken and comes back over and over needs no more the second time.
static void test_settles(void)
{
    struct test_random random;
    gensize_t own = 0;
    begin();
    for (unsigned round = 0; round < 3; round++) {
        test_random_init(&random, 52);
        take_all(&random, 16);
        give(0, 3);
        give(0, 1);
        client_slots = 0;
        CU_ASSERT(round < 2 || held.bytes == own);
        own = held.bytes;
    }
    kernel_stop();
}

TEST_SUITE("memory") = {
    {"every other page of pages", test_pages},
    {"every other page of large pieces", test_large_pieces},
    {"settles", test_settles},
    {"what cannot be taken", test_left},
    {"what is tried again", test_tried_again},
    {"tables out of small parts", test_small_parts},
};
