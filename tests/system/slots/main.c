// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// A capability space that outgrows its L1CNode twice: what was there before is there afterwards, at
// the same address, for other threads and for messages too; what was made later can be used; and
// memory comes back when slots are freed, or when the domain ends without having freed any.
//   test_slots             all of it
//   test_slots child       grows, and ends
#include <stdatomic.h>
#include <string.h>

#include "barrelfish/barrelfish.h"
#include "barrelfish/capabilities.h"
#include "barrelfish/lmp_chan.h"
#include "barrelfish/slot_alloc.h"
#include "barrelfish/vspace_common.h"
#include "systest/systest.h"
#include "tests.h"

#define SLOTS 71000u ///< 278 L2CNodes
#define ROOTS 260u   ///< L1 slots taken besides: together more than 512
#define MESSAGES 8u
#define KEPT_BYTES (512u * 1024u) ///< what may stay: a larger L1CNode, its map, a few L2CNodes
#define MARK 0x510751075107ul

static struct capref slots[SLOTS], roots[ROOTS], frame;
static atomic_bool stop;
static atomic_ulong rounds;

static gensize_t root_slots(void)
{
    struct capability info = {0};
    EXPECT_OK(cap_identify(cap_root, &info));
    return info.bytes / OBJSIZE_CTE;
}

/// A thread that uses capabilities of the first L2CNode whenever the other one waits for memory.
static int use_slots(void *arg)
{
    struct capref slot = *(struct capref *)arg;
    while (!atomic_load(&stop)) {
        struct capability info;
        bool ok = err_is_ok(cap_copy(slot, frame)) && err_is_ok(cap_identify(slot, &info)) &&
                  info.bytes == BASE_PAGE_SIZE && err_is_ok(cap_delete(slot));
        if (!EXPECT(ok))
            return 1;
        atomic_fetch_add(&rounds, 1);
        thread_yield();
    }
    return 0;
}

static bool fill(void)
{
    bool ok = true;
    for (unsigned i = 0; i < ROOTS && ok; i++)
        ok = EXPECT_OK(slot_alloc_root(&roots[i]));
    for (unsigned i = 0; i < SLOTS && ok; i++)
        ok = EXPECT_OK(slot_alloc(&slots[i])) && EXPECT_OK(cap_copy(slots[i], frame));
    return ok;
}

static void drain(void)
{
    for (unsigned i = 0; i < SLOTS; i++)
        EXPECT_OK(cap_destroy(slots[i]));
    for (unsigned i = 0; i < ROOTS; i++)
        EXPECT_OK(slot_free(roots[i]));
}

static void expect_mark(struct capref cap)
{
    void *at;
    if (EXPECT_OK(vspace_map_one_frame(&at, BASE_PAGE_SIZE, cap, NULL, NULL))) {
        EXPECT(*(volatile uint64_t *)at == MARK);
        EXPECT_OK(vspace_unmap(at));
    }
}

/// Sends the frame to ourselves; it arrives in `slot`.
static void pass(struct capref ep_cap, struct lmp_endpoint *ep, struct capref slot)
{
    struct lmp_recv_msg msg = LMP_RECV_MSG_INIT;
    uint64_t words[LMP_MSG_LENGTH] = {0};
    struct capref came = NULL_CAP;
    EXPECT_OK(lmp_send(ep_cap, 0, frame, 0, words));
    EXPECT_OK(lmp_endpoint_recv(ep, &msg.buf, &came));
    if (EXPECT(capcmp(came, slot))) {
        expect_mark(came);
        EXPECT_OK(cap_delete(came));
    }
}

/// One round: grow, use, free. The receive slot is set before, so the kernel looks its address up
/// in a space that has changed since.
static void round_trip(gensize_t expected)
{
    struct capref early, ep_cap, mine, late_root;
    struct cnoderef late;
    struct lmp_endpoint *ep;
    int status = 1;
    EXPECT_OK(slot_alloc(&early));
    EXPECT_OK(slot_alloc(&mine));
    EXPECT_OK(endpoint_create(MESSAGES, &ep_cap, &ep));
    lmp_endpoint_set_recv_slot(ep, early);
    atomic_store(&stop, false);
    struct thread *thread = thread_create(use_slots, &mine);
    EXPECT(thread != NULL);
    if (fill()) {
        EXPECT(root_slots() == expected);
        expect_mark(frame);
        expect_mark(slots[0]);
        expect_mark(slots[SLOTS - 1]);
        EXPECT(get_cap_addr(slots[SLOTS - 1]) > SLOTS);
        pass(ep_cap, ep, early);
        EXPECT_OK(cap_delete(slots[SLOTS - 1]));
        lmp_endpoint_set_recv_slot(ep, slots[SLOTS - 1]);
        pass(ep_cap, ep, slots[SLOTS - 1]);
        EXPECT_OK(cap_copy(slots[SLOTS - 1], frame));
        EXPECT_OK(cnode_create_l2(&late_root, &late));
        EXPECT_OK(cap_copy((struct capref){late, 200}, frame));
        expect_mark((struct capref){late, 200});
        EXPECT_OK(cap_destroy(late_root));
        drain();
    }
    atomic_store(&stop, true);
    EXPECT_OK(thread_join(thread, &status));
    EXPECT(status == 0 && atomic_load(&rounds) > 0);
    lmp_endpoint_set_recv_slot(ep, NULL_CAP);
    EXPECT_OK(cap_destroy(ep_cap));
    lmp_endpoint_free(ep);
    EXPECT_OK(slot_free(early));
    EXPECT_OK(slot_free(mine));
}

static void test_growth(void)
{
    uint64_t start = test_memory_settled();
    EXPECT(root_slots() == L1_CNODE_SLOTS_MIN);
    round_trip(4 * L1_CNODE_SLOTS_MIN);
    uint64_t before = test_memory_settled();
    EXPECT(start - before < KEPT_BYTES);
    size_t free_slots = slot_free_count();
    round_trip(4 * L1_CNODE_SLOTS_MIN);
    EXPECT_MEMORY(before);
    EXPECT(slot_free_count() == free_slots);
    EXPECT(free_slots < SLOTS / 10); // what was empty has been given back
}

static void test_end(void)
{
    static const char *const args[] = {"child", NULL};
    uint64_t before = 0;
    for (unsigned i = 0; i < 2; i++) {
        before = test_memory_settled();
        struct test_child child = test_run_child(disp_get_core_id(), "test_slots", args, 0);
        EXPECT(child.end == TEST_END_STATUS && child.status == 0);
    }
    EXPECT_MEMORY(before);
}

int main(int argc, char **argv)
{
    void *at;
    if (!EXPECT_OK(frame_alloc(&frame, BASE_PAGE_SIZE, NULL)) ||
        !EXPECT_OK(vspace_map_one_frame(&at, BASE_PAGE_SIZE, frame, NULL, NULL)))
        return 1;
    *(volatile uint64_t *)at = MARK;
    if (argc > 1 && strcmp(argv[1], "child") == 0)
        return fill() && root_slots() == 4 * L1_CNODE_SLOTS_MIN ? 0 : 1;
    test_cspace();
    test_growth();
    test_end();
    return test_summary("test_slots");
}
