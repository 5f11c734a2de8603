// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Who answers a fault: the memory object, else the thread's handler; and several threads at once.
#include "systest/systest.h"
#include "tests.h"

#include <errno.h>
#include <string.h>

#include "barrelfish/deferred.h"
#include "barrelfish/except.h"
#include "barrelfish/vspace_common.h"

#define THREADS 6u

/// The handler runs in the middle of other code, about which the compiler does not know.
static volatile unsigned handled;
static volatile int handled_subtype;
static volatile unsigned asked, asked_before; // pagers, ever, and when the handler last ran
static struct vregion *volatile to_unlock;
static void *volatile to_map;

/// Makes a read-only region writable, or maps memory where there was none.
static void handler(enum exception_type type, int subtype, void *addr, struct registers *regs)
{
    (void)regs;
    (void)addr;
    EXPECT(type == EXCEPT_PAGEFAULT);
    handled++;
    handled_subtype = subtype;
    asked_before = asked;
    if (to_unlock != NULL) {
        EXPECT_OK(
            vregion_protect(to_unlock, 0, vregion_get_size(to_unlock), VREGION_FLAGS_READ_WRITE));
    } else {
        EXPECT_OK(vspace_map_anon_fixed((lvaddr_t)to_map, NULL, NULL, BASE_PAGE_SIZE, NULL,
                                        VREGION_FLAGS_READ_WRITE));
    }
}

static void test_handler(void)
{
    void *at;
    struct vregion *region;
    EXPECT_OK(thread_set_exception_handler(handler, NULL, NULL, NULL, NULL, NULL));
    EXPECT_OK(vspace_map_lazy(&at, NULL, &region, TEST_BYTES, 0, VREGION_FLAGS_READ));
    to_unlock = region;
    volatile uint8_t *bytes = at;
    handled = 0;
    EXPECT(bytes[BASE_PAGE_SIZE] == 0 && handled == 0);
    bytes[BASE_PAGE_SIZE] = 4; // what is read-only is nothing that the object answers
    EXPECT(handled == 1 && handled_subtype == PAGEFLT_WRITE && bytes[BASE_PAGE_SIZE] == 4);
    bytes[2 * BASE_PAGE_SIZE] = 5;
    EXPECT(handled == 1 && bytes[2 * BASE_PAGE_SIZE] == 5);
    EXPECT_OK(vspace_unmap(at));
    to_unlock = NULL;
    to_map = at; // nothing is there now
    bytes[0] = 6;
    EXPECT(handled == 2 && bytes[0] == 6);
    EXPECT_OK(vspace_unmap(at));
    EXPECT_OK(thread_set_exception_handler(NULL, NULL, NULL, NULL, NULL, NULL));
}

struct pager {
    struct capref frame;
    volatile unsigned calls;
    bool slow, nest;
    struct vregion *region;
};

static errval_t answer(void *arg, struct memobj *memobj, genvaddr_t offset,
                       enum pagefault_exception_type type)
{
    struct pager *pager = arg;
    pager->calls++;
    asked++;
    errno = EDOM;
    EXPECT(type == PAGEFLT_READ || type == PAGEFLT_WRITE);
    EXPECT_ERR(vregion_destroy(pager->region), LIB_ERR_MEMOBJ_INUSE);
    if (pager->slow)
        EXPECT_OK(barrelfish_usleep(2000)); // others run and fault meanwhile
    if (pager->nest)
        *(volatile uint8_t *)to_map = 1; // nobody's: the thread's handler is asked
    if (offset / BASE_PAGE_SIZE == PAGES - 1)
        return LIB_ERR_NO_EVENT;
    offset -= offset % BASE_PAGE_SIZE;
    return memobj_fill_foff(memobj, offset, pager->frame, BASE_PAGE_SIZE, offset);
}

static volatile uint8_t *pager_start(struct pager *pager, struct memobj *memobj)
{
    void *at;
    EXPECT_OK(frame_alloc(&pager->frame, TEST_BYTES, NULL));
    EXPECT_OK(memobj_create_pager(memobj, TEST_BYTES, 0, BASE_PAGE_SIZE, answer, pager));
    EXPECT_OK(vspace_map_memobj_attr(&at, memobj, VREGION_FLAGS_READ_WRITE, &pager->region));
    return at;
}

static void pager_end(struct pager *pager, struct memobj *memobj, volatile uint8_t *at)
{
    EXPECT_OK(vspace_unmap((void *)at));
    EXPECT_OK(memobj_destroy(memobj));
    EXPECT_OK(cap_destroy(pager->frame));
}

static void test_pager(void)
{
    struct pager pager = {0};
    struct memobj memobj;
    struct memobj_page page;
    volatile uint8_t *bytes = pager_start(&pager, &memobj);
    errno = ERANGE;
    bytes[3 * BASE_PAGE_SIZE + 7] = 8;
    EXPECT(errno == ERANGE && pager.calls == 1 && bytes[3 * BASE_PAGE_SIZE + 7] == 8);
    EXPECT_OK(memobj_unfill(&memobj, 3 * BASE_PAGE_SIZE, &page));
    EXPECT(page.dirty && page.offset == 3 * BASE_PAGE_SIZE);
    EXPECT(bytes[3 * BASE_PAGE_SIZE + 7] == 8 && pager.calls == 2);
    EXPECT_OK(memobj_unfill(&memobj, 3 * BASE_PAGE_SIZE, &page));
    EXPECT(!page.dirty && page.accessed);
    // While it answers, a fault goes to the handler; so does what it refuses.
    EXPECT_OK(thread_set_exception_handler(handler, NULL, NULL, NULL, NULL, NULL));
    handled = 0;
    pager.nest = true;
    to_map = (void *)((uintptr_t)bytes + (16ul << 30));
    EXPECT(bytes[4 * BASE_PAGE_SIZE] == 0 && handled == 1);
    EXPECT_OK(vspace_unmap(to_map));
    pager.nest = false;
    EXPECT_OK(vspace_unmap((void *)bytes));
    to_map = (void *)(bytes + (PAGES - 1) * BASE_PAGE_SIZE);
    EXPECT(bytes[(PAGES - 1) * BASE_PAGE_SIZE] == 0 && handled == 2);
    EXPECT_OK(vspace_unmap(to_map));
    EXPECT_OK(thread_set_exception_handler(NULL, NULL, NULL, NULL, NULL, NULL));
    EXPECT_OK(memobj_destroy(&memobj));
    EXPECT_OK(cap_destroy(pager.frame));
}

/// An access that the flags forbid is the thread's mistake: the pager hears of it only when they
/// allow it.
static void test_flags_first(void)
{
    struct pager pager = {0};
    struct memobj memobj;
    volatile uint8_t *bytes = pager_start(&pager, &memobj);
    EXPECT_OK(vregion_protect(pager.region, 0, TEST_BYTES, VREGION_FLAGS_READ));
    EXPECT_OK(thread_set_exception_handler(handler, NULL, NULL, NULL, NULL, NULL));
    to_unlock = pager.region;
    handled = asked = 0;
    bytes[0] = 1;
    EXPECT(handled == 1 && asked_before == 0 && asked == 1 && bytes[0] == 1);
    to_unlock = NULL;
    EXPECT_OK(thread_set_exception_handler(NULL, NULL, NULL, NULL, NULL, NULL));
    pager_end(&pager, &memobj, bytes);
}

struct work {
    volatile uint8_t *at;
    unsigned id;
};

/// All threads touch the same pages in the same order; registers of both kinds must survive.
static int worker(void *arg)
{
    const struct work *work = arg;
    double factor = work->id + 0.5;
    unsigned wrong = 0;
    for (unsigned page = 0; page < PAGES / 2; page++) {
        volatile uint8_t *at = work->at + page * BASE_PAGE_SIZE;
        wrong += at[0] != 0;
        at[1 + work->id] = (uint8_t)(page + work->id);
        wrong += factor * 2 != 2 * work->id + 1;
        wrong += at[1 + work->id] != (uint8_t)(page + work->id);
    }
    return (int)wrong;
}

static void run_threads(volatile uint8_t *at)
{
    struct work work[THREADS];
    struct thread *threads[THREADS];
    for (unsigned i = 0; i < THREADS; i++) {
        work[i] = (struct work){at, i};
        threads[i] = thread_create(worker, &work[i]);
        EXPECT(threads[i] != NULL);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        int status = 1;
        EXPECT_OK(thread_join(threads[i], &status));
        EXPECT(status == 0);
    }
    for (unsigned page = 0; page < PAGES / 2; page++)
        for (unsigned i = 0; i < THREADS; i++)
            EXPECT(at[page * BASE_PAGE_SIZE + 1 + i] == (uint8_t)(page + i));
}

static void test_threads(void)
{
    struct pager pager = {.slow = true};
    struct memobj memobj;
    volatile uint8_t *at = pager_start(&pager, &memobj);
    run_threads(at);
    EXPECT(pager.calls == PAGES / 2); // each page was asked for once, by whichever thread
    pager_end(&pager, &memobj, at);
    void *lazy;
    EXPECT_OK(vspace_map_lazy(&lazy, NULL, NULL, TEST_BYTES, 0, VREGION_FLAGS_READ_WRITE));
    run_threads(lazy);
    EXPECT_OK(vspace_unmap(lazy));
}

/// The frame is taken away: its pages are no longer there, and nothing answers for them.
static void test_revoked(void)
{
    struct pager pager = {0};
    struct memobj memobj;
    struct memobj_page page;
    volatile uint8_t *bytes = pager_start(&pager, &memobj);
    struct capref copy;
    EXPECT(bytes[0] == 0);
    EXPECT_OK(slot_alloc(&copy));
    EXPECT_OK(cap_copy(copy, pager.frame));
    EXPECT_OK(cap_revoke(copy));
    EXPECT_OK(memobj_page_get(&memobj, 0, true, &page));
    EXPECT(!page.accessed && !page.dirty);
    EXPECT_OK(vspace_unmap((void *)bytes));
    EXPECT_OK(memobj_destroy(&memobj));
    EXPECT_OK(slot_free(pager.frame)); // revoked
    EXPECT_OK(cap_destroy(copy));
}

void test_faults(void)
{
    test_handler();
    test_pager();
    test_flags_first();
    test_threads();
    test_revoked();
}
