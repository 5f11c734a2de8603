// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What each kind of memory object shows, and what it costs.
#include "systest/systest.h"
#include "tests.h"

#include <string.h>

#include "barrelfish/vspace_common.h"

static bool all_are(const volatile uint8_t *at, size_t bytes, uint8_t value)
{
    for (size_t i = 0; i < bytes; i++)
        if (at[i] != value)
            return false;
    return true;
}

static uint64_t free_now(void)
{
    genpaddr_t available = 0, total;
    EXPECT_OK(ram_available(&available, &total));
    return available;
}

static void test_lazy(size_t chunk)
{
    void *at;
    struct memobj *memobj;
    struct memobj_page page;
    EXPECT_OK(
        vspace_map_lazy(&at, &memobj, NULL, TEST_BYTES - 100, chunk, VREGION_FLAGS_READ_WRITE));
    volatile uint8_t *bytes = at;
    EXPECT_ERR(memobj_page_get(memobj, 5 * BASE_PAGE_SIZE, false, &page), LIB_ERR_INVALID_ARGS);
    EXPECT(all_are(bytes + 5 * BASE_PAGE_SIZE, BASE_PAGE_SIZE, 0));
    EXPECT_OK(memobj_page_get(memobj, 5 * BASE_PAGE_SIZE, true, &page));
    EXPECT(page.accessed && !page.dirty);
    EXPECT_OK(memobj_page_get(memobj, 5 * BASE_PAGE_SIZE, false, &page));
    EXPECT(!page.accessed && !page.dirty);
    bytes[5 * BASE_PAGE_SIZE] = 7;
    EXPECT_OK(memobj_page_get(memobj, 5 * BASE_PAGE_SIZE, true, &page));
    EXPECT(page.accessed && page.dirty);
    EXPECT_OK(memobj_page_get(memobj, 5 * BASE_PAGE_SIZE, false, &page));
    EXPECT(!page.accessed && page.dirty); // that it was written is not forgotten
    memset(at, 3, TEST_BYTES);
    EXPECT(all_are(bytes, TEST_BYTES, 3));
    EXPECT_ERR(memobj_unfill(memobj, 0, &page), LIB_ERR_INVALID_ARGS);
    EXPECT_OK(vspace_unmap(at));
}

void test_taken(void)
{
    void *at;
    EXPECT_OK(vspace_map_lazy(&at, NULL, NULL, TEST_BYTES, 0, VREGION_FLAGS_READ_WRITE));
    uint64_t before = free_now();
    for (unsigned i = 0; i < 5; i++) {
        ((volatile uint8_t *)at)[i * 3 * BASE_PAGE_SIZE + i] = 1;
        ((volatile uint8_t *)at)[i * 3 * BASE_PAGE_SIZE + 100] = 1;
    }
    EXPECT(before - free_now() == 5 * BASE_PAGE_SIZE);
    EXPECT_OK(vspace_unmap(at));
}

/// Large pages on demand: one fault for 2 MiB.
static void test_lazy_large(void)
{
    void *at;
    struct memobj *memobj;
    struct memobj_page page;
    EXPECT_OK(vspace_map_lazy(&at, &memobj, NULL, 2 * LARGE_PAGE_SIZE, LARGE_PAGE_SIZE,
                              VREGION_FLAGS_READ_WRITE | VREGION_FLAGS_LARGE));
    EXPECT((uintptr_t)at % LARGE_PAGE_SIZE == 0);
    ((volatile uint8_t *)at)[LARGE_PAGE_SIZE + 12345] = 1;
    EXPECT_OK(memobj_page_get(memobj, LARGE_PAGE_SIZE, true, &page));
    EXPECT(page.accessed && page.dirty);
    EXPECT(((volatile uint8_t *)at)[2 * LARGE_PAGE_SIZE - 1] == 0);
    EXPECT_ERR(memobj_page_get(memobj, 0, false, &page), LIB_ERR_INVALID_ARGS);
    EXPECT_OK(vspace_unmap(at));
}

/// Eager large pages are as before.
static void test_large(void)
{
    void *at;
    EXPECT_OK(vspace_map_anon_attr(&at, NULL, NULL, LARGE_PAGE_SIZE, NULL,
                                   VREGION_FLAGS_READ_WRITE | VREGION_FLAGS_LARGE));
    memset(at, 9, LARGE_PAGE_SIZE);
    EXPECT(all_are(at, LARGE_PAGE_SIZE, 9));
    EXPECT_OK(vspace_unmap(at));
}

static void test_cow(void)
{
    struct capref frame;
    void *original, *view[2];
    EXPECT_OK(frame_alloc(&frame, TEST_BYTES, NULL));
    EXPECT_OK(vspace_map_one_frame(&original, TEST_BYTES, frame, NULL, NULL));
    memset(original, 1, TEST_BYTES);
    EXPECT_ERR(
        vspace_map_cow(&view[0], TEST_BYTES + 1, frame, VREGION_FLAGS_READ_WRITE, NULL, NULL),
        LIB_ERR_INVALID_ARGS);
    for (unsigned i = 0; i < 2; i++) {
        EXPECT_OK(
            vspace_map_cow(&view[i], TEST_BYTES, frame, VREGION_FLAGS_READ_WRITE, NULL, NULL));
    }
    uint64_t before = free_now();
    volatile uint8_t *first = view[0], *second = view[1];
    EXPECT(all_are(first, TEST_BYTES, 1) && all_are(second, TEST_BYTES, 1));
    EXPECT(before - free_now() < BASE_PAGE_SIZE * PAGES); // reading copies nothing
    first[3 * BASE_PAGE_SIZE + 8] = 2;
    second[3 * BASE_PAGE_SIZE + 8] = 3;
    second[4 * BASE_PAGE_SIZE] = 4;
    EXPECT(first[3 * BASE_PAGE_SIZE + 8] == 2 && second[3 * BASE_PAGE_SIZE + 8] == 3);
    EXPECT(all_are(original, TEST_BYTES, 1));
    EXPECT(first[3 * BASE_PAGE_SIZE + 9] == 1 && first[4 * BASE_PAGE_SIZE] == 1);
    ((volatile uint8_t *)original)[3 * BASE_PAGE_SIZE] = 5;  // copied by both already
    ((volatile uint8_t *)original)[10 * BASE_PAGE_SIZE] = 6; // still the original's
    EXPECT(first[3 * BASE_PAGE_SIZE] == 1 && second[10 * BASE_PAGE_SIZE] == 6);
    EXPECT_OK(vspace_unmap(view[0]));
    EXPECT(second[3 * BASE_PAGE_SIZE + 8] == 3);
    EXPECT_OK(vspace_unmap(view[1]));
    EXPECT_OK(vspace_unmap(original));
    EXPECT_OK(cap_destroy(frame));
}

/// The first access to a page is a write; and a view that may not be written.
static void test_cow_write_first(void)
{
    struct capref frame, readonly;
    void *view;
    EXPECT_OK(frame_alloc(&frame, TEST_BYTES, NULL));
    EXPECT_OK(slot_alloc(&readonly));
    EXPECT_OK(cap_mint(readonly, frame, CAPRIGHTS_READ | CAPRIGHTS_IDENTIFY, 0));
    EXPECT_OK(vspace_map_cow(&view, TEST_BYTES, readonly, VREGION_FLAGS_READ_WRITE, NULL, NULL));
    ((volatile uint8_t *)view)[TEST_BYTES - 1] = 1;
    EXPECT(((volatile uint8_t *)view)[TEST_BYTES - 2] == 0);
    EXPECT_OK(vspace_unmap(view));
    EXPECT_OK(cap_destroy(readonly));
    EXPECT_OK(cap_destroy(frame));
}

static void test_fixed(void)
{
    struct memobj memobj;
    struct memobj_page page;
    struct capref frame;
    void *at;
    struct vregion *region;
    EXPECT_OK(frame_alloc(&frame, 2 * BASE_PAGE_SIZE, NULL));
    EXPECT_ERR(memobj_create_fixed(&memobj, TEST_BYTES, 0, PAGES, 2 * BASE_PAGE_SIZE),
               LIB_ERR_INVALID_ARGS);
    EXPECT_OK(memobj_create_fixed(&memobj, TEST_BYTES, 0, PAGES, BASE_PAGE_SIZE));
    EXPECT_ERR(memobj_fill(&memobj, 100, frame, BASE_PAGE_SIZE), LIB_ERR_INVALID_ARGS);
    EXPECT_ERR(memobj_fill(&memobj, 0, frame, 2 * BASE_PAGE_SIZE), LIB_ERR_INVALID_ARGS);
    EXPECT_ERR(memobj_fill(&memobj, TEST_BYTES, frame, BASE_PAGE_SIZE), LIB_ERR_INVALID_ARGS);
    EXPECT_OK(memobj_fill(&memobj, 0, frame, BASE_PAGE_SIZE)); // before it is mapped
    EXPECT_OK(vspace_map_memobj_attr(&at, &memobj, VREGION_FLAGS_READ_WRITE, &region));
    EXPECT_ERR(vspace_map_memobj_attr(&at, &memobj, VREGION_FLAGS_READ, NULL),
               LIB_ERR_MEMOBJ_INUSE);
    EXPECT_OK(memobj_fill_foff(&memobj, 9 * BASE_PAGE_SIZE, frame, BASE_PAGE_SIZE,
                               BASE_PAGE_SIZE)); // and after
    EXPECT_OK(memobj_fill(&memobj, 8 * BASE_PAGE_SIZE, frame, BASE_PAGE_SIZE));
    EXPECT_ERR(memobj_fill(&memobj, 8 * BASE_PAGE_SIZE, frame, BASE_PAGE_SIZE),
               LIB_ERR_INVALID_ARGS);
    volatile uint8_t *bytes = at;
    bytes[5] = 1;
    bytes[9 * BASE_PAGE_SIZE + 5] = 2;
    EXPECT(bytes[8 * BASE_PAGE_SIZE + 5] == 1);
    EXPECT_OK(memobj_unfill(&memobj, 8 * BASE_PAGE_SIZE, &page));
    EXPECT(capcmp(page.frame, frame) && page.offset == 0 && page.accessed && !page.dirty);
    EXPECT_OK(memobj_unfill(&memobj, 9 * BASE_PAGE_SIZE, &page));
    EXPECT(page.offset == BASE_PAGE_SIZE && page.dirty);
    EXPECT_ERR(memobj_unfill(&memobj, 9 * BASE_PAGE_SIZE, &page), LIB_ERR_INVALID_ARGS);
    EXPECT_ERR(memobj_destroy(&memobj), LIB_ERR_MEMOBJ_INUSE);
    EXPECT_OK(vspace_unmap(at));
    EXPECT_OK(memobj_unfill(&memobj, 0, &page));
    EXPECT(page.dirty); // it was written before the region went
    EXPECT_OK(memobj_destroy(&memobj));
    EXPECT_OK(cap_destroy(frame));
}

/// The whole region, what is there and what comes.
static void test_protect(void)
{
    void *at;
    struct vregion *region;
    struct memobj *memobj;
    struct memobj_page page;
    EXPECT_OK(vspace_map_lazy(&at, &memobj, &region, TEST_BYTES, 0, VREGION_FLAGS_READ));
    volatile uint8_t *bytes = at;
    EXPECT(bytes[0] == 0);
    EXPECT_ERR(vregion_protect(region, 0, BASE_PAGE_SIZE, VREGION_FLAGS_READ_WRITE),
               LIB_ERR_INVALID_ARGS);
    EXPECT_OK(vregion_protect(region, 0, TEST_BYTES, VREGION_FLAGS_READ_WRITE));
    bytes[0] = 1;
    bytes[BASE_PAGE_SIZE] = 2;
    EXPECT_OK(vregion_protect(region, 0, TEST_BYTES, VREGION_FLAGS_READ));
    EXPECT_OK(memobj_page_get(memobj, 0, false, &page));
    EXPECT(page.dirty && bytes[0] == 1 && bytes[BASE_PAGE_SIZE] == 2);
    EXPECT_OK(vspace_unmap(at));
}

void test_kinds(void)
{
    test_lazy(0);
    test_lazy(3 * BASE_PAGE_SIZE); // the last chunk is shorter
    test_lazy_large();
    test_large();
    test_cow();
    test_cow_write_first();
    test_fixed();
    test_protect();
}
