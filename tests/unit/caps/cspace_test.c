// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Lookup: every error, slots of both levels, other spaces, and any 64 bits as an address.
#include "world.h"

#include <string.h>

static struct cte *ram, *root, *l2, *other;

#define ADDRESS(l1, slot) ((capaddr_t)((l1) << L2_CNODE_BITS | (slot)))

/// A space whose slot 1 has an L2CNode, with another space's root in its slot 5.
static void set_up(void)
{
    world_reset();
    ram = make(&world.slots[0], ObjType_RAM, WORLD_BASE, 1 << 20);
    root = retype_one(&world.slots[1], ram, 0, ObjType_L1CNode, 0x4000);
    l2 = retype_one(slot_in(root, 1), ram, 0x4000, ObjType_L2CNode, 0);
    other = retype_one(slot_in(l2, 5), ram, 0x8000, ObjType_L1CNode, 0x8000);
    retype_one(slot_in(other, 400), ram, 0x10000, ObjType_L2CNode, 0);
    retype_one(slot_in(slot_in(other, 400), 7), ram, 0x14000, ObjType_Frame, 0x1000);
}

static errval_t look(uint64_t caddr)
{
    struct cte *out = NULL;
    errval_t err = caps_lookup(&world.caps, &root->cap, caddr, &out);
    CU_ASSERT_EQUAL(out != NULL, err == SYS_ERR_OK);
    return err;
}

static void test_lookup(void)
{
    set_up();
    struct cte *out;
    EXPECT(caps_lookup(&world.caps, &root->cap, caddr_make(0, ADDRESS(1, 5), 2), &out), SYS_ERR_OK);
    CU_ASSERT_PTR_EQUAL(out, other);
    EXPECT(caps_lookup(&world.caps, &root->cap, caddr_make(0, ADDRESS(1, 0), 1), &out), SYS_ERR_OK);
    CU_ASSERT_PTR_EQUAL(out, l2);
    uint64_t far = caddr_make(ADDRESS(1, 5), ADDRESS(400, 7), 2);
    EXPECT(caps_lookup(&world.caps, &root->cap, far, &out), SYS_ERR_OK);
    CU_ASSERT_EQUAL(out->cap.type, ObjType_Frame);
    EXPECT(look(caddr_make(0, ADDRESS(1, 6), 2)), SYS_ERR_CAP_NOT_FOUND);
    EXPECT(look(caddr_make(0, ADDRESS(2, 0), 1)), SYS_ERR_CAP_NOT_FOUND);
    EXPECT(look(caddr_make(0, ADDRESS(2, 0), 2)), SYS_ERR_SLOT_INVALID);
    EXPECT(look(caddr_make(0, ADDRESS(256, 0), 2)), SYS_ERR_SLOT_INVALID);
    EXPECT(look(caddr_make(0, ADDRESS(1, 1), 1)), SYS_ERR_SLOT_INVALID);
    EXPECT(look(caddr_make(0, ADDRESS(1, 5), 0)), SYS_ERR_SLOT_INVALID);
    EXPECT(look(caddr_make(0, ADDRESS(1, 5), 3)), SYS_ERR_SLOT_INVALID);
    EXPECT(look(caddr_make(ADDRESS(1, 6), 0, 2)), SYS_ERR_SLOT_INVALID);
    copy(slot_in(l2, 8), ram);
    EXPECT(look(caddr_make(ADDRESS(1, 8), 0, 2)), SYS_ERR_CAP_TYPE);
    EXPECT(caps_lookup(&world.caps, &ram->cap, 0, &out), SYS_ERR_CAP_TYPE);
    EXPECT(caps_lookup(&world.caps, &world.slots[99].cap, 0, &out), SYS_ERR_SLOT_INVALID);
}

static void test_rights(void)
{
    set_up();
    struct cte *out;
    struct caps_dest dest;
    uint64_t caddr = caddr_make(0, ADDRESS(2, 5), 2);
    EXPECT(caps_mint(&world.caps, TO(slot_in(root, 2)), l2, CAPRIGHTS_READ, 0), SYS_ERR_OK);
    EXPECT(look(caddr), SYS_ERR_OK);
    EXPECT(caps_lookup_slot(&world.caps, &root->cap, caddr, &dest), SYS_ERR_RIGHTS);
    EXPECT(caps_lookup_delete(&world.caps, &root->cap, caddr, &out), SYS_ERR_RIGHTS);
    EXPECT(caps_mint(&world.caps, TO(slot_in(root, 3)), l2, CAPRIGHTS_WRITE, 0), SYS_ERR_OK);
    caddr = caddr_make(0, ADDRESS(3, 5), 2);
    EXPECT(look(caddr), SYS_ERR_RIGHTS);
    EXPECT(caps_lookup_slot(&world.caps, &root->cap, caddr, &dest), SYS_ERR_OK);
    CU_ASSERT(dest.slot == other && dest.room == 251 && !dest.l1);
    EXPECT(caps_lookup_delete(&world.caps, &root->cap, caddr, &out), SYS_ERR_OK);
    CU_ASSERT_PTR_EQUAL(out, other);
    EXPECT(caps_lookup_slot(&world.caps, &root->cap, caddr_make(0, ADDRESS(9, 0), 1), &dest),
           SYS_ERR_OK);
    CU_ASSERT(dest.slot == slot_in(root, 9) && dest.room == 247 && dest.l1);
    EXPECT(caps_lookup_delete(&world.caps, &root->cap, caddr_make(0, ADDRESS(9, 0), 1), &out),
           SYS_ERR_CAP_NOT_FOUND);
}

static void test_busy(void)
{
    set_up();
    struct cte *out;
    uint32_t done;
    // A frame too large to be cleared in one step.
    EXPECT(caps_retype(&world.caps, ram, 0x20000, ObjType_Frame, 0x20000, 1, TO(slot_in(l2, 9)),
                       &done),
           SYS_ERR_AGAIN);
    EXPECT(look(caddr_make(0, ADDRESS(1, 9), 2)), SYS_ERR_CAP_BUSY);
    EXPECT(caps_lookup_delete(&world.caps, &root->cap, caddr_make(0, ADDRESS(1, 9), 2), &out),
           SYS_ERR_OK);
    // A CNode with so many slots that its deletion takes more than one step.
    struct cte *big = retype_one(slot_in(l2, 10), ram, 0x40000, ObjType_L1CNode, 0x10000);
    EXPECT(caps_delete(&world.caps, big), SYS_ERR_AGAIN);
    EXPECT(look(caddr_make(0, ADDRESS(1, 10), 2)), SYS_ERR_CAP_BUSY);
    EXPECT(look(caddr_make(ADDRESS(1, 10), 0, 2)), SYS_ERR_CAP_BUSY);
    EXPECT(caps_lookup(&world.caps, &big->cap, 0, &out), SYS_ERR_CAP_BUSY);
    EXPECT(caps_lookup_delete(&world.caps, &root->cap, caddr_make(0, ADDRESS(1, 10), 2), &out),
           SYS_ERR_OK);
    CU_ASSERT_PTR_EQUAL(out, big);
}

static void test_any_address(void)
{
    set_up();
    struct test_random rng;
    test_random_init(&rng, 3);
    for (unsigned i = 0; i < 200000; i++) {
        uint64_t caddr = test_random_next(&rng);
        if (i % 2 == 0) // Near the slots that exist.
            caddr &= 0xc00001ff000001fful;
        struct caps_dest dest;
        struct cte *out;
        if (caps_lookup(&world.caps, &root->cap, caddr, &out) == SYS_ERR_OK)
            CU_ASSERT(!cte_empty(out));
        if (caps_lookup_slot(&world.caps, &root->cap, caddr, &dest) == SYS_ERR_OK)
            memcpy(&out, &dest.slot, sizeof out); // ASan would see a slot outside of memory
    }
}

TEST_SUITE("cspace") = {
    {"addresses", test_lookup},
    {"rights of CNodes", test_rights},
    {"what is cleared or deleted", test_busy},
    {"any 64 bits", test_any_address},
};
