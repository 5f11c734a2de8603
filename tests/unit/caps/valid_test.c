// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// caps_valid() must notice each kind of damage: to a capability, to what a Mapping stands for, to the
// ring of zombies, to memory that waits to be returned and to the number of holds. Damage to the
// database is mdb_test.c's.
#include "arch/pte.h"
#include "kpi/vspace.h"
#include "slot.h"
#include "world.h"

static struct cte *ram;

static void set_up(void)
{
    world_reset();
    ram = make(&world.slots[0], ObjType_RAM, WORLD_BASE, WORLD_BYTES);
    CU_ASSERT_TRUE(caps_valid(&world.caps));
}

/// A field gets another value: that must be noticed, and nothing once it has its own again.
#define DAMAGE(field, value)                                                                       \
    do {                                                                                           \
        __typeof__(field) kept = (field);                                                          \
        (field) = (value);                                                                         \
        CU_ASSERT_FALSE(caps_valid(&world.caps));                                                  \
        (field) = kept;                                                                            \
        CU_ASSERT_TRUE(caps_valid(&world.caps));                                                   \
    } while (0)

static void test_capabilities(void)
{
    set_up();
    struct cte *frame = retype_one(&world.slots[1], ram, 0x10000, ObjType_Frame, 0x1000);
    struct cte *cnode = retype_one(&world.slots[2], ram, 0x20000, ObjType_L2CNode, 0);
    struct cte *io = make(&world.slots[3], ObjType_IO, 7, 9);
    DAMAGE(frame->cap.rights, 0x20);
    DAMAGE(frame->cap.rights, 0xff);
    DAMAGE(io->cap.owner, WORLD_CORE + 1);
    frame->cap.owner = WORLD_CORE + 1; // one of another core's
    CU_ASSERT_TRUE(caps_valid(&world.caps));
    DAMAGE(cnode->cap.flags, CAPFLAG_REMOTE);
    DAMAGE(frame->cap.flags, CAPFLAG_OWN);
    DAMAGE(frame->cap.flags, CAPFLAG_HELD); // H6
    DAMAGE(world.caps.holds, 1);
    DAMAGE(io->cap.bytes, 65537);
    slot_set_flag(&world.caps, frame, CAPFLAG_REMOTE, true);
    CU_ASSERT_TRUE(caps_valid(&world.caps));
    slot_set_flag(&world.caps, frame, CAPFLAG_HELD, true);
    CU_ASSERT_TRUE(caps_valid(&world.caps));
    DAMAGE(world.caps.holds, 0);
    DAMAGE(frame->cap.flags, CAPFLAG_REMOTE);
}

static void test_sizes(void)
{
    set_up();
    struct cte *cnode = retype_one(&world.slots[2], ram, 0x20000, ObjType_L2CNode, 0);
    struct cte fake = *cnode;
    world_reset();
    fake.cap.bytes = OBJSIZE_L2CNODE / 2;
    fake.left = fake.right = NULL;
    mdb_insert(&world.caps.mdb, &fake);
    CU_ASSERT_TRUE(mdb_valid(&world.caps.mdb));
    CU_ASSERT_FALSE(caps_valid(&world.caps));
}

static void test_endpoint(void)
{
    set_up();
    struct cte *dispatcher = retype_one(&world.slots[1], ram, 0, ObjType_Dispatcher, 0);
    struct cte *frame = retype_one(&world.slots[2], ram, 0x10000, ObjType_Frame, 0x4000);
    struct cte *endpoint = &world.slots[3], *badged = &world.slots[4];
    copy(&caps_dispatcher_slots(&world.caps, dispatcher->cap.base)->frame, frame);
    EXPECT(caps_endpoint_create(&world.caps, dispatcher, 0x1000, 8, false, TO(endpoint)),
           SYS_ERR_OK);
    EXPECT(caps_mint(&world.caps, TO(badged), endpoint, CAPRIGHTS_ALL, 5), SYS_ERR_OK);
    CU_ASSERT_TRUE(caps_valid(&world.caps));
    struct mdb empty = {0};
    struct caps one = world.caps;
    struct cte alone = {.cap = badged->cap};
    one.mdb = empty;
    mdb_insert(&one.mdb, &alone);
    CU_ASSERT_TRUE(caps_valid(&one));
    alone.cap.flags = CAPFLAG_OWN; // of the dispatcher itself: those have no badge
    CU_ASSERT_FALSE(caps_valid(&one));
}

static void test_mapping(void)
{
    set_up();
    struct cte *table = retype_one(&world.slots[1], ram, 0, ObjType_VNode_x86_64_ptable, 0);
    struct cte *frame = retype_one(&world.slots[2], ram, 0x10000, ObjType_Frame, 0x4000);
    struct cte *mapping = &world.slots[3];
    EXPECT(caps_vnode_map(&world.caps, table, 3, 2, frame, 0x1000,
                          VREGION_FLAGS_READ | VREGION_FLAGS_WRITE, TO(mapping)),
           SYS_ERR_OK);
    CU_ASSERT_TRUE(caps_valid(&world.caps));
    struct vnode *vnode = caps_ptr(&world.caps, table->cap.base);
    uint64_t first = vnode->entry[3], last = vnode->entry[4];
    DAMAGE(vnode->mapping[3], NULL);
    DAMAGE(vnode->mapping[4], frame);
    DAMAGE(vnode->entry[3], 0);
    DAMAGE(vnode->entry[3], first & ~PTE_PRESENT);
    DAMAGE(vnode->entry[3], first & ~PTE_NO_EXECUTE); // writable too
    DAMAGE(vnode->entry[3], first - 0x2000);
    DAMAGE(vnode->entry[4], last + 0x3000);
    DAMAGE(mapping->cap.aux, 3);
    DAMAGE(mapping->cap.rights, CAPRIGHTS_READ);
    DAMAGE(mapping->cap.extra, mapping->cap.extra + 1);
    vnode->entry[3] = first & ~(PTE_WRITE | PTE_NO_EXECUTE);
    vnode->entry[4] = last & ~PTE_WRITE;
    CU_ASSERT_TRUE(caps_valid(&world.caps));
    DAMAGE(mapping->cap.rights, CAPRIGHTS_READ); // it shows more than it may
    // At the ends of the frame, and just beyond.
    vnode->entry[3] = (first & ~PTE_ADDRESS) | frame->cap.base;
    vnode->entry[4] = (last & ~PTE_ADDRESS) | (frame->cap.base + 0x3000);
    CU_ASSERT_TRUE(caps_valid(&world.caps));
    DAMAGE(vnode->entry[3], (first & ~PTE_ADDRESS) | (frame->cap.base - 0x1000));
    DAMAGE(vnode->entry[4], (last & ~PTE_ADDRESS) | (frame->cap.base + 0x4000));
}

static void test_mapped_table(void)
{
    set_up();
    struct cte *upper = retype_one(&world.slots[1], ram, 0, ObjType_VNode_x86_64_pdir, 0);
    struct cte *lower = retype_one(&world.slots[2], ram, 0x10000, ObjType_VNode_x86_64_ptable, 0);
    struct cte *mapping = &world.slots[3];
    EXPECT(caps_vnode_map(&world.caps, upper, 5, 1, lower, 0, VREGION_FLAGS_READ, TO(mapping)),
           SYS_ERR_OK);
    CU_ASSERT_TRUE(caps_valid(&world.caps));
    struct vnode *vnode = caps_ptr(&world.caps, upper->cap.base);
    DAMAGE(vnode->entry[5], vnode->entry[5] + 0x1000);
    DAMAGE(vnode->entry[5], vnode->entry[5] & ~PTE_USER);
    struct cte second = {.cap = mapping->cap}; // Mappings are not copied
    mdb_insert(&world.caps.mdb, &second);
    CU_ASSERT_FALSE(caps_valid(&world.caps));
    mdb_remove(&world.caps.mdb, &second);
    // What it maps is not there.
    struct cap kept = lower->cap;
    mdb_remove(&world.caps.mdb, lower);
    CU_ASSERT_FALSE(caps_valid(&world.caps));
    lower->cap = kept;
    mdb_insert(&world.caps.mdb, lower);
    CU_ASSERT_TRUE(caps_valid(&world.caps));
}

static void test_zombies(void)
{
    set_up();
    for (unsigned i = 1; i <= 3; i++) {
        retype_one(&world.slots[i], ram, i * 0x40000, ObjType_L1CNode, 0x40000);
        EXPECT(caps_delete(&world.caps, &world.slots[i]), SYS_ERR_AGAIN);
    }
    struct cte *first = world.caps.zombies, *second = first->next, *third = second->next;
    CU_ASSERT(third->next == first && caps_valid(&world.caps));
    DAMAGE(first->cap.flags, 0);
    DAMAGE(third->cap.flags, 0);
    DAMAGE(second->cap.extra, (uintptr_t)third);
    DAMAGE(first->cap.extra, (uintptr_t)first);
    DAMAGE(first->cap.rights, ZOMBIE_FOLLOWS);  // Z7
    DAMAGE(second->cap.rights, ZOMBIE_FOLLOWS); // Z6
    DAMAGE(second->cap.rights, ZOMBIE_FOLLOWS + 1);
    struct cte living = {.cap = second->cap}; // a capability to what is going
    mdb_insert(&world.caps.mdb, &living);
    CU_ASSERT_FALSE(caps_valid(&world.caps));
    mdb_remove(&world.caps.mdb, &living);
    struct cte *frame = retype_one(&world.slots[9], ram, 0x200000, ObjType_Frame, 0x1000);
    frame->cap.flags = CAPFLAG_ZOMBIE; // what contains nothing is never one
    struct cte *zombies = world.caps.zombies;
    world.caps.zombies = frame;
    frame->next = frame;
    frame->cap.extra = (uintptr_t)frame;
    frame->cap.rights = 0;
    CU_ASSERT_FALSE(caps_valid(&world.caps));
    frame->cap.flags = 0;
    frame->next = NULL;
    world.caps.zombies = zombies;
    CU_ASSERT_TRUE(caps_valid(&world.caps));
    while (caps_step(&world.caps))
        continue;
    CU_ASSERT_PTR_NULL(world.caps.zombies);
}

static void test_unreturned(void)
{
    set_up();
    struct cte *other = make(&world.slots[1], ObjType_KCB, 3ul << 40, OBJSIZE_KCB);
    world.ram_refused = true;
    for (unsigned i = 0; i < 2; i++)
        retype_one(&world.slots[2 + i], ram, i * 0x10000, ObjType_Frame, 0x1000);
    caps_surrender(&world.caps, ram);
    EXPECT(delete_all(&world.slots[2]), SYS_ERR_OK);
    struct cte *note = world.caps.unreturned;
    CU_ASSERT_PTR_NOT_NULL_FATAL(note);
    CU_ASSERT_TRUE(caps_valid(&world.caps));
    DAMAGE(world.caps.unreturned_bytes, 0);
    DAMAGE(world.caps.unreturned, NULL);
    DAMAGE(note->cap.type, ObjType_Frame);
    DAMAGE(note->cap.flags, 0);
    DAMAGE(note->cap.bytes, 0x2000);
    DAMAGE(note->cap.base, note->cap.base + 0x1000);
    DAMAGE(note->next, other);
    struct cte cover = {.cap = cap_make(ObjType_RAM, WORLD_BASE, 0x10000)};
    mdb_insert(&world.caps.mdb, &cover); // what is covered does not wait
    CU_ASSERT_FALSE(caps_valid(&world.caps));
}

TEST_SUITE("checker") = {
    {"capabilities", test_capabilities},    {"sizes", test_sizes},
    {"endpoints", test_endpoint},           {"mappings", test_mapping},
    {"mapped tables", test_mapped_table},   {"zombies", test_zombies},
    {"memory that waits", test_unreturned},
};
