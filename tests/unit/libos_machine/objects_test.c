// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Operations on capabilities, and objects made out of new memory: what they are, what is refused,
// and what is left when a step fails.
#include "machine.h"
#include "testlib/testlib.h"

#include "barrelfish/capabilities.h"
#include "barrelfish/invocations.h"
#include "barrelfish/ram_alloc.h"
#include "barrelfish/slot_alloc.h"

#include <string.h>

static struct capref slots[4];
static struct capability identity;

static void take_slots(void)
{
    for (unsigned i = 0; i < 4; i++)
        CU_ASSERT_EQUAL_FATAL(slot_alloc(&slots[i]), SYS_ERR_OK);
}

static uint8_t type_of(struct capref cap)
{
    return machine_cap(cap, &identity) ? identity.type : (uint8_t)ObjType_Null;
}

static void copies(void)
{
    take_slots();
    CU_ASSERT_EQUAL(cap_copy(slots[0], cap_dispframe), SYS_ERR_OK);
    CU_ASSERT_EQUAL(type_of(slots[0]), ObjType_Frame);
    CU_ASSERT_EQUAL(identity.rights, CAPRIGHTS_ALL);
    CU_ASSERT_EQUAL(cap_copy(slots[0], cap_dispframe), SYS_ERR_SLOT_IN_USE);
    CU_ASSERT_EQUAL(cap_mint(slots[1], slots[0], CAPRIGHTS_READ | CAPRIGHTS_WRITE, 0), SYS_ERR_OK);
    CU_ASSERT_EQUAL(type_of(slots[1]), ObjType_Frame);
    CU_ASSERT_EQUAL(identity.rights, CAPRIGHTS_READ | CAPRIGHTS_WRITE);
    CU_ASSERT_EQUAL(cap_mint(slots[2], cap_memservep, CAPRIGHTS_ALL, 77), SYS_ERR_OK);
    CU_ASSERT_EQUAL(type_of(slots[2]), ObjType_EndPointLMP);
    CU_ASSERT_EQUAL(identity.extra >> 32, 77);
    CU_ASSERT_EQUAL(cap_mint(slots[3], slots[0], CAPRIGHTS_ALL, 77), SYS_ERR_ARGS);
    struct capability told;
    distcap_state_t state = 9;
    CU_ASSERT_EQUAL(cap_identify(slots[2], &told), SYS_ERR_OK);
    CU_ASSERT_EQUAL(memcmp(&told, &identity, sizeof(told)), 0);
    CU_ASSERT_EQUAL(cap_identify(slots[3], &told), SYS_ERR_CAP_NOT_FOUND);
    CU_ASSERT_EQUAL(cap_get_state(slots[3], &state), SYS_ERR_CAP_NOT_FOUND);
    CU_ASSERT_EQUAL(state, 9);
    CU_ASSERT_EQUAL(cap_get_state(slots[2], &state), SYS_ERR_OK);
    CU_ASSERT_EQUAL(state, identity.flags);
    CU_ASSERT_EQUAL(cap_get_state(cap_selfep, &state), SYS_ERR_CAP_NOT_FOUND);
}

static void state_has_flags(void)
{
    distcap_state_t state = 9;
    take_slots();
    CU_ASSERT_EQUAL(invoke_dispatcher_endpoint(cap_dispatcher, 8192, 4, slots[0]), SYS_ERR_OK);
    CU_ASSERT_EQUAL(cap_get_state(slots[0], &state), SYS_ERR_OK);
    CU_ASSERT_EQUAL(state, CAPFLAG_OWN);
}

/// Objects of one size: what is asked for does not count.
static void retypes(void)
{
    struct capref ram;
    take_slots();
    CU_ASSERT_EQUAL(ram_alloc_bytes(&ram, 1 << 20, 4096), SYS_ERR_OK);
    CU_ASSERT_EQUAL(cap_retype(slots[0], ram, 0, ObjType_L2CNode, 12345, 1), SYS_ERR_OK);
    CU_ASSERT_EQUAL(type_of(slots[0]), ObjType_L2CNode);
    CU_ASSERT_EQUAL(identity.bytes, OBJSIZE_L2CNODE);
    genpaddr_t base = identity.base;
    CU_ASSERT_EQUAL(cap_retype(slots[1], ram, OBJSIZE_L2CNODE, ObjType_Frame, 8192, 2), SYS_ERR_OK);
    CU_ASSERT_EQUAL(type_of(slots[1]), ObjType_Frame);
    CU_ASSERT_TRUE(identity.bytes == 8192 && identity.base == base + OBJSIZE_L2CNODE);
    CU_ASSERT_EQUAL(type_of(slots[2]), ObjType_Frame);
    CU_ASSERT_TRUE(identity.bytes == 8192 && identity.base == base + OBJSIZE_L2CNODE + 8192);
    CU_ASSERT_EQUAL(cap_retype(slots[3], ram, 1 << 19, ObjType_Frame, 12345, 1),
                    SYS_ERR_RETYPE_RANGE);
    CU_ASSERT_EQUAL(cap_retype(slots[3], ram, 1 << 19, ObjType_Num, 4096, 1),
                    SYS_ERR_INVALID_RETYPE);
    CU_ASSERT_EQUAL(cap_retype(slots[3], ram, 1 << 19, ObjType_Frame, 4096, 1ul << 32),
                    LIB_ERR_INVALID_ARGS);
    CU_ASSERT_EQUAL(cap_retype(slots[3], ram, 1 << 19, ObjType_Frame, 4096, UINT32_MAX),
                    SYS_ERR_RETYPE_RANGE);
    CU_ASSERT_EQUAL(type_of(slots[3]), ObjType_Null);
}

/// Each is repeated until all steps are done.
static void steps(void)
{
    struct capref frame;
    take_slots();
    CU_ASSERT_EQUAL(frame_alloc(&frame, 1 << 20, NULL), SYS_ERR_OK);
    CU_ASSERT_TRUE(machine_calls(MACHINE_STEP) >= 15); // 64 KiB at a time
    for (unsigned i = 0; i < 200; i++) {
        struct capref copy;
        CU_ASSERT_EQUAL_FATAL(slot_alloc(&copy), SYS_ERR_OK);
        CU_ASSERT_EQUAL_FATAL(cap_copy(copy, frame), SYS_ERR_OK);
    }
    unsigned frames = machine_count(ObjType_Frame);
    CU_ASSERT_EQUAL(cap_revoke(frame), SYS_ERR_OK);
    CU_ASSERT_EQUAL(machine_count(ObjType_Frame), frames - 200);
    CU_ASSERT_TRUE(machine_calls(MACHINE_STEP) > 25);
    machine_fail(CAP_CMD_REVOKE, 1, SYS_ERR_RIGHTS);
    CU_ASSERT_EQUAL(cap_revoke(frame), SYS_ERR_RIGHTS);
    CU_ASSERT_EQUAL(cap_destroy(frame), SYS_ERR_OK);
    CU_ASSERT_EQUAL(cap_delete(frame), SYS_ERR_CAP_NOT_FOUND);
    machine_fail(CAP_CMD_DELETE, 1, SYS_ERR_AGAIN);
    CU_ASSERT_EQUAL(cap_copy(slots[0], cap_dispframe), SYS_ERR_OK);
    CU_ASSERT_EQUAL(cap_delete(slots[0]), SYS_ERR_OK);
    CU_ASSERT_EQUAL(type_of(slots[0]), ObjType_Null);
}

static void finish(uint64_t command)
{
    if (command == CAP_CMD_DELETE && machine_has_failed() && !machine_is_empty(slots[0]))
        machine_delete(slots[0]);
}

/// The CPU driver finishes a deletion between two steps.
static void finished_by_itself(void)
{
    take_slots();
    CU_ASSERT_EQUAL(cap_copy(slots[0], cap_dispframe), SYS_ERR_OK);
    machine_fail(CAP_CMD_DELETE, 1, SYS_ERR_AGAIN);
    machine.before = finish;
    CU_ASSERT_EQUAL(cap_delete(slots[0]), SYS_ERR_OK);
    CU_ASSERT_EQUAL(machine_calls(CAP_CMD_DELETE), 2);
    CU_ASSERT_EQUAL(type_of(slots[0]), ObjType_Null);
}

static void destroys(void)
{
    take_slots();
    size_t slots_before = slot_free_count();
    CU_ASSERT_EQUAL(cap_destroy(slots[0]), SYS_ERR_OK); // empty: others have deleted it
    CU_ASSERT_EQUAL(slot_free_count(), slots_before + 1);
    CU_ASSERT_EQUAL(cap_copy(slots[1], cap_dispframe), SYS_ERR_OK);
    machine_fail(CAP_CMD_DELETE, 1, SYS_ERR_RIGHTS);
    CU_ASSERT_EQUAL(cap_destroy(slots[1]), SYS_ERR_RIGHTS);
    CU_ASSERT_EQUAL(slot_free_count(), slots_before + 1);
    CU_ASSERT_EQUAL(cap_destroy(slots[1]), SYS_ERR_OK);
    CU_ASSERT_EQUAL(slot_free_count(), slots_before + 2);
    CU_ASSERT_EQUAL(cap_destroy(slots[1]), LIB_ERR_INVALID_ARGS);
}

static void identifies_memory(void)
{
    struct frame_identity frame = {1, 1};
    struct capref ram;
    CU_ASSERT_EQUAL(frame_identify(cap_dispframe, &frame), SYS_ERR_OK);
    CU_ASSERT_TRUE(machine_cap(cap_dispframe, &identity));
    CU_ASSERT_TRUE(frame.base == identity.base && frame.bytes == identity.bytes);
    CU_ASSERT_EQUAL(ram_alloc_bytes(&ram, 8192, 4096), SYS_ERR_OK);
    CU_ASSERT_EQUAL(frame_identify(ram, &frame), SYS_ERR_OK);
    CU_ASSERT_EQUAL(frame.bytes, 8192);
    frame.bytes = 1;
    CU_ASSERT_EQUAL(frame_identify(cap_root, &frame), SYS_ERR_CAP_TYPE);
    CU_ASSERT_EQUAL(frame_identify(cap_selfep, &frame), SYS_ERR_CAP_NOT_FOUND);
    CU_ASSERT_EQUAL(frame.bytes, 1);
}

static void page_tables(void)
{
    struct capref pdir, frame;
    take_slots();
    CU_ASSERT_EQUAL(slot_alloc(&pdir), SYS_ERR_OK);
    CU_ASSERT_EQUAL(vnode_create(pdir, ObjType_VNode_x86_64_ptable), SYS_ERR_OK);
    CU_ASSERT_EQUAL(type_of(pdir), ObjType_VNode_x86_64_ptable);
    CU_ASSERT_EQUAL(frame_alloc(&frame, VNODE_ENTRIES * 4096, NULL), SYS_ERR_OK);
    unsigned mapped = machine_calls(VNODE_CMD_MAP);
    uint64_t rw = VREGION_FLAGS_READ_WRITE;
    CU_ASSERT_EQUAL(vnode_map(pdir, frame, 512, rw, 0, 1, slots[0]), SYS_ERR_VNODE_SLOT);
    CU_ASSERT_EQUAL(vnode_map(pdir, frame, 0, rw, 0, 513, slots[0]), SYS_ERR_VNODE_SLOT);
    CU_ASSERT_EQUAL(vnode_map(pdir, frame, 65536, rw, 0, 1, slots[0]), SYS_ERR_VNODE_SLOT);
    CU_ASSERT_EQUAL(vnode_map(pdir, frame, 0, rw, 0, 65537, slots[0]), SYS_ERR_VNODE_SLOT);
    CU_ASSERT_EQUAL(machine_calls(VNODE_CMD_MAP), mapped);
    CU_ASSERT_EQUAL(vnode_map(pdir, frame, 511, rw, 4096, 1, slots[0]), SYS_ERR_OK);
    CU_ASSERT_EQUAL(vnode_modify_flags(slots[0], 0, 1, VREGION_FLAGS_READ), SYS_ERR_OK);
    CU_ASSERT_EQUAL(vnode_modify_flags(slots[0], 1, 1, VREGION_FLAGS_READ), SYS_ERR_VNODE_SLOT);
    CU_ASSERT_EQUAL(vnode_copy_remap(pdir, slots[0], 512, rw, 0, 1, slots[1]), SYS_ERR_VNODE_SLOT);
    CU_ASSERT_EQUAL(vnode_copy_remap(pdir, slots[0], 1, rw, 0, 513, slots[1]), SYS_ERR_VNODE_SLOT);
    CU_ASSERT_EQUAL(vnode_copy_remap(pdir, slots[0], 65536, rw, 0, 1, slots[1]),
                    SYS_ERR_VNODE_SLOT);
    CU_ASSERT_EQUAL(vnode_copy_remap(pdir, slots[0], 1, rw, 0, 65537, slots[1]),
                    SYS_ERR_VNODE_SLOT);
    CU_ASSERT_EQUAL(machine_calls(VNODE_CMD_COPY), 0);
    CU_ASSERT_EQUAL(vnode_copy_remap(pdir, slots[0], 510, VREGION_FLAGS_READ, 0, 1, slots[1]),
                    SYS_ERR_OK);
    CU_ASSERT_EQUAL(type_of(slots[1]), ObjType_Mapping);
    CU_ASSERT_EQUAL(vnode_copy_remap(pdir, slots[0], 509, VREGION_FLAGS_READ, 0, 512, slots[2]),
                    SYS_ERR_VNODE_SLOT);
    CU_ASSERT_EQUAL(machine_calls(VNODE_CMD_COPY), 2);
    CU_ASSERT_EQUAL(vnode_unmap(pdir, slots[0]), SYS_ERR_OK);
    CU_ASSERT_EQUAL(type_of(slots[0]), ObjType_Null);
    CU_ASSERT_EQUAL(vnode_unmap(pdir, slots[0]), SYS_ERR_CAP_NOT_FOUND);
    CU_ASSERT_EQUAL(vnode_unmap(pdir, slots[1]), SYS_ERR_OK);
    CU_ASSERT_EQUAL(vnode_map(pdir, frame, 0, rw, 0, 512, slots[0]), SYS_ERR_OK);
    CU_ASSERT_EQUAL(type_of(slots[0]), ObjType_Mapping);
    CU_ASSERT_EQUAL(identity.aux, 512);
    CU_ASSERT_EQUAL(vnode_create(slots[2], ObjType_Frame), LIB_ERR_INVALID_ARGS);
    CU_ASSERT_EQUAL(vnode_create(slots[2], ObjType_VNode_x86_64_pml4), SYS_ERR_OK);
    CU_ASSERT_EQUAL(type_of(slots[2]), ObjType_VNode_x86_64_pml4);
}

static void device_frames(void)
{
    take_slots();
    machine_make(slots[0], ObjType_PhysAddr, 0x100000000, 1 << 20);
    CU_ASSERT_EQUAL(devframe_type(slots[1], slots[0], 64), LIB_ERR_INVALID_ARGS);
    CU_ASSERT_EQUAL(devframe_type(slots[1], slots[0], 63), SYS_ERR_RETYPE_RANGE);
    CU_ASSERT_EQUAL(devframe_type(slots[1], slots[0], 13), SYS_ERR_OK);
    CU_ASSERT_EQUAL(type_of(slots[1]), ObjType_DevFrame);
    CU_ASSERT_TRUE(identity.base == 0x100000000 && identity.bytes == 8192);
}

static struct capref made;

static void delete_made(void)
{
    CU_ASSERT_EQUAL(cap_destroy(made), SYS_ERR_OK);
    made = NULL_CAP;
}

static errval_t make_id(void)
{
    return idcap_alloc(&made);
}

static void ids(void)
{
    made = NULL_CAP;
    CU_ASSERT_EQUAL(idcap_alloc(&made), SYS_ERR_CAP_NOT_FOUND); // no Kernel
    CU_ASSERT_TRUE(capref_is_null(made));
    machine_make(cap_kernel, ObjType_Kernel, 0, 1);
    CU_ASSERT_EQUAL(machine_refuse_each(make_id, delete_made), 1);
    CU_ASSERT_TRUE(capref_is_null(made));
    CU_ASSERT_EQUAL(make_id(), SYS_ERR_OK);
    CU_ASSERT_EQUAL(type_of(made), ObjType_ID);
}

static size_t bytes_made;

static errval_t make_frame(void)
{
    bytes_made = 77;
    return frame_alloc(&made, 5000, &bytes_made);
}

static errval_t make_l2(void)
{
    struct cnoderef cnode;
    return cnode_create_l2(&made, &cnode);
}

static errval_t make_l1(void)
{
    struct cnoderef cnode;
    return cnode_create_l1(&made, &cnode);
}

/// A frame is deleted twice as often as it fails: once its memory, once the frame.
static void each_step_fails(void)
{
    CU_ASSERT_EQUAL(machine_refuse_each(make_frame, delete_made), 2);
    CU_ASSERT_EQUAL(machine_refuse_each(make_l2, delete_made), 2);
    CU_ASSERT_EQUAL(machine_refuse_each(make_l1, delete_made), 2);
    bytes_made = 0;
    machine_fail(MACHINE_RAM, 1, LIB_ERR_RAM_ALLOC);
    CU_ASSERT_EQUAL(make_frame(), LIB_ERR_RAM_ALLOC);
    CU_ASSERT_EQUAL(bytes_made, 77);
    machine_fail(CAP_CMD_DELETE, 1, SYS_ERR_RIGHTS); // that of the memory
    CU_ASSERT_EQUAL(make_frame(), SYS_ERR_RIGHTS);
    CU_ASSERT_EQUAL(bytes_made, 77);
}

static size_t steps_done;

static errval_t make_large(void)
{
    unsigned before = machine_calls(MACHINE_STEP);
    errval_t err = frame_alloc(&made, 1 << 20, NULL);
    steps_done = machine_calls(MACHINE_STEP) - before;
    return err;
}

/// A retype ends at one of its steps: nothing of it stays, neither in slots nor in memory.
static void broken_off(void)
{
    struct capref ram;
    take_slots();
    CU_ASSERT_EQUAL(make_large(), SYS_ERR_OK);
    delete_made();
    struct machine_state state = machine_state();
    for (unsigned n = 1, steps = steps_done; n < steps; n++) {
        machine_fail(MACHINE_STEP, n, SYS_ERR_CAP_BUSY);
        CU_ASSERT_EQUAL(make_large(), SYS_ERR_CAP_BUSY);
        CU_ASSERT_TRUE(machine_has_failed() && machine_state_is(state));
    }
    CU_ASSERT_EQUAL(ram_alloc_bytes(&ram, 4 << 16, 4096), SYS_ERR_OK);
    for (unsigned n = 1; n < 4; n++) {
        machine_fail(MACHINE_STEP, n, SYS_ERR_CAP_BUSY);
        CU_ASSERT_EQUAL(cap_retype(slots[0], ram, 0, ObjType_Frame, 1 << 16, 4), SYS_ERR_CAP_BUSY);
        for (unsigned i = 0; i < 4; i++)
            CU_ASSERT_TRUE(machine_is_empty(slots[i]));
    }
    CU_ASSERT_EQUAL(cap_retype(slots[1], ram, 0, ObjType_Frame, 1 << 16, 1), SYS_ERR_OK);
    CU_ASSERT_EQUAL(cap_retype(slots[0], ram, 1 << 16, ObjType_Frame, 1 << 16, 3),
                    SYS_ERR_SLOT_IN_USE); // another's, which stays
    CU_ASSERT_EQUAL(type_of(slots[1]), ObjType_Frame);
}

static void frames(void)
{
    struct machine_state state = machine_state();
    CU_ASSERT_EQUAL(make_frame(), SYS_ERR_OK);
    CU_ASSERT_EQUAL(bytes_made, 8192);
    CU_ASSERT_EQUAL(machine.alignment, BASE_PAGE_SIZE);
    CU_ASSERT_EQUAL(type_of(made), ObjType_Frame);
    CU_ASSERT_EQUAL(identity.bytes, 8192);
    delete_made();
    CU_ASSERT_TRUE(machine_state_is(state)); // nothing but the frame covered it
    take_slots();
    CU_ASSERT_EQUAL(frame_create(slots[0], 0, NULL), LIB_ERR_RAM_ALLOC_WRONG_SIZE);
    CU_ASSERT_EQUAL(frame_create(slots[0], (1ul << 46) + 1, NULL), LIB_ERR_RAM_ALLOC_WRONG_SIZE);
    CU_ASSERT_EQUAL(frame_create(slots[0], 1ul << 46, NULL), LIB_ERR_RAM_ALLOC);
    CU_ASSERT_EQUAL(frame_create(slots[0], 1, NULL), SYS_ERR_OK);
    CU_ASSERT_EQUAL(type_of(slots[0]), ObjType_Frame);
    CU_ASSERT_EQUAL(identity.bytes, BASE_PAGE_SIZE);
    CU_ASSERT_EQUAL(ump_endpoint_create(slots[1], 4097), SYS_ERR_OK);
    CU_ASSERT_EQUAL(type_of(slots[1]), ObjType_EndPointUMP);
    CU_ASSERT_EQUAL(identity.bytes, 8192);
}

/// Large ones lie so that large pages are possible, unless there is no such place.
static void large_frames(void)
{
    take_slots();
    CU_ASSERT_EQUAL(frame_create(slots[0], LARGE_PAGE_SIZE - BASE_PAGE_SIZE, NULL), SYS_ERR_OK);
    CU_ASSERT_EQUAL(machine.alignment, BASE_PAGE_SIZE);
    CU_ASSERT_EQUAL(frame_create(slots[1], LARGE_PAGE_SIZE - BASE_PAGE_SIZE + 1, NULL), SYS_ERR_OK);
    CU_ASSERT_EQUAL(machine.alignment, LARGE_PAGE_SIZE);
    CU_ASSERT_EQUAL(machine_calls(MACHINE_RAM), 2);
    machine_fail(MACHINE_RAM, 1, LIB_ERR_RAM_ALLOC);
    CU_ASSERT_EQUAL(frame_create(slots[2], LARGE_PAGE_SIZE, NULL), SYS_ERR_OK);
    CU_ASSERT_EQUAL(machine.alignment, BASE_PAGE_SIZE);
    CU_ASSERT_EQUAL(type_of(slots[2]), ObjType_Frame);
    machine_fail(MACHINE_RAM, 1, LIB_ERR_RAM_ALLOC_LIMIT);
    CU_ASSERT_EQUAL(frame_create(slots[3], LARGE_PAGE_SIZE, NULL), LIB_ERR_RAM_ALLOC_LIMIT);
}

static void no_slots(void)
{
    struct capref slot;
    machine_leave_ram(1 << 20);
    while (err_is_ok(slot_alloc(&slot)))
        continue;
    made = NULL_CAP;
    CU_ASSERT_EQUAL(frame_alloc(&made, 4096, NULL), LIB_ERR_SLOT_ALLOC_NO_SPACE);
    CU_ASSERT_EQUAL(idcap_alloc(&made), LIB_ERR_SLOT_ALLOC_NO_SPACE);
    CU_ASSERT_EQUAL(cnode_create_l1(&made, NULL), LIB_ERR_SLOT_ALLOC_NO_SPACE);
    while (err_is_ok(slot_alloc_root(&slot)))
        continue;
    CU_ASSERT_EQUAL(cnode_create_l2(&made, NULL), LIB_ERR_SLOT_ALLOC_NO_SPACE);
    CU_ASSERT_TRUE(capref_is_null(made));
}

static void cnodes(void)
{
    struct cnoderef cnode;
    cslot_t count = 0;
    CU_ASSERT_EQUAL(cnode_create_l2(&made, &cnode), SYS_ERR_OK);
    CU_ASSERT_EQUAL(get_cap_level(made), CNODE_LEVEL_ROOT);
    CU_ASSERT_EQUAL(type_of(made), ObjType_L2CNode);
    CU_ASSERT_EQUAL(cap_copy((struct capref){cnode, 255}, cap_dispframe), SYS_ERR_OK);
    CU_ASSERT_EQUAL(cnode_create_l1(&made, &cnode), SYS_ERR_OK);
    CU_ASSERT_EQUAL(type_of(made), ObjType_L1CNode);
    CU_ASSERT_EQUAL(identity.bytes, L1_CNODE_SLOTS_MIN * OBJSIZE_CTE);
    CU_ASSERT_EQUAL(cap_copy((struct capref){cnode, 255}, (struct capref){cnode_root, 0}),
                    SYS_ERR_OK);
    CU_ASSERT_EQUAL(cnode_create_l2(NULL, NULL), SYS_ERR_OK);
    CU_ASSERT_EQUAL(cnode_create_l1(NULL, NULL), SYS_ERR_OK);
    CU_ASSERT_EQUAL(cnode_create(&made, &cnode, L2_CNODE_SLOTS + 1, &count), LIB_ERR_INVALID_ARGS);
    CU_ASSERT_EQUAL(count, 0);
    machine_fail(MACHINE_RAM, 1, LIB_ERR_RAM_ALLOC);
    CU_ASSERT_EQUAL(cnode_create(&made, &cnode, 1, &count), LIB_ERR_RAM_ALLOC);
    CU_ASSERT_EQUAL(count, 0);
    CU_ASSERT_EQUAL(cnode_create(&made, &cnode, L2_CNODE_SLOTS, &count), SYS_ERR_OK);
    CU_ASSERT_EQUAL(count, L2_CNODE_SLOTS);
    CU_ASSERT_EQUAL(type_of(made), ObjType_L2CNode);
    CU_ASSERT_EQUAL(cnode_create(&made, &cnode, 1, NULL), SYS_ERR_OK);
}

/// In memory of the caller's.
static void cnodes_from_memory(void)
{
    struct capref ram, root_slot;
    struct cnoderef cnode = NULL_CNODE;
    size_t most = L1_CNODE_SLOTS_MAX * OBJSIZE_CTE;
    take_slots();
    CU_ASSERT_EQUAL(ram_alloc_bytes(&ram, 2 * most, 4096), SYS_ERR_OK);
    CU_ASSERT_EQUAL(cnode_create_from_mem(slots[0], ram, ObjType_Frame, &cnode, 1),
                    LIB_ERR_INVALID_ARGS);
    CU_ASSERT_EQUAL(
        cnode_create_from_mem(slots[0], ram, ObjType_L2CNode, &cnode, L2_CNODE_SLOTS + 1),
        LIB_ERR_INVALID_ARGS);
    CU_ASSERT_EQUAL(
        cnode_create_from_mem(slots[0], ram, ObjType_L1CNode, &cnode, L1_CNODE_SLOTS_MAX + 1),
        LIB_ERR_INVALID_ARGS);
    CU_ASSERT_TRUE(cnodecmp(cnode, NULL_CNODE));
    static const struct {
        size_t slots, there;
    } sizes[] = {{1, 256}, {256, 256}, {257, 512}, {1000, 1024}, {65535, 65536}, {65536, 65536}};
    for (unsigned i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
        CU_ASSERT_EQUAL(
            cnode_create_from_mem(slots[0], ram, ObjType_L1CNode, &cnode, sizes[i].slots),
            SYS_ERR_OK);
        CU_ASSERT_EQUAL(type_of(slots[0]), ObjType_L1CNode);
        CU_ASSERT_EQUAL(identity.bytes, sizes[i].there * OBJSIZE_CTE);
        CU_ASSERT_TRUE(cnode.level == CNODE_LEVEL_ROOT && cnode.croot == get_cap_addr(slots[0]));
        CU_ASSERT_EQUAL(cap_delete(slots[0]), SYS_ERR_OK);
    }
    CU_ASSERT_EQUAL(slot_alloc_root(&root_slot), SYS_ERR_OK);
    CU_ASSERT_EQUAL(cnode_create_from_mem(root_slot, ram, ObjType_L2CNode, &cnode, L2_CNODE_SLOTS),
                    SYS_ERR_OK);
    CU_ASSERT_EQUAL(type_of(root_slot), ObjType_L2CNode);
    CU_ASSERT_TRUE(cnode.level == CNODE_LEVEL_OTHER && cnode.cnode == get_cap_addr(root_slot));
    CU_ASSERT_EQUAL(cap_delete(root_slot), SYS_ERR_OK);
    CU_ASSERT_EQUAL(cnode_create_from_mem(root_slot, ram, ObjType_L2CNode, NULL, 1), SYS_ERR_OK);
    cnode = NULL_CNODE;
    CU_ASSERT_EQUAL(cnode_create_from_mem(root_slot, ram, ObjType_L2CNode, &cnode, 1),
                    SYS_ERR_SLOT_IN_USE);
    CU_ASSERT_TRUE(cnodecmp(cnode, NULL_CNODE));
}

MACHINE_TEST(copies)
MACHINE_TEST(state_has_flags)
MACHINE_TEST(retypes)
MACHINE_TEST(steps)
MACHINE_TEST(finished_by_itself)
MACHINE_TEST(destroys)
MACHINE_TEST(identifies_memory)
MACHINE_TEST(page_tables)
MACHINE_TEST(device_frames)
MACHINE_TEST(ids)
MACHINE_TEST(each_step_fails)
MACHINE_TEST(broken_off)
MACHINE_TEST(frames)
MACHINE_TEST(large_frames)
MACHINE_TEST(no_slots)
MACHINE_TEST(cnodes)
MACHINE_TEST(cnodes_from_memory)

TEST_SUITE("objects") = {
    {"copies", test_copies},
    {"state", test_state_has_flags},
    {"retype", test_retypes},
    {"steps", test_steps},
    {"a deletion is finished by itself", test_finished_by_itself},
    {"destroy", test_destroys},
    {"identify", test_identifies_memory},
    {"page tables", test_page_tables},
    {"device frames", test_device_frames},
    {"IDs", test_ids},
    {"each step fails", test_each_step_fails},
    {"broken off", test_broken_off},
    {"frames", test_frames},
    {"large frames", test_large_frames},
    {"no slots", test_no_slots},
    {"CNodes", test_cnodes},
    {"CNodes from memory", test_cnodes_from_memory},
};
