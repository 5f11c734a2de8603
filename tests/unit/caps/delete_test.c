// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Deletion and revocation of single objects: memory that comes back, memory that nobody has room
// for, and what other cores know of.
#include "kpi/vspace.h"
#include "world.h"

static struct cte *ram;

static void set_up(void)
{
    world_reset();
    ram = make(&world.slots[0], ObjType_RAM, WORLD_BASE, 0x100000);
}

static void test_gaps(void)
{
    set_up();
    struct cte *a = retype_one(&world.slots[1], ram, 0x10000, ObjType_Frame, 0x4000);
    struct cte *b = retype_one(&world.slots[2], ram, 0x14000, ObjType_RAM, 0x4000);
    struct cte *c = retype_one(&world.slots[3], b, 0x1000, ObjType_Frame, 0x1000);
    struct cte *second = copy(&world.slots[4], ram);
    EXPECT(delete_all(ram), SYS_ERR_OK);
    CU_ASSERT_EQUAL(world.returns, 0); // a copy is left
    EXPECT(delete_all(second), SYS_ERR_OK);
    CU_ASSERT_EQUAL(world.returns, 2); // before a, and behind b
    CU_ASSERT_FALSE(world.returned[0x10] || world.returned[0x17]);
    CU_ASSERT(world.returned[0xf] && world.returned[0x18] && world.returned[0xff]);
    EXPECT(delete_all(b), SYS_ERR_OK);
    CU_ASSERT(world.returned[0x14] && !world.returned[0x15] && world.returned[0x16]);
    EXPECT(delete_all(a), SYS_ERR_OK);
    EXPECT(delete_all(c), SYS_ERR_OK);
    CU_ASSERT(world_returned_only(WORLD_BASE, 0x100000));
    EXPECT(caps_delete(&world.caps, c), SYS_ERR_CAP_NOT_FOUND);
    CU_ASSERT_EQUAL(world.caps.mdb.count, 0);
}

static void test_covered(void)
{
    set_up();
    struct cte *frame = retype_one(&world.slots[1], ram, 0, ObjType_Frame, 0x4000);
    struct cte *device = make(&world.slots[2], ObjType_DevFrame, 0x10000000, 0x1000);
    EXPECT(delete_all(frame), SYS_ERR_OK);
    EXPECT(delete_all(device), SYS_ERR_OK);
    CU_ASSERT_EQUAL(world.returns, 0);
    // So the same memory can be used again.
    retype_one(&world.slots[1], ram, 0, ObjType_L2CNode, 0);
    EXPECT(delete_all(&world.slots[1]), SYS_ERR_OK);
    EXPECT(delete_all(ram), SYS_ERR_OK);
    CU_ASSERT(world_returned_only(WORLD_BASE, 0x100000));
}

static void test_no_room(void)
{
    set_up();
    struct cte *frame = retype_one(&world.slots[1], ram, 0x8000, ObjType_Frame, 0x4000);
    struct cte *cnode = retype_one(&world.slots[2], ram, 0x20000, ObjType_L2CNode, 0);
    world.ram_refused = true;
    EXPECT(delete_all(ram), SYS_ERR_OK); // deletion does not wait for room
    CU_ASSERT_EQUAL(world.caps.unreturned_bytes, 0x100000 - 0x8000);
    EXPECT(delete_all(frame), SYS_ERR_OK);
    EXPECT(delete_all(cnode), SYS_ERR_OK);
    CU_ASSERT_EQUAL(world.caps.unreturned_bytes, 0x100000);
    CU_ASSERT(caps_valid(&world.caps) && !caps_step(&world.caps));
    // Memory on the list can be neither overlapped nor copied by what another core sends.
    struct capability sent = {.base = WORLD_BASE, .bytes = 0x8000, .type = ObjType_RAM, .owner = 9};
    EXPECT(caps_create_foreign(&world.caps, TO(ram), &sent), SYS_ERR_ARGS);
    sent.owner = WORLD_CORE;
    EXPECT(caps_create_foreign(&world.caps, TO(ram), &sent), SYS_ERR_CAP_BUSY);
    sent.bytes = 0x200000;
    EXPECT(caps_create_foreign(&world.caps, TO(ram), &sent), SYS_ERR_CAP_BUSY);
    sent.bytes = 0x1000;
    EXPECT(caps_create_foreign(&world.caps, TO(ram), &sent), SYS_ERR_CAP_BUSY);
    world.ram_refused = false;
    step_all();
    CU_ASSERT(world_returned_only(WORLD_BASE, 0x100000));
    CU_ASSERT(world.caps.unreturned_bytes == 0 && world.caps.mdb.count == 0);
}

static void test_remote(void)
{
    set_up();
    struct cte *frame = retype_one(&world.slots[1], ram, 0, ObjType_Frame, 0x4000);
    struct cte *second = copy(&world.slots[2], frame), *parked = &world.slots[3];
    EXPECT(caps_set_remote(&world.caps, frame, true), SYS_ERR_OK);
    EXPECT(delete_all(frame), SYS_ERR_OK);
    CU_ASSERT_EQUAL(world.remotes, 0);
    world.remote_refused = true;
    EXPECT(caps_delete(&world.caps, second), SYS_ERR_AGAIN);
    EXPECT(caps_delete(&world.caps, second), SYS_ERR_AGAIN);
    EXPECT(caps_revoke(&world.caps, ram), SYS_ERR_REMOTE); // a descendant that others know
    world.remote_refused = false;
    world.remote_slot = parked;
    EXPECT(caps_delete(&world.caps, second), SYS_ERR_OK);
    CU_ASSERT(world.remotes == 1 && parked->cap.type == ObjType_Frame && cte_empty(second));
    // When the protocol is done the monitor unmarks and deletes it.
    EXPECT(caps_set_remote(&world.caps, parked, false), SYS_ERR_OK);
    EXPECT(caps_delete(&world.caps, parked), SYS_ERR_OK);
    CU_ASSERT(cte_empty(parked) && world.remotes == 1);
}

static void test_foreign(void)
{
    set_up();
    struct cte *table = retype_one(&world.slots[1], ram, 0, ObjType_VNode_x86_64_ptable, 0);
    struct capability sent = {.base = WORLD_BASE + 0x400000,
                              .bytes = 0x4000,
                              .type = ObjType_Frame,
                              .rights = CAPRIGHTS_ALL,
                              .owner = 9};
    struct cte *frame = &world.slots[2], *mapping = &world.slots[3];
    EXPECT(caps_create_foreign(&world.caps, TO(frame), &sent), SYS_ERR_OK);
    EXPECT(caps_vnode_map(&world.caps, table, 0, 1, frame, 0, VREGION_FLAGS_READ, TO(mapping)),
           SYS_ERR_OK);
    EXPECT(caps_revoke(&world.caps, frame), SYS_ERR_REMOTE);
    EXPECT(caps_set_remote(&world.caps, frame, false), SYS_ERR_OK);
    EXPECT(delete_all(frame), SYS_ERR_OK);
    CU_ASSERT(cte_empty(mapping) && world.returns == 0); // not this core's memory
    // Without a monitor the hook says to go on; the mark has no other effect then.
    EXPECT(caps_create_foreign(&world.caps, TO(frame), &sent), SYS_ERR_OK);
    EXPECT(delete_all(frame), SYS_ERR_OK);
    CU_ASSERT(cte_empty(frame) && world.remotes == 1 && world.returns == 0);
    CU_ASSERT(caps_valid(&world.caps));
}

static void test_revoke(void)
{
    set_up();
    struct cte *less = &world.slots[1];
    caps_mint(&world.caps, TO(less), ram, CAPRIGHTS_ALL & ~CAPRIGHTS_GRANT, 0);
    EXPECT(allowed(CAP_CMD_REVOKE, less), SYS_ERR_RIGHTS);
    EXPECT(allowed(CAP_CMD_REVOKE, ram), SYS_ERR_OK);
    EXPECT(caps_revoke(&world.caps, &world.slots[9]), SYS_ERR_CAP_NOT_FOUND);
    struct cte *inner = retype_one(&world.slots[2], ram, 0, ObjType_RAM, 0x10000);
    struct cte *frame = retype_one(&world.slots[3], inner, 0, ObjType_Frame, 0x8000);
    for (unsigned i = 0; i < 100; i++)
        copy(&world.slots[100 + i], frame);
    unsigned steps = 0;
    uint64_t before = world.caps.mdb.count;
    errval_t err;
    while ((err = caps_revoke(&world.caps, ram)) == SYS_ERR_AGAIN) {
        uint64_t gone = before - world.caps.mdb.count;
        CU_ASSERT(gone > 0 && gone <= CAPS_STEP_BUDGET / CAPS_COST_DELETE);
        before = world.caps.mdb.count;
        steps++;
    }
    EXPECT(err, SYS_ERR_OK);
    CU_ASSERT(steps >= 6 && world.caps.mdb.count == 1 && !cte_empty(ram));
    CU_ASSERT_EQUAL(world.returns, 0);
    // What is half cleared cannot be revoked.
    uint32_t done;
    EXPECT(caps_retype(&world.caps, ram, 0, ObjType_Frame, 0x20000, 1, TO(less), &done),
           SYS_ERR_AGAIN);
    EXPECT(caps_revoke(&world.caps, less), SYS_ERR_CAP_BUSY);
}

/// The invoked capability lies in a CNode made of the memory that is revoked.
static void test_revoke_oneself(void)
{
    set_up();
    struct cte *cnode = retype_one(&world.slots[1], ram, 0x4000, ObjType_L2CNode, 0);
    struct cte *inside = slot_in(cnode, 0);
    EXPECT(caps_move(&world.caps, TO(inside), ram), SYS_ERR_OK);
    EXPECT(revoke_all(inside), SYS_ERR_CAP_NOT_FOUND);
    CU_ASSERT(world_returned_only(WORLD_BASE, 0x100000));
    CU_ASSERT_EQUAL(world.caps.mdb.count, 0);
}

TEST_SUITE("delete") = {
    {"gaps come back", test_gaps},
    {"covered memory does not", test_covered},
    {"no room for memory", test_no_room},
    {"last copy that others know", test_remote},
    {"foreign frame", test_foreign},
    {"revoke", test_revoke},
    {"revoke the branch one sits on", test_revoke_oneself},
};
