// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Faults that are the end of a domain: in each case the child dies, at that access, and no other
// way. Each has a twin that does the same without the mistake, and lives.
#include "systest/systest.h"
#include "tests.h"

#include <string.h>

#include "barrelfish/vspace_common.h"

#define CHILD_LIMIT_MS 20000u

static volatile uint8_t *lazy(vregion_flags_t flags)
{
    void *at = NULL;
    EXPECT_OK(vspace_map_lazy(&at, NULL, NULL, TEST_BYTES, 0, flags));
    return at;
}

static void while_disabled(bool mistake)
{
    volatile uint8_t *at = lazy(VREGION_FLAGS_READ_WRITE);
    at[0] = 1;
    dispatcher_handle_t handle = disp_disable();
    at[mistake ? BASE_PAGE_SIZE : 0] = 1;
    disp_enable(handle);
}

static struct capref page_frame;
static volatile uint8_t *other; // what is touched at the wrong moment

static errval_t fill_page(void *arg, struct memobj *memobj, genvaddr_t offset,
                          enum pagefault_exception_type type)
{
    (void)arg;
    (void)type;
    return memobj_fill(memobj, offset - offset % BASE_PAGE_SIZE, page_frame, BASE_PAGE_SIZE);
}

static errval_t touch_other(void *arg, struct memobj *memobj, genvaddr_t offset,
                            enum pagefault_exception_type type)
{
    *other = 1;
    return fill_page(arg, memobj, offset, type);
}

static volatile uint8_t *paged(struct memobj *memobj, memobj_pager_func_t func)
{
    void *at = NULL;
    EXPECT_OK(frame_alloc(&page_frame, BASE_PAGE_SIZE, NULL));
    EXPECT_OK(memobj_create_pager(memobj, TEST_BYTES, 0, BASE_PAGE_SIZE, func, NULL));
    EXPECT_OK(vspace_map_memobj_attr(&at, memobj, VREGION_FLAGS_READ_WRITE, NULL));
    return at;
}

static errval_t no_ram(struct capref *ret, const struct ram_request *request)
{
    (void)ret;
    (void)request;
    *other = 1;
    return LIB_ERR_RAM_ALLOC;
}

static void while_locked(bool mistake)
{
    static struct memobj memobj;
    struct capref ram;
    other = paged(&memobj, fill_page);
    other[BASE_PAGE_SIZE] = 1; // the page table is there: nothing else would be wrong
    if (!mistake)
        *other = 1;
    ram_alloc_set(no_ram);
    errval_t err = ram_alloc(&ram, BASE_PAGE_BITS);
    ram_alloc_set(NULL);
    EXPECT_ERR(err, LIB_ERR_RAM_ALLOC);
}

static void while_answering(bool mistake)
{
    static struct memobj memobj;
    other = lazy(VREGION_FLAGS_READ_WRITE);
    if (!mistake)
        *other = 1;
    *paged(&memobj, touch_other) = 1;
}

static void readonly(bool mistake)
{
    volatile uint8_t *at = lazy(mistake ? VREGION_FLAGS_READ : VREGION_FLAGS_READ_WRITE);
    EXPECT(at[0] == 0);
    at[0] = 1;
}

/// A chunk that the program has not filled.
static void unfilled(bool mistake)
{
    static struct memobj memobj;
    struct capref frame;
    void *at;
    EXPECT_OK(frame_alloc(&frame, BASE_PAGE_SIZE, NULL));
    EXPECT_OK(memobj_create_fixed(&memobj, TEST_BYTES, 0, PAGES, BASE_PAGE_SIZE));
    EXPECT_OK(vspace_map_memobj_attr(&at, &memobj, VREGION_FLAGS_READ_WRITE, NULL));
    EXPECT_OK(memobj_fill(&memobj, 0, frame, BASE_PAGE_SIZE));
    ((volatile uint8_t *)at)[mistake ? BASE_PAGE_SIZE : 0] = 1;
}

/// The frame behind a page was revoked: trying again for ever would be wrong.
static void revoked(bool mistake)
{
    struct capref frame, copy;
    void *at;
    EXPECT_OK(frame_alloc(&frame, BASE_PAGE_SIZE, NULL));
    EXPECT_OK(slot_alloc(&copy));
    EXPECT_OK(cap_copy(copy, frame));
    EXPECT_OK(vspace_map_cow(&at, BASE_PAGE_SIZE, copy, VREGION_FLAGS_READ, NULL, NULL));
    EXPECT(*(volatile uint8_t *)at == 0);
    if (mistake)
        EXPECT_OK(cap_revoke(frame));
    EXPECT(*(volatile uint8_t *)at == 0);
}

static const struct {
    const char *name;
    void (*run)(bool mistake);
} deaths[] = {
    {"disabled", while_disabled}, {"locked", while_locked}, {"answering", while_answering},
    {"readonly", readonly},       {"unfilled", unfilled},   {"revoked", revoked},
};

#define DEATHS (sizeof(deaths) / sizeof(deaths[0]))

void die_of(const char *name)
{
    bool mistake = name[0] != '-';
    for (size_t i = 0; i < DEATHS; i++)
        if (strcmp(deaths[i].name, mistake ? name : name + 1) == 0)
            deaths[i].run(mistake);
}

void test_deaths(void)
{
    for (size_t i = 0; i < DEATHS; i++) {
        char twin[16] = "-";
        const char *args[] = {deaths[i].name, NULL};
        struct test_child child = test_run_child(0, "test_paging", args, CHILD_LIMIT_MS);
        EXPECT(child.end == TEST_END_DIED);
        args[0] = strncat(twin, deaths[i].name, sizeof(twin) - 2);
        child = test_run_child(0, "test_paging", args, CHILD_LIMIT_MS);
        EXPECT(child.end == TEST_END_STATUS && child.status == 0);
    }
}
