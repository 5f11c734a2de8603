// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Memory taken back by force: whatever was made of it, wherever its capabilities are, all of it
// ends up in one RAM capability and nothing is returned on the way.
#include "kpi/vspace.h"
#include "world.h"

#define PART (WORLD_BASE + 0x100000) ///< the range that is reclaimed in most tests
#define PART_BYTES 0x100000ul

static struct cte *low, *part, *cover;

static void set_up(void)
{
    world_reset();
    low = make(&world.slots[0], ObjType_RAM, WORLD_BASE, 0x100000);
    part = make(&world.slots[1], ObjType_RAM, PART, PART_BYTES);
    cover = &world.slots[WORLD_SLOTS - 1];
}

static errval_t step(genpaddr_t *from)
{
    return caps_reclaim(&world.caps, TO(cover), PART, PART_BYTES, from);
}

static errval_t reclaim(void)
{
    genpaddr_t from = 0;
    errval_t err;
    while ((err = step(&from)) == SYS_ERR_AGAIN)
        continue;
    step_all();
    return err;
}

/// Nothing but the cover is left of the range, and it can be returned whole.
static bool all_is_covered(unsigned others)
{
    bool covered = world.caps.mdb.count == others + 1 && cover->cap.type == ObjType_RAM &&
                   cover->cap.base == PART && cover->cap.bytes == PART_BYTES &&
                   world.returns == 0 && caps_valid(&world.caps);
    EXPECT(delete_all(cover), SYS_ERR_OK);
    return covered && world_returned_only(PART, PART_BYTES);
}

static void test_empty(void)
{
    set_up();
    EXPECT(reclaim(), SYS_ERR_OK); // a copy of just this range
    CU_ASSERT(cte_empty(part) && all_is_covered(1));
    world_take(part, PART, PART_BYTES);
    CU_ASSERT_FALSE(cte_empty(part));
    caps_surrender(&world.caps, part); // nobody has any of it
    world.returns = 0;
    EXPECT(reclaim(), SYS_ERR_OK);
    CU_ASSERT(all_is_covered(1));
}

/// RAM in hundreds of pieces, the whole and the pieces copied far and wide.
static void test_pieces(void)
{
    set_up();
    struct cte *cnode = retype_one(&world.slots[2], low, 0, ObjType_L2CNode, 0);
    for (unsigned i = 0; i < 256; i++) {
        struct cte *piece = retype_one(slot_in(cnode, i), part, i * 0x1000,
                                       i % 2 == 0 ? ObjType_RAM : ObjType_Frame, 0x1000);
        copy(&world.slots[10 + i], piece);
    }
    copy(&world.slots[3], part);
    EXPECT(delete_all(part), SYS_ERR_OK);
    unsigned steps = 0;
    uint64_t before = world.caps.mdb.count + 1;
    genpaddr_t from = 0;
    errval_t err;
    while ((err = step(&from)) == SYS_ERR_AGAIN) {
        CU_ASSERT(before - world.caps.mdb.count <= CAPS_STEP_BUDGET / CAPS_COST_DELETE + 1);
        before = world.caps.mdb.count;
        CU_ASSERT_FATAL(++steps < 1000);
    }
    EXPECT(err, SYS_ERR_OK);
    CU_ASSERT(steps > 30 && cte_empty(&world.slots[3]) && all_is_covered(2));
}

static void test_nested_and_cycles(void)
{
    set_up();
    struct cte *slot = &world.slots[2];
    for (unsigned i = 0; i < 20; i++) // each in the one before
        slot = slot_in(retype_one(slot, part, i * 0x4000, ObjType_L2CNode, 0), i);
    struct cte *a = retype_one(&world.slots[3], part, 0x80000, ObjType_L2CNode, 0);
    struct cte *b = retype_one(&world.slots[4], part, 0x84000, ObjType_L2CNode, 0);
    struct cte *in_a = slot_in(a, 7), *in_b = slot_in(b, 9);
    EXPECT(caps_move(&world.caps, TO(in_a), b), SYS_ERR_OK);
    EXPECT(caps_move(&world.caps, TO(in_b), a), SYS_ERR_OK);
    struct cte *self = retype_one(&world.slots[5], part, 0x88000, ObjType_L2CNode, 0);
    EXPECT(caps_move(&world.caps, TO(slot_in(self, 200)), self), SYS_ERR_OK);
    // What lies elsewhere goes with the CNode that has its last capability.
    retype_one(slot_in(in_a, 100), low, 0x8000, ObjType_Frame, 0x1000);
    EXPECT(reclaim(), SYS_ERR_OK);
    CU_ASSERT(world.caps.zombies == NULL && all_is_covered(1));
}

static void test_deletion_under_way(void)
{
    set_up();
    struct cte *big = retype_one(&world.slots[2], part, 0x40000, ObjType_L1CNode, 0x40000);
    EXPECT(caps_delete(&world.caps, big), SYS_ERR_AGAIN); // and left there
    EXPECT(reclaim(), SYS_ERR_OK);
    CU_ASSERT(cte_empty(big) && world.caps.zombies == NULL && all_is_covered(1));
}

static void test_mappings_and_dispatcher(void)
{
    set_up();
    struct cte *table = retype_one(&world.slots[2], low, 0, ObjType_VNode_x86_64_ptable, 0);
    struct cte *own = retype_one(&world.slots[3], part, 0, ObjType_VNode_x86_64_ptable, 0);
    struct cte *frame = retype_one(&world.slots[4], part, 0x8000, ObjType_Frame, 0x4000);
    struct cte *other = retype_one(&world.slots[5], low, 0x8000, ObjType_Frame, 0x4000);
    struct cte *dispatcher = retype_one(&world.slots[6], part, 0x10000, ObjType_Dispatcher, 0);
    EXPECT(
        caps_vnode_map(&world.caps, table, 3, 4, frame, 0, VREGION_FLAGS_READ, TO(&world.slots[7])),
        SYS_ERR_OK);
    EXPECT(
        caps_vnode_map(&world.caps, own, 3, 4, other, 0, VREGION_FLAGS_READ, TO(&world.slots[8])),
        SYS_ERR_OK);
    copy(&caps_dispatcher_slots(&world.caps, dispatcher->cap.base)->frame, other);
    EXPECT(caps_endpoint_create(&world.caps, dispatcher, 0x1000, 8, false, TO(&world.slots[9])),
           SYS_ERR_OK);
    EXPECT(reclaim(), SYS_ERR_OK);
    struct vnode *entries = caps_ptr(&world.caps, table->cap.base);
    CU_ASSERT(entries->entry[3] == 0 && entries->mapping[6] == NULL && world.flushes > 0);
    CU_ASSERT(cte_empty(&world.slots[8]) && cte_empty(&world.slots[9]) && !cte_empty(other));
    CU_ASSERT(world.dispatcher_stops == 1 && world.stopped == PART + 0x10000);
    CU_ASSERT(all_is_covered(3));
}

/// Errors that are found before anything changes.
static void test_refused(void)
{
    set_up();
    genpaddr_t from = 0;
    uint64_t count = world.caps.mdb.count;
    EXPECT(caps_reclaim(&world.caps, TO(cover), PART + 1, 0x1000, &from), SYS_ERR_ARGS);
    EXPECT(caps_reclaim(&world.caps, TO(cover), PART, 0, &from), SYS_ERR_ARGS);
    EXPECT(caps_reclaim(&world.caps, TO(cover), PART, -PART, &from), SYS_ERR_ARGS);
    EXPECT(caps_reclaim(&world.caps, TO(low), PART, PART_BYTES, &from), SYS_ERR_SLOT_IN_USE);
    struct caps_dest l1 = {.slot = cover, .room = 1, .l1 = true};
    EXPECT(caps_reclaim(&world.caps, &l1, PART, PART_BYTES, &from), SYS_ERR_CNODE_TYPE);
    // An ancestor, and objects across either border.
    EXPECT(caps_reclaim(&world.caps, TO(cover), PART, 0x1000, &from), SYS_ERR_RETYPE_RANGE);
    EXPECT(caps_reclaim(&world.caps, TO(cover), PART - 0x1000, 0x2000, &from),
           SYS_ERR_RETYPE_RANGE);
    EXPECT(caps_reclaim(&world.caps, TO(cover), PART + 0x1000, PART_BYTES, &from),
           SYS_ERR_RETYPE_RANGE);
    CU_ASSERT(world.caps.mdb.count == count && cte_empty(cover));
    caps_surrender(&world.caps, low); // so that nothing covers the beginning
    EXPECT(caps_reclaim(&world.caps, TO(cover), PART - 0x1000, 0x2000, &from),
           SYS_ERR_RETYPE_RANGE);
    struct cte *cnode = retype_one(&world.slots[2], part, 0, ObjType_L2CNode, 0);
    struct cte *inside = slot_in(cnode, 3);
    EXPECT(caps_reclaim(&world.caps, TO(inside), PART, PART_BYTES, &from), SYS_ERR_ARGS);
    // Memory that waits to be returned.
    EXPECT(delete_all(cnode), SYS_ERR_OK);
    world.ram_refused = true;
    EXPECT(delete_all(part), SYS_ERR_OK);
    EXPECT(reclaim(), SYS_ERR_CAP_BUSY);
    world.ram_refused = false;
    EXPECT(step(&from), SYS_ERR_CAP_BUSY); // but now it was returned
    CU_ASSERT(world_returned_only(PART, PART_BYTES) && cte_empty(cover));
}

static void test_remote(void)
{
    set_up();
    struct cte *known = retype_one(&world.slots[2], part, 0x8000, ObjType_Frame, 0x4000);
    struct cte *piece = retype_one(&world.slots[3], known, 0x1000, ObjType_Frame, 0x1000);
    struct cte *after = retype_one(&world.slots[4], part, 0x10000, ObjType_Frame, 0x1000);
    copy(&world.slots[5], known);
    EXPECT(caps_set_remote(&world.caps, known, true), SYS_ERR_OK);
    EXPECT(reclaim(), SYS_ERR_REMOTE);
    CU_ASSERT(cte_empty(part) && cte_empty(after) && !cte_empty(piece) && !cte_empty(known));
    CU_ASSERT(world.remotes == 0 && caps_valid(&world.caps));
    EXPECT(delete_all(cover), SYS_ERR_OK); // gives back all around it
    CU_ASSERT(world.returned[0x107] && !world.returned[0x108] && !world.returned[0x10b] &&
              world.returned[0x10c]);
    // The whole of it.
    set_up();
    EXPECT(caps_set_remote(&world.caps, part, true), SYS_ERR_OK);
    EXPECT(reclaim(), SYS_ERR_REMOTE);
    CU_ASSERT(cte_empty(cover) && !cte_empty(part));
}

/// More of it than one step can look at: no step looks again at what the one before has passed.
static void test_much_remote(void)
{
    enum { FRAMES = 40 };
    set_up();
    for (unsigned i = 0; i < FRAMES; i++) {
        struct cte *frame =
            retype_one(&world.slots[10 + i], part, i * 0x2000, ObjType_Frame, 0x1000);
        EXPECT(caps_set_remote(&world.caps, frame, true), SYS_ERR_OK);
    }
    struct cte *last = retype_one(&world.slots[2], part, 0x80000, ObjType_Frame, 0x1000);
    genpaddr_t from = 0;
    unsigned steps = 0;
    errval_t err;
    while ((err = step(&from)) == SYS_ERR_AGAIN)
        CU_ASSERT_FATAL(++steps < 100);
    EXPECT(err, SYS_ERR_REMOTE);
    CU_ASSERT(steps >= FRAMES * CAPS_COST_DELETE / CAPS_STEP_BUDGET && cte_empty(last));
    for (unsigned i = 0; i < FRAMES; i++)
        CU_ASSERT_FALSE(cte_empty(&world.slots[10 + i]));
    CU_ASSERT_TRUE(caps_valid(&world.caps));
}

/// From the first step to the last nobody can make new things out of what is left.
static void test_holder_is_alive(void)
{
    set_up();
    struct cte *root = retype_one(&world.slots[2], low, 0, ObjType_L1CNode, 0x4000);
    struct cte *task = retype_one(slot_in(root, 0), low, 0x4000, ObjType_L2CNode, 0), *found;
    for (unsigned i = 0; i < 100; i++)
        copy(slot_in(task, i), part);
    struct cte *big = retype_one(slot_in(task, 200), low, 0x80000, ObjType_Frame, 0x1000);
    genpaddr_t from = 0;
    uint64_t last = caddr_make(0, 99, 2), elsewhere = caddr_make(0, 200, 2);
    EXPECT(caps_lookup(&world.caps, &root->cap, last, &found), SYS_ERR_OK);
    EXPECT(step(&from), SYS_ERR_AGAIN);
    EXPECT(caps_lookup(&world.caps, &root->cap, last, &found), SYS_ERR_CAP_BUSY);
    EXPECT(caps_lookup_delete(&world.caps, &root->cap, last, &found), SYS_ERR_OK);
    EXPECT(caps_lookup(&world.caps, &root->cap, elsewhere, &found), SYS_ERR_OK);
    CU_ASSERT_PTR_EQUAL(found, big);
    while (step(&from) == SYS_ERR_AGAIN)
        continue;
    copy(slot_in(task, 1), cover); // used again
    EXPECT(caps_lookup(&world.caps, &root->cap, caddr_make(0, 1, 2), &found), SYS_ERR_OK);
}

/// The slot of the cover lies in a CNode whose last capability lies in the range.
static void test_branch_one_sits_on(void)
{
    set_up();
    struct cte *outer = retype_one(&world.slots[2], part, 0, ObjType_L2CNode, 0);
    struct cte *inner = retype_one(slot_in(outer, 3), low, 0, ObjType_L2CNode, 0);
    cover = slot_in(inner, 5);
    EXPECT(delete_all(low), SYS_ERR_OK);
    world.returns = 0;
    genpaddr_t from = 0;
    errval_t err;
    while ((err = step(&from)) == SYS_ERR_AGAIN)
        continue;
    step_all();
    CU_ASSERT(err != SYS_ERR_OK && world.caps.mdb.count == 0 && caps_valid(&world.caps));
}

TEST_SUITE("reclaim") = {
    {"nothing there, or one copy", test_empty},
    {"hundreds of pieces", test_pieces},
    {"nested CNodes and cycles", test_nested_and_cycles},
    {"a deletion under way", test_deletion_under_way},
    {"mappings and a dispatcher", test_mappings_and_dispatcher},
    {"refused before anything changes", test_refused},
    {"what other cores may hold stays", test_remote},
    {"much that other cores may hold", test_much_remote},
    {"a holder that is alive", test_holder_is_alive},
    {"the branch one sits on", test_branch_one_sits_on},
};
