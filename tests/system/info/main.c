// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Exposed information: that the page says what invocations and services say, that its domain can
// only read it, and that nothing is left of it when its domain ends.
//   test_info            the test
//   test_info write      a child: writes to its page, and must die
#include "barrelfish/info.h"

#include <string.h>

#include "barrelfish/barrelfish.h"
#include "barrelfish/capabilities.h"
#include "barrelfish/deferred.h"
#include "barrelfish/ram_alloc.h"
#include "barrelfish/slot_alloc.h"
#include "barrelfish/spawn_client.h"
#include "hostile.h"
#include "systest/systest.h"

#define SLEEP_US 1000u
#define COPIES 64u
#define PIECES 7u
#define CHILDREN 40u
#define SPIN 3000000u
#define LIMIT_MS 60000u

static uint64_t stat(enum kernel_stat which)
{
    uint64_t value = 0;
    EXPECT_OK(invoke_kernel_stat(cap_kernelinfo, which, &value));
    return value;
}

static struct info_kernel read_kernel(void)
{
    struct info_kernel info = {0};
    EXPECT_OK(info_read_kernel(&info));
    return info;
}

static struct info_memory read_memory(void)
{
    struct info_memory info = {0};
    EXPECT_OK(info_read_memory(&info));
    return info;
}

/// A time slice begins, and in it the page and the invocations are compared. If it ended meanwhile,
/// once more.
static struct info_kernel compare_kernel(void)
{
    struct info_kernel info;
    uint64_t state, scheduled = 0, mdb_size, ticks, idle;
    do {
        barrelfish_usleep(SLEEP_US);
        info = read_kernel();
        mdb_size = stat(KERNEL_STAT_MDB_SIZE);
        ticks = stat(KERNEL_STAT_TICKS);
        idle = stat(KERNEL_STAT_IDLE_CYCLES);
        EXPECT_OK(invoke_dispatcher_state(cap_dispatcher, &state, &scheduled));
    } while (read_kernel().sequence != info.sequence);
    EXPECT(info.scheduled == scheduled);
    EXPECT(info.mdb_size == mdb_size);
    EXPECT(info.ticks == ticks);
    EXPECT(info.idle_cycles == idle);
    EXPECT(info.longest_cycles > 0 && info.longest_cycles <= stat(KERNEL_STAT_LONGEST_CYCLES));
    EXPECT(info.runnable >= 1);
    EXPECT(info.tsc <= (uint64_t)systime_now());
    return info;
}

static void test_kernel(void)
{
    struct capref copies[COPIES];
    struct info_kernel first = compare_kernel();
    for (unsigned i = 0; i < COPIES; i++) {
        EXPECT_OK(slot_alloc(&copies[i]));
        EXPECT_OK(cap_copy(copies[i], cap_selfep));
    }
    struct info_kernel second = compare_kernel();
    EXPECT(second.mdb_size >= first.mdb_size + COPIES);
    EXPECT(second.scheduled > first.scheduled && second.tsc > first.tsc);
    for (unsigned i = 0; i < COPIES; i++)
        EXPECT_OK(cap_destroy(copies[i]));
    EXPECT(compare_kernel().mdb_size <= second.mdb_size - COPIES);
    EXPECT(disp_info()->kernel.sequence % 2 == 0);
}

/// While it is busy its cycles grow, and never by more than the time that passed.
static void test_cycles(void)
{
    struct info_kernel before = compare_kernel();
    for (volatile unsigned i = 0; i < SPIN; i++) {
    }
    struct info_kernel after = compare_kernel();
    EXPECT(after.run_cycles > before.run_cycles + SPIN);
    EXPECT(after.run_cycles - before.run_cycles <= after.tsc - before.tsc);
    EXPECT(compare_kernel().run_cycles > after.run_cycles);
}

static void compare_memory(void)
{
    struct info_memory info;
    genpaddr_t available, total;
    struct spawn_domain_info listed = {0}; // by spawnd, out of the memory server's account
    do {
        info = read_memory();
        EXPECT_OK(ram_available(&available, &total));
        EXPECT_OK(spawn_list_next(disp_get_domain_id(), &listed));
    } while (read_memory().sequence != info.sequence);
    EXPECT(info.free_bytes == available);
    EXPECT(info.total_bytes == total);
    EXPECT(listed.id == disp_get_domain_id());
    EXPECT(info.bytes == listed.bytes + listed.given_bytes);
    EXPECT(info.limit == 0);
}

static void take_pieces(void)
{
    struct capref pieces[PIECES];
    struct info_memory before = read_memory();
    for (unsigned i = 0; i < PIECES; i++)
        EXPECT_OK(ram_alloc_bytes(&pieces[i], (i + 1) * BASE_PAGE_SIZE, BASE_PAGE_SIZE));
    struct info_memory after = read_memory();
    EXPECT(after.bytes - before.bytes == PIECES * (PIECES + 1) / 2 * BASE_PAGE_SIZE);
    EXPECT(after.pieces - before.pieces == PIECES);
    EXPECT(after.sequence > before.sequence);
    compare_memory();
    for (unsigned i = 0; i < PIECES; i++)
        EXPECT_OK(cap_destroy(pieces[i]));
    (void)test_memory_settled();
    compare_memory();
}

/// The page can be had only as it is: of the capabilities that lie where its spawner put them, the
/// frame and its mapping are the two that cannot even be identified.
static void try_writable(cslot_t cnode_slot, unsigned *frames, unsigned *mappings)
{
    struct capref table, mapping, copy;
    struct capability info;
    EXPECT_OK(slot_alloc(&table));
    EXPECT_OK(slot_alloc(&mapping));
    EXPECT_OK(slot_alloc(&copy));
    EXPECT_OK(vnode_create(table, ObjType_VNode_x86_64_ptable));
    for (cslot_t i = 0; i < L2_CNODE_SLOTS; i++) {
        struct capref cap = {ROOTCN_CNODE(cnode_slot), i};
        if (err_no(cap_identify(cap, &info)) != SYS_ERR_RIGHTS)
            continue;
        errval_t err = invoke_mapping_modify_flags(cap, 0, 1, VREGION_FLAGS_READ_WRITE, 0);
        if (err_no(err) != SYS_ERR_ILLEGAL_INVOCATION) {
            EXPECT_ERR(err, SYS_ERR_VNODE_FLAGS);
            (*mappings)++;
            continue;
        }
        EXPECT_ERR(vnode_map(table, cap, 0, VREGION_FLAGS_READ_WRITE, 0, 1, mapping),
                   SYS_ERR_VNODE_FLAGS);
        EXPECT_OK(cap_mint(copy, cap, CAPRIGHTS_ALL, 0));
        EXPECT_ERR(vnode_map(table, copy, 0, VREGION_FLAGS_READ_WRITE, 0, 1, mapping),
                   SYS_ERR_VNODE_FLAGS);
        EXPECT_ERR(cap_revoke(copy), SYS_ERR_RIGHTS);
        EXPECT_OK(cap_delete(copy));
        (*frames)++;
    }
    EXPECT_OK(cap_destroy(table));
    EXPECT_OK(slot_free(mapping));
    EXPECT_OK(slot_free(copy));
}

static void test_read_only(void)
{
    static const char *const args[] = {"write", NULL};
    unsigned frames = 0, mappings = 0;
    struct test_child child = test_run_child(disp_get_core_id(), "test_info", args, LIMIT_MS);
    EXPECT(child.end == TEST_END_DIED);
    try_writable(ROOTCN_SLOT_PAGECN, &frames, &mappings);
    EXPECT(frames == 0 && mappings == 1);
    try_writable(ROOTCN_SLOT_SEGCN, &frames, &mappings);
    EXPECT(frames == 1 && mappings == 1);
}

static void spawn_many(void)
{
    static const char *const args[] = {"exit", "7", NULL};
    for (unsigned i = 0; i < CHILDREN; i++) {
        struct test_child child = test_run_child(disp_get_core_id(), "test_child", args, LIMIT_MS);
        EXPECT(child.end == TEST_END_STATUS && child.status == 7);
    }
}

static int write_page(void)
{
    volatile uint64_t *page = (volatile uint64_t *)INFO_VADDR;
    if (*page == 0)
        return 1; // it cannot even be read
    *page = 0;
    return 2;
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "write") == 0)
        return write_page();
    if (!EXPECT(disp_info() != NULL))
        return test_summary("info");
    test_kernel();
    test_cycles();
    take_pieces(); // the library's reserves grow in this round
    take_pieces();
    test_read_only();
    test_refusals();
    test_revoked();
    spawn_many();
    uint64_t before = test_memory_settled();
    uint64_t capabilities = compare_kernel().mdb_size;
    spawn_many();
    test_read_only();
    test_refusals();
    test_revoked();
    EXPECT_MEMORY(before);
    EXPECT(compare_kernel().mdb_size == capabilities);
    return test_summary("info");
}
