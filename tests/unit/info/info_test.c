// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The memory server's pages of exposed information and the library's readers: who is told what, how
// many are told, what is refused, and a reader that meets a writer in the middle. Frames are
// numbers here: frame i is page i of an array that begins at INFO_VADDR, so that page 0 is "the
// domain's own".
#include "barrelfish/info.h"
#include "info.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <testlib/testlib.h>

#include "barrelfish/capabilities.h"
#include "barrelfish/domain.h"
#include "barrelfish/syscalls.h"
#include "barrelfish/vspace_common.h"

#define PAGES (INFO_PAGES_MAX + 1)

static struct spawn_args args;
static unsigned mapped, yields;
static bool fail_mapping;
static gensize_t frame_bytes = BASE_PAGE_SIZE;

static struct domain_info *page(unsigned i)
{
    return (struct domain_info *)(INFO_VADDR + i * BASE_PAGE_SIZE);
}

static struct capref frame(unsigned i)
{
    return (struct capref){{1, 0, 1}, i};
}

// The library's side.

const struct spawn_args *domain_spawn_args(void)
{
    return &args;
}

errval_t frame_identify(struct capref cap, struct frame_identity *ret)
{
    *ret = (struct frame_identity){cap.slot * BASE_PAGE_SIZE, frame_bytes};
    return SYS_ERR_OK;
}

static int frames_held;

errval_t cap_destroy(struct capref cap)
{
    (void)cap;
    frames_held--;
    return SYS_ERR_OK;
}

errval_t vspace_map_one_frame(void **retaddr, size_t size, struct capref cap,
                              struct memobj **retmemobj, struct vregion **retvregion)
{
    (void)size;
    (void)retmemobj;
    (void)retvregion;
    if (fail_mapping)
        return LIB_ERR_MALLOC_FAIL;
    *retaddr = page(cap.slot);
    mapped++;
    return SYS_ERR_OK;
}

/// The server keeps the address of its group only.
errval_t vspace_unmap(const void *buf)
{
    CU_ASSERT((uintptr_t)buf % BASE_PAGE_SIZE == offsetof(struct domain_info, memory));
    mapped--;
    return SYS_ERR_OK;
}

/// The writer that the reader has met goes on.
errval_t syscall2(uint64_t number, uint64_t arg1, uint64_t arg2)
{
    CU_ASSERT(number == SYSCALL_YIELD && arg1 == 0 && arg2 == 0);
    yields++;
    page(0)->memory.bytes = 4321;
    page(0)->memory.sequence++;
    return SYS_ERR_OK;
}

static struct account accounts[INFO_PAGES_MAX + 1]; // of domains 1 and on

static errval_t add(unsigned i)
{
    frames_held++;
    return info_add(&accounts[i], frame(i));
}

static void set_up(void)
{
    args.flags = SPAWN_FLAG_INFO;
    fail_mapping = false;
    frame_bytes = BASE_PAGE_SIZE;
    frames_held = 0;
    yields = 0;
    for (unsigned i = 0; i <= INFO_PAGES_MAX; i++)
        accounts[i] = (struct account){.domain = i + 1};
    memset(page(0), 0, PAGES * BASE_PAGE_SIZE);
}

static void expect_nothing_left(void)
{
    CU_ASSERT_EQUAL(mapped, 0);
    CU_ASSERT_EQUAL(frames_held, 0);
}

static void test_publish(void)
{
    struct info_memory read;
    struct account *account = &accounts[0];
    set_up();
    account->pieces = 2;
    account->bytes = 8192;
    CU_ASSERT_EQUAL(err_no(info_read_memory(&read)), LIB_ERR_NOT_IMPLEMENTED);
    CU_ASSERT(err_is_ok(add(0)));
    info_publish(account, 1000, 5000);
    CU_ASSERT(err_is_ok(info_read_memory(&read)));
    CU_ASSERT(read.bytes == 8192 && read.pieces == 2 && read.limit == 0);
    CU_ASSERT(read.free_bytes == 1000 && read.total_bytes == 5000);
    uint64_t sequence = read.sequence;
    account->bytes = account->pieces = 0;
    info_publish(account, 900, 5000);
    CU_ASSERT(err_is_ok(info_read_memory(&read)));
    CU_ASSERT(read.bytes == 0 && read.pieces == 0 && read.free_bytes == 900);
    CU_ASSERT(read.sequence > sequence && read.sequence % 2 == 0);
    CU_ASSERT_EQUAL(page(0)->kernel.sequence, 0); // E1
    info_remove(account);
    info_remove(account);
    info_publish(account, 1, 1);
    CU_ASSERT_EQUAL(page(0)->memory.free_bytes, 900);
    expect_nothing_left();
}

/// Each change reaches some others, and after a few changes everybody.
static void test_others(void)
{
    set_up();
    for (unsigned i = 0; i < 100; i++)
        CU_ASSERT(err_is_ok(add(i)));
    unsigned told = 0;
    info_publish(NULL, 77, 88);
    for (unsigned i = 0; i < 100; i++)
        told += page(i)->memory.free_bytes == 77;
    CU_ASSERT(told > 0 && told < 20);
    for (unsigned i = 0; i < 100; i++)
        info_publish(NULL, 77, 88);
    for (unsigned i = 0; i < 100; i++)
        CU_ASSERT_EQUAL(page(i)->memory.total_bytes, 88);
    for (unsigned i = 0; i < 100; i++) {
        CU_ASSERT(page(i)->memory.free_bytes == 77 && page(i)->memory.sequence % 2 == 0);
        info_remove(&accounts[i]);
    }
    expect_nothing_left();
}

static void test_refused(void)
{
    set_up();
    struct account ownerless = {0};
    CU_ASSERT_EQUAL(err_no(info_add(&accounts[0], NULL_CAP)), LIB_ERR_INVALID_ARGS);
    frames_held += 2;
    CU_ASSERT_EQUAL(err_no(info_add(&ownerless, frame(0))), LIB_ERR_INVALID_ARGS);
    CU_ASSERT_EQUAL(err_no(info_add(NULL, frame(0))), SPAWN_ERR_NO_DOMAIN);
    frame_bytes = 2 * BASE_PAGE_SIZE;
    CU_ASSERT_EQUAL(err_no(add(0)), LIB_ERR_INVALID_ARGS);
    frame_bytes = BASE_PAGE_SIZE;
    fail_mapping = true;
    CU_ASSERT_EQUAL(err_no(add(0)), LIB_ERR_MALLOC_FAIL);
    fail_mapping = false;
    CU_ASSERT_EQUAL(frames_held, 0);
    for (unsigned i = 0; i < INFO_PAGES_MAX; i++)
        CU_ASSERT(err_is_ok(add(i)));
    CU_ASSERT_EQUAL(err_no(add(6)), LIB_ERR_INVALID_ARGS);
    CU_ASSERT_EQUAL(err_no(add(INFO_PAGES_MAX)), LIB_ERR_MALLOC_FAIL);
    for (unsigned i = 0; i < INFO_PAGES_MAX; i++)
        info_remove(&accounts[i]);
    expect_nothing_left();
}

static void test_readers(void)
{
    struct info_memory read;
    struct info_kernel kernel;
    set_up();
    page(0)->kernel = (struct info_kernel){.sequence = 2, .scheduled = 5, .longest_cycles = 9};
    CU_ASSERT(err_is_ok(info_read_kernel(&kernel)));
    CU_ASSERT(kernel.scheduled == 5 && kernel.longest_cycles == 9);
    page(0)->memory.sequence = 3; // a writer was interrupted
    page(0)->memory.bytes = 1234;
    CU_ASSERT(err_is_ok(info_read_memory(&read)));
    CU_ASSERT(yields == 1 && read.sequence == 4 && read.bytes == 4321);
    args.flags = 0;
    CU_ASSERT_PTR_NULL(disp_info());
    CU_ASSERT_EQUAL(err_no(info_read_kernel(&kernel)), LIB_ERR_NOT_IMPLEMENTED);
    CU_ASSERT_EQUAL(err_no(info_read_memory(&read)), LIB_ERR_NOT_IMPLEMENTED);
}

/// A program finds the pages where a domain does.
void test_program_begin(int argc, char **argv)
{
    (void)argc, (void)argv;
    void *pages = mmap((void *)INFO_VADDR, PAGES * BASE_PAGE_SIZE, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    if (pages != page(0)) {
        perror("mmap");
        exit(EXIT_FAILURE);
    }
}

TEST_SUITE("exposed information") = {
    {"publish", test_publish},
    {"others", test_others},
    {"refused", test_refused},
    {"readers", test_readers},
};
