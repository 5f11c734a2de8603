// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Kinds of memory objects: what they map when, and that nothing is lost whichever call fails.
#include <testlib/testlib.h>

#include <errno.h>
#include <string.h>

#include "fake_vspace.h"
#include "memory/memobj/memobj_ops.h"

enum { PAGES = 8 };

static uint8_t shown[PAGES * BASE_PAGE_SIZE] __attribute__((aligned(4096)));
static struct memobj memobj;
static struct vregion region;
static struct memobj_page page;
static unsigned asked;

static errval_t show(vregion_flags_t flags)
{
    region = (struct vregion){.node = {.base = (genvaddr_t)shown, .bytes = sizeof(shown)},
                              .memobj = &memobj,
                              .flags = flags};
    return memobj.ops->map_region(&memobj, &region);
}

static errval_t touch(unsigned number, enum pagefault_exception_type type)
{
    fake.locks++;
    errval_t err = memobj.ops->pagefault(&memobj, &region, number * BASE_PAGE_SIZE + 5, type);
    fake.locks--;
    return err;
}

static struct fake_entry *at(unsigned number)
{
    return fake_entry((genvaddr_t)shown + number * BASE_PAGE_SIZE);
}

/// Everything is given back.
static void end(void)
{
    CU_ASSERT_EQUAL(memobj.ops->unmap_region(&memobj, &region), SYS_ERR_OK);
    CU_ASSERT_EQUAL(memobj_destroy(&memobj), SYS_ERR_OK);
    CU_ASSERT_EQUAL(fake.frames, 0);
    CU_ASSERT_EQUAL(fake.blocks, 0);
    CU_ASSERT_EQUAL(fake.mappings, 0);
    CU_ASSERT_EQUAL(fake.locks, 0);
}

static void test_one_frame(void)
{
    fake_start();
    CU_ASSERT_EQUAL(memobj_create_one_frame(&memobj, 0, 0), LIB_ERR_INVALID_ARGS);
    CU_ASSERT_EQUAL(memobj_create_one_frame(&memobj, sizeof(shown), 0), SYS_ERR_OK);
    CU_ASSERT_EQUAL(memobj_fill(&memobj, 1, fake_frame(1), sizeof(shown)), LIB_ERR_INVALID_ARGS);
    CU_ASSERT_EQUAL(memobj_fill(&memobj, 0, NULL_CAP, sizeof(shown)), LIB_ERR_INVALID_ARGS);
    CU_ASSERT_EQUAL(memobj_fill_foff(&memobj, 0, fake_frame(1), sizeof(shown), 7),
                    LIB_ERR_INVALID_ARGS);
    CU_ASSERT_EQUAL(memobj_fill_foff(&memobj, 0, fake_frame(1), sizeof(shown), 8192), SYS_ERR_OK);
    CU_ASSERT_EQUAL(memobj_fill(&memobj, 0, fake_frame(2), sizeof(shown)), LIB_ERR_INVALID_ARGS);
    CU_ASSERT_EQUAL(memobj_unfill(&memobj, 0, &page), LIB_ERR_INVALID_ARGS);
    CU_ASSERT_EQUAL(memobj_page_get(&memobj, 0, false, &page), LIB_ERR_INVALID_ARGS);
    CU_ASSERT_EQUAL(show(VREGION_FLAGS_READ_WRITE), SYS_ERR_OK);
    CU_ASSERT_TRUE(at(2)->writable && at(2)->offset == 8192 + 2 * BASE_PAGE_SIZE);
    CU_ASSERT_PTR_NULL(memobj.ops->pagefault);
    end();
}

static void test_fixed(void)
{
    fake_start();
    size_t size = sizeof(shown);
    CU_ASSERT_EQUAL(memobj_create_fixed(&memobj, size, 1, PAGES, 4096), LIB_ERR_INVALID_ARGS);
    CU_ASSERT_EQUAL(memobj_create_fixed(&memobj, size, 0, 0, 4096), LIB_ERR_INVALID_ARGS);
    CU_ASSERT_EQUAL(memobj_create_fixed(&memobj, size, 0, 2 * PAGES, 2048), LIB_ERR_INVALID_ARGS);
    CU_ASSERT_EQUAL(memobj_create_fixed(&memobj, size, 0, PAGES / 2, 8192), SYS_ERR_OK);
    CU_ASSERT_EQUAL(memobj_fill(&memobj, 4096, fake_frame(1), 8192), LIB_ERR_INVALID_ARGS);
    CU_ASSERT_EQUAL(memobj_fill(&memobj, 0, fake_frame(1), 4096), LIB_ERR_INVALID_ARGS);
    CU_ASSERT_EQUAL(memobj_fill(&memobj, size, fake_frame(1), 8192), LIB_ERR_INVALID_ARGS);
    CU_ASSERT_EQUAL(memobj_fill(&memobj, 8192, fake_frame(1), 8192), SYS_ERR_OK);
    CU_ASSERT_FALSE(at(2)->present);
    CU_ASSERT_EQUAL(show(VREGION_FLAGS_READ_WRITE), SYS_ERR_OK);
    CU_ASSERT_TRUE(at(2)->present && at(3)->present && !at(1)->present && !at(4)->present);
    struct vregion second = region;
    CU_ASSERT_EQUAL(memobj.ops->map_region(&memobj, &second), LIB_ERR_MEMOBJ_INUSE);
    CU_ASSERT_EQUAL(memobj_destroy(&memobj), LIB_ERR_MEMOBJ_INUSE);
    CU_ASSERT_EQUAL(memobj_fill_foff(&memobj, 0, fake_frame(2), 8192, 4096), SYS_ERR_OK);
    CU_ASSERT_TRUE(at(1)->present && at(1)->frame.slot == 2 && at(1)->offset == 8192);
    at(1)->dirty = true;
    CU_ASSERT_EQUAL(memobj_unfill(&memobj, 4096, &page), LIB_ERR_INVALID_ARGS);
    CU_ASSERT_EQUAL(memobj_unfill(&memobj, 0, &page), SYS_ERR_OK);
    CU_ASSERT_TRUE(page.dirty && page.frame.slot == 2 && page.offset == 4096);
    CU_ASSERT_FALSE(at(1)->present);
    end();
}

/// A mark that was read and cleared is still known, through all that rewrites entries.
static void test_dirty_is_kept(void)
{
    fake_start();
    (void)memobj_create_fixed(&memobj, sizeof(shown), 0, PAGES, 4096);
    CU_ASSERT_EQUAL(show(VREGION_FLAGS_READ_WRITE), SYS_ERR_OK);
    CU_ASSERT_EQUAL(memobj_fill(&memobj, 0, fake_frame(1), 4096), SYS_ERR_OK);
    CU_ASSERT_EQUAL(memobj_fill(&memobj, 4096, fake_frame(1), 4096), SYS_ERR_OK);
    at(0)->accessed = at(0)->dirty = at(1)->dirty = true;
    CU_ASSERT_EQUAL(memobj_page_get(&memobj, 100, false, &page), SYS_ERR_OK);
    CU_ASSERT_TRUE(page.accessed && page.dirty && at(0)->dirty);
    CU_ASSERT_EQUAL(memobj_page_get(&memobj, 0, true, &page), SYS_ERR_OK);
    CU_ASSERT_TRUE(page.accessed && page.dirty && !at(0)->dirty && at(0)->writable);
    CU_ASSERT_EQUAL(memobj_page_get(&memobj, 0, true, &page), SYS_ERR_OK);
    CU_ASSERT_TRUE(!page.accessed && page.dirty);
    CU_ASSERT_EQUAL(memobj.ops->protect(&memobj, &region, 0, 4096, VREGION_FLAGS_READ),
                    LIB_ERR_INVALID_ARGS);
    CU_ASSERT_EQUAL(memobj.ops->protect(&memobj, &region, 0, sizeof(shown), VREGION_FLAGS_READ),
                    SYS_ERR_OK);
    CU_ASSERT_FALSE(at(1)->writable);
    CU_ASSERT_EQUAL(memobj.ops->unmap_region(&memobj, &region), SYS_ERR_OK);
    CU_ASSERT_EQUAL(memobj_unfill(&memobj, 0, &page), SYS_ERR_OK);
    CU_ASSERT_TRUE(page.dirty);
    CU_ASSERT_EQUAL(memobj_unfill(&memobj, 4096, &page), SYS_ERR_OK);
    CU_ASSERT_TRUE(page.dirty);
    CU_ASSERT_EQUAL(show(VREGION_FLAGS_READ), SYS_ERR_OK);
    end();
}

static void test_lazy(void)
{
    fake_start();
    CU_ASSERT_EQUAL(memobj_create_lazy(&memobj, sizeof(shown), 0, 100), LIB_ERR_INVALID_ARGS);
    CU_ASSERT_EQUAL(memobj_create_lazy(&memobj, SIZE_MAX, 0, 0), LIB_ERR_INVALID_ARGS);
    CU_ASSERT_EQUAL(memobj_create_lazy(&memobj, sizeof(shown) - 1, 0, 3 * 4096), SYS_ERR_OK);
    CU_ASSERT_EQUAL(memobj_fill(&memobj, 0, fake_frame(1), 4096), LIB_ERR_INVALID_ARGS);
    CU_ASSERT_EQUAL(show(VREGION_FLAGS_READ_WRITE), SYS_ERR_OK);
    CU_ASSERT_EQUAL(fake.frames, 0);
    CU_ASSERT_EQUAL(touch(4, PAGEFLT_READ), SYS_ERR_OK);
    CU_ASSERT_TRUE(at(3)->present && at(5)->writable && !at(2)->present && !at(6)->present);
    CU_ASSERT_EQUAL(touch(5, PAGEFLT_WRITE), SYS_ERR_OK); // another thread was faster
    CU_ASSERT_EQUAL(fake.frames, 1);
    CU_ASSERT_EQUAL(touch(7, PAGEFLT_WRITE), SYS_ERR_OK); // the last chunk is shorter
    CU_ASSERT_EQUAL(fake.frames, 2);
    at(4)->present = false; // revoked
    CU_ASSERT_EQUAL(touch(4, PAGEFLT_READ), LIB_ERR_PAGEFAULT);
    end();
}

static void test_cow(void)
{
    fake_start();
    CU_ASSERT_EQUAL(memobj_create_cow(&memobj, 65537, 0, fake_frame(1)), LIB_ERR_INVALID_ARGS);
    CU_ASSERT_EQUAL(memobj_create_cow(&memobj, sizeof(shown), 0, fake_frame(1)), SYS_ERR_OK);
    CU_ASSERT_EQUAL(show(VREGION_FLAGS_READ_WRITE), SYS_ERR_OK);
    memset(shown, 7, sizeof(shown));
    CU_ASSERT_EQUAL(touch(2, PAGEFLT_READ), SYS_ERR_OK);
    CU_ASSERT_TRUE(at(2)->present && !at(2)->writable && at(2)->frame.slot == 1);
    CU_ASSERT_EQUAL(at(2)->offset, 2 * BASE_PAGE_SIZE);
    CU_ASSERT_EQUAL(fake.frames, 0);
    CU_ASSERT_EQUAL(touch(2, PAGEFLT_WRITE), SYS_ERR_OK);
    CU_ASSERT_TRUE(at(2)->writable && at(2)->frame.slot >= 1000 && at(2)->offset == 0);
    CU_ASSERT_EQUAL(memcmp(fake.window, shown, BASE_PAGE_SIZE), 0);
    CU_ASSERT_EQUAL(touch(3, PAGEFLT_WRITE), SYS_ERR_OK); // written before it was read
    CU_ASSERT_TRUE(at(3)->writable && at(3)->frame.slot >= 1000);
    CU_ASSERT_EQUAL(touch(3, PAGEFLT_WRITE), SYS_ERR_OK);
    CU_ASSERT_EQUAL(fake.frames, 2);
    end();
}

static errval_t answer(void *arg, struct memobj *object, genvaddr_t offset,
                       enum pagefault_exception_type type)
{
    (void)type;
    asked++;
    errno = EIO;
    CU_ASSERT_EQUAL(fake.locks, 0); // it may block
    CU_ASSERT_EQUAL(object->faults, 1);
    return *(bool *)arg ? memobj_fill(object, offset & ~4095ul, fake_frame(3), 4096)
                        : LIB_ERR_NO_EVENT;
}

static void test_pager(void)
{
    bool answers = true;
    fake_start();
    asked = 0;
    CU_ASSERT_EQUAL(memobj_create_pager(&memobj, sizeof(shown), 0, 4096, NULL, NULL),
                    LIB_ERR_INVALID_ARGS);
    CU_ASSERT_EQUAL(memobj_create_pager(&memobj, sizeof(shown), 0, 3 * 4096, answer, NULL),
                    LIB_ERR_INVALID_ARGS);
    CU_ASSERT_EQUAL(memobj_create_pager(&memobj, sizeof(shown), 0, 4096, answer, &answers),
                    SYS_ERR_OK);
    CU_ASSERT_EQUAL(show(VREGION_FLAGS_READ_WRITE), SYS_ERR_OK);
    errno = EBADF;
    CU_ASSERT_EQUAL(touch(1, PAGEFLT_READ), SYS_ERR_OK);
    CU_ASSERT_EQUAL(errno, EBADF); // of the interrupted code
    CU_ASSERT_TRUE(at(1)->present && at(1)->frame.slot == 3);
    CU_ASSERT_EQUAL(touch(1, PAGEFLT_WRITE), SYS_ERR_OK); // it is there: nobody is asked
    CU_ASSERT_EQUAL(asked, 1);
    answers = false;
    CU_ASSERT_EQUAL(touch(2, PAGEFLT_READ), LIB_ERR_NO_EVENT);
    CU_ASSERT_EQUAL(memobj.faults, 0);
    end();
}

/// Each call that can fail does, one after the other; afterwards the access succeeds.
static void test_failures(void)
{
    for (unsigned kind = 0; kind < 2; kind++) {
        unsigned failed = 0;
        bool done = false;
        for (unsigned n = 1; !done; n++) {
            fake_start();
            errval_t err = kind == 0 ? memobj_create_lazy(&memobj, sizeof(shown), 0, 0)
                                     : memobj_create_cow(&memobj, sizeof(shown), 0, fake_frame(1));
            CU_ASSERT_EQUAL(err, SYS_ERR_OK);
            CU_ASSERT_EQUAL(show(VREGION_FLAGS_READ_WRITE), SYS_ERR_OK);
            fake.fail_in = n;
            err = touch(1, PAGEFLT_WRITE);
            done = fake.fail_in > 0;
            failed += err_is_fail(err);
            CU_ASSERT_EQUAL(err_is_ok(err), done);
            fake.fail_in = 0;
            CU_ASSERT_EQUAL(touch(1, PAGEFLT_WRITE), SYS_ERR_OK);
            CU_ASSERT_TRUE(at(1)->present && at(1)->writable);
            CU_ASSERT_EQUAL(fake.frames, 1);
            end();
        }
        CU_ASSERT_TRUE(failed >= 4);
    }
}

static bool reserved(size_t bytes, size_t chunks)
{
    return fake.reserved_bytes == bytes && fake.reserved_chunks == chunks;
}

/// What an operation will need is reserved before it begins, and nothing else.
static void test_reserves(void)
{
    bool answers = true;
    fake_start();
    (void)memobj_create_one_frame(&memobj, 5 * 4096, 0);
    fake.reserved_bytes = 1;
    CU_ASSERT_EQUAL(memobj_fill(&memobj, 0, fake_frame(1), 5 * 4096), SYS_ERR_OK);
    CU_ASSERT_TRUE(reserved(1, 0)); // nothing
    CU_ASSERT_TRUE(err_is_ok(memobj_reserve(&memobj, 4096)) && reserved(4096, 0));
    (void)memobj_create_pager(&memobj, sizeof(shown), 0, 8192, answer, &answers);
    CU_ASSERT_TRUE(err_is_ok(memobj_reserve(&memobj, sizeof(shown))) && reserved(0, 0));
    for (unsigned i = 0; i < 2; i++) {
        CU_ASSERT_EQUAL(memobj_fill(&memobj, i * 8192, fake_frame(1), 8192), SYS_ERR_OK);
        CU_ASSERT_TRUE(reserved(8192, 1));
    }
    CU_ASSERT_TRUE(err_is_ok(memobj_reserve(&memobj, sizeof(shown))) && reserved(sizeof(shown), 2));
    CU_ASSERT_EQUAL(show(VREGION_FLAGS_READ), SYS_ERR_OK);
    CU_ASSERT_TRUE(err_is_ok(touch(1, PAGEFLT_READ)) && reserved(8192, 1));
    fake.fail_in = 1;
    CU_ASSERT_EQUAL(touch(1, PAGEFLT_READ), LIB_ERR_SLOT_ALLOC_NO_SPACE);
    end();
    (void)memobj_create_lazy(&memobj, sizeof(shown), 0, 3 * 4096);
    CU_ASSERT_EQUAL(show(VREGION_FLAGS_READ), SYS_ERR_OK);
    CU_ASSERT_TRUE(err_is_ok(touch(1, PAGEFLT_READ)) && reserved(3 * 4096, 1));
    CU_ASSERT_TRUE(err_is_ok(touch(7, PAGEFLT_READ)) && reserved(2 * 4096, 1));
    end();
    (void)memobj_create_cow(&memobj, sizeof(shown), 0, fake_frame(1));
    CU_ASSERT_EQUAL(show(VREGION_FLAGS_READ_WRITE), SYS_ERR_OK);
    CU_ASSERT_TRUE(err_is_ok(touch(1, PAGEFLT_WRITE)) && reserved(2 * 4096, 2));
    end();
}

/// Sizes that are refused, and those beside them that are not.
static void test_sizes(void)
{
    fake_start();
    size_t most = SIZE_MAX - BASE_PAGE_SIZE;
    CU_ASSERT_EQUAL(memobj_create_one_frame(&memobj, 4096, 1), LIB_ERR_INVALID_ARGS);
    CU_ASSERT_EQUAL(memobj_create_fixed(&memobj, 0, 0, 1, 0), LIB_ERR_INVALID_ARGS);
    CU_ASSERT_EQUAL(memobj_create_fixed(&memobj, 8193, 0, 2, 4096), LIB_ERR_INVALID_ARGS);
    CU_ASSERT_EQUAL(memobj_create_fixed(&memobj, 8192, 0, 1, 4096), LIB_ERR_INVALID_ARGS);
    CU_ASSERT_EQUAL(memobj_create_pager(&memobj, 4096, 0, 0, answer, NULL), LIB_ERR_INVALID_ARGS);
    CU_ASSERT_EQUAL(memobj_create_pager(&memobj, 4096, 1, 4096, answer, NULL),
                    LIB_ERR_INVALID_ARGS);
    CU_ASSERT_EQUAL(memobj_create_lazy(&memobj, 0, 0, 4096), LIB_ERR_INVALID_ARGS);
    CU_ASSERT_EQUAL(memobj_create_lazy(&memobj, 4096, 1, 4096), LIB_ERR_INVALID_ARGS);
    CU_ASSERT_EQUAL(memobj_create_lazy(&memobj, most + 1, 0, 4096), LIB_ERR_INVALID_ARGS);
    CU_ASSERT_EQUAL(memobj_create_lazy(&memobj, most, 0, 0), SYS_ERR_OK);
    CU_ASSERT_TRUE(memobj.size == most + 1 && memobj.chunk_size == BASE_PAGE_SIZE);
    CU_ASSERT_EQUAL(memobj_create_cow(&memobj, 65536, 1, fake_frame(1)), LIB_ERR_INVALID_ARGS);
    CU_ASSERT_EQUAL(memobj_create_cow(&memobj, 65536, 0, fake_frame(1)), SYS_ERR_OK);
    CU_ASSERT_EQUAL(memobj_create_anon(&memobj, 4096, 1), LIB_ERR_INVALID_ARGS);
    fake.fail_in = 1;
    CU_ASSERT_EQUAL(memobj_create_anon(&memobj, 4096, 0), LIB_ERR_RAM_ALLOC);
    CU_ASSERT_EQUAL(memobj_create_anon(&memobj, 4097, 0), SYS_ERR_OK);
    CU_ASSERT_TRUE(memobj.size == 8192 && fake.frames == 1);
    CU_ASSERT_EQUAL(memobj_destroy(&memobj), SYS_ERR_OK);
    CU_ASSERT_EQUAL(memobj_destroy(&memobj), SYS_ERR_OK); // the frame goes once
    CU_ASSERT_TRUE(fake.frames == 0 && capref_is_null(memobj.frame));
}

// Operations on an object of four chunks, of which two are filled and one is written.

static errval_t fill_it(void)
{
    return memobj_fill_foff(&memobj, 4 * 4096, fake_frame(3), 8192, 4096);
}

static errval_t unfill_it(void)
{
    return memobj_unfill(&memobj, 2 * 4096, &page);
}

static errval_t get_it(void)
{
    return memobj_page_get(&memobj, 2 * 4096, true, &page);
}

static errval_t protect_it(void)
{
    return memobj.ops->protect(&memobj, &region, 0, sizeof(shown), VREGION_FLAGS_READ);
}

static errval_t hide_it(void)
{
    return memobj.ops->unmap_region(&memobj, &region);
}

static errval_t show_again(void)
{
    errval_t err = hide_it();
    return err_is_ok(err) ? show(VREGION_FLAGS_READ | VREGION_FLAGS_LARGE) : err;
}

/// What is filled is there, shown as `flags` say or not at all.
static bool is_as(bool third, bool second, vregion_flags_t flags)
{
    bool filled[PAGES / 2] = {true, second, third, false};
    bool good = memobj.chunks.count == 1u + second + third;
    for (unsigned i = 0; i < PAGES; i++) {
        good &= at(i)->present == (filled[i / 2] && flags != 0);
        good &= at(i)->writable == (at(i)->present && (flags & VREGION_FLAGS_WRITE) != 0);
    }
    return good && (memobj.vregion == NULL) == (flags == 0);
}

static void show_filled(void)
{
    fake_start();
    page = (struct memobj_page){.offset = 77};
    CU_ASSERT_EQUAL(memobj_create_fixed(&memobj, sizeof(shown), 0, PAGES / 2, 8192), SYS_ERR_OK);
    CU_ASSERT_EQUAL(memobj_fill(&memobj, 0, fake_frame(1), 8192), SYS_ERR_OK);
    CU_ASSERT_EQUAL(memobj_fill(&memobj, 8192, fake_frame(2), 8192), SYS_ERR_OK);
    CU_ASSERT_EQUAL(show(VREGION_FLAGS_READ_WRITE | VREGION_FLAGS_LARGE), SYS_ERR_OK);
    at(3)->dirty = at(3)->accessed = true;
}

/// Each call that one of them makes fails; it can be repeated then, and has left nothing behind.
static void test_operations_fail(void)
{
    static const struct {
        errval_t (*run)(void);
        unsigned calls;
        bool third, second;
        vregion_flags_t flags;
    } operations[] = {
        {fill_it, 4, true, true, VREGION_FLAGS_READ_WRITE},
        {unfill_it, 2, false, false, VREGION_FLAGS_READ_WRITE},
        {get_it, 1, false, true, VREGION_FLAGS_READ_WRITE},
        {protect_it, 2, false, true, VREGION_FLAGS_READ},
        {hide_it, 4, false, true, 0},
        {show_again, 8, false, true, VREGION_FLAGS_READ},
    };
    for (unsigned i = 0; i < sizeof(operations) / sizeof(*operations); i++) {
        for (unsigned n = 1; n <= operations[i].calls + 1; n++) {
            show_filled();
            fake.fail_in = n;
            errval_t err = operations[i].run();
            CU_ASSERT_EQUAL(err_is_fail(err), n <= operations[i].calls);
            CU_ASSERT_EQUAL(fake.fail_in, n > operations[i].calls);
            fake.fail_in = 0;
            if (err_is_fail(err)) {
                CU_ASSERT_TRUE(page.offset == 77 && memobj.chunks.count == 2);
                CU_ASSERT_EQUAL(operations[i].run(), SYS_ERR_OK);
            }
            CU_ASSERT_TRUE(is_as(operations[i].third, operations[i].second, operations[i].flags));
            end();
        }
    }
}

/// What an operation says of a chunk, and what it leaves.
static void test_pages(void)
{
    show_filled();
    CU_ASSERT_EQUAL(memobj_fill(&memobj, 0, fake_frame(3), 8192), LIB_ERR_INVALID_ARGS); // is there
    CU_ASSERT_EQUAL(memobj_unfill(&memobj, 4 * 4096, &page), LIB_ERR_INVALID_ARGS);
    CU_ASSERT_EQUAL(protect_it(), SYS_ERR_OK);
    CU_ASSERT_EQUAL(region.flags, VREGION_FLAGS_READ | VREGION_FLAGS_LARGE);
    CU_ASSERT_EQUAL(hide_it(), SYS_ERR_OK);
    CU_ASSERT_EQUAL(get_it(), SYS_ERR_OK); // of one that is not shown
    CU_ASSERT_TRUE(page.frame.slot == 2 && page.offset == 0 && page.dirty && !page.accessed);
    CU_ASSERT_EQUAL(show(VREGION_FLAGS_READ_WRITE), SYS_ERR_OK);
    CU_ASSERT_EQUAL(protect_it(), SYS_ERR_OK);
    CU_ASSERT_EQUAL(region.flags, VREGION_FLAGS_READ);
    at(2)->accessed = true;
    CU_ASSERT_EQUAL(unfill_it(), SYS_ERR_OK);
    CU_ASSERT_TRUE(page.frame.slot == 2 && page.offset == 0 && page.dirty && page.accessed);
    CU_ASSERT_EQUAL(memobj_page_get(&memobj, 3 * 4096, false, &page), LIB_ERR_INVALID_ARGS);
    CU_ASSERT_EQUAL(memobj_fill(&memobj, 2 * 4096, fake_frame(3), 8192), SYS_ERR_OK);
    CU_ASSERT_EQUAL(memobj_page_get(&memobj, 3 * 4096, false, &page), SYS_ERR_OK);
    CU_ASSERT_TRUE(page.frame.slot == 3 && !page.dirty);
    region.offset = 4096;
    CU_ASSERT_EQUAL(hide_it(), SYS_ERR_OK);
    CU_ASSERT_EQUAL(memobj.ops->map_region(&memobj, &region), LIB_ERR_INVALID_ARGS);
    region = (struct vregion){.node = region.node};
    region.node.bytes -= 4096;
    CU_ASSERT_EQUAL(memobj.ops->map_region(&memobj, &region), LIB_ERR_INVALID_ARGS);
    end();
}

/// Frames that cannot be deleted: the first error counts, and all chunks go.
static void test_frames_stay(void)
{
    for (unsigned n = 1; n <= 2; n++) {
        fake_start();
        (void)memobj_create_lazy(&memobj, sizeof(shown), 0, 0);
        CU_ASSERT_EQUAL(show(VREGION_FLAGS_READ_WRITE), SYS_ERR_OK);
        CU_ASSERT_TRUE(err_is_ok(touch(1, PAGEFLT_WRITE)) && err_is_ok(touch(4, PAGEFLT_WRITE)));
        at(4)->writable = false; // by a revocation
        CU_ASSERT_EQUAL(touch(4, PAGEFLT_WRITE), LIB_ERR_PAGEFAULT);
        CU_ASSERT_EQUAL(touch(4, PAGEFLT_READ), SYS_ERR_OK);
        CU_ASSERT_EQUAL(hide_it(), SYS_ERR_OK);
        fake.fail_in = n;
        CU_ASSERT_EQUAL(memobj_destroy(&memobj), SYS_ERR_CAP_BUSY);
        CU_ASSERT_TRUE(fake.blocks == 0 && fake.frames == 1 && memobj.chunks.count == 0);
    }
}

TEST_SUITE("memory objects") = {
    {"one frame", test_one_frame},
    {"fixed", test_fixed},
    {"dirty is kept", test_dirty_is_kept},
    {"lazy", test_lazy},
    {"copy on write", test_cow},
    {"pager", test_pager},
    {"failures", test_failures},
    {"reserves", test_reserves},
    {"sizes", test_sizes},
    {"operations fail", test_operations_fail},
    {"pages", test_pages},
    {"frames stay", test_frames_stay},
};
