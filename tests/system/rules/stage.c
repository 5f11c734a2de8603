// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The stage: a CNode with one capability of every type. Memory is cut out of one RAM; of what only
// the machine has, it holds a part of its own, so that revoking it hurts nobody. Where a core's
// machine domains hold no devices, and for the KCB, whose regions are the monitors', the Kernel
// capability makes one for a place where nothing is: it may make what other monitors send.
#include "rules.h"

#include "barrelfish/ram_alloc.h"
#include "barrelfish/slot_alloc.h"

#define STAGE_BYTES (2 * LARGE_PAGE_SIZE)
#define BUSY_OFFSET 0x100000ul
#define BUSY_BYTES 0x40000ul
#define NOWHERE (1ul << 44)       ///< physical addresses that no machine here has
#define FIRST_HOLE HUGE_PAGE_SIZE ///< on the boot core: a PhysAddr covers this and the next
#define ENDPOINT_MESSAGES 8u

struct rules_stage rules_stage;
static struct capref cnode_cap, no_write, no_read, root_slot;
static struct cnoderef cnode;

struct capref rules_cap(uint64_t slot)
{
    return (struct capref){cnode, (cslot_t)slot};
}

uint64_t rules_caddr(uint64_t word)
{
    struct capref through = word >> 48 == 0x5ae1 ? no_write : no_read;
    switch (word >> 48) {
    case 0x5ae0:
        return get_cap_caddr(rules_cap(word & 0xff));
    case 0x5ae1:
    case 0x5ae2:
        return get_cap_caddr(
            (struct capref){build_cnoderef(through, CNODE_LEVEL_OTHER), (cslot_t)(word & 0xff)});
    case 0x5ae3:
        return get_cap_caddr(root_slot);
    default:
        return word;
    }
}

struct capability rules_look(uint64_t slot)
{
    struct capability info = {0};
    errval_t err = cap_identify(rules_cap(slot), &info);
    if (err_is_fail(err))
        info.type = ObjType_Null;
    return info;
}

void rules_delete(uint64_t slot)
{
    EXPECT_OK(cap_delete(rules_cap(slot)));
}

bool rules_has(unsigned type)
{
    return type != ObjType_IRQSrc || rules_stage.devices;
}

/// What is where in the RAM.
static const struct {
    uint64_t slot;
    enum objtype type;
    gensize_t offset, bytes;
} parts[] = {
    {ObjType_L1CNode, ObjType_L1CNode, 0, L1_CNODE_SLOTS_MIN *OBJSIZE_CTE},
    {ObjType_L2CNode, ObjType_L2CNode, 0x4000, OBJSIZE_L2CNODE},
    {ObjType_VNode_x86_64_pml4, ObjType_VNode_x86_64_pml4, 0x8000, OBJSIZE_VNODE},
    {ObjType_VNode_x86_64_pdpt, ObjType_VNode_x86_64_pdpt, 0xa000, OBJSIZE_VNODE},
    {ObjType_VNode_x86_64_pdir, ObjType_VNode_x86_64_pdir, 0xc000, OBJSIZE_VNODE},
    {ObjType_VNode_x86_64_ptable, ObjType_VNode_x86_64_ptable, 0xe000, OBJSIZE_VNODE},
    {ObjType_Dispatcher, ObjType_Dispatcher, 0x10000, OBJSIZE_DISPATCHER},
    {SLOT_DISPATCHER_2, ObjType_Dispatcher, 0x11000, OBJSIZE_DISPATCHER},
    {SLOT_TABLE, ObjType_VNode_x86_64_ptable, 0x12000, OBJSIZE_VNODE},
    {SLOT_FRAME, ObjType_Frame, 0x14000, 4 * BASE_PAGE_SIZE},
    {ObjType_EndPointUMP, ObjType_EndPointUMP, 0x18000, 4 * BASE_PAGE_SIZE},
    {SLOT_DISPFRAME, ObjType_Frame, 0x1c000, 4 * BASE_PAGE_SIZE},
    {ObjType_RAM, ObjType_RAM, 0x40000, 0x40000},
    {SLOT_LARGE, ObjType_Frame, LARGE_PAGE_SIZE, LARGE_PAGE_SIZE},
};

static bool make_memory(void)
{
    bool good = EXPECT_OK(ram_alloc_bytes(&rules_stage.ram, STAGE_BYTES, LARGE_PAGE_SIZE));
    for (size_t i = 0; good && i < sizeof(parts) / sizeof(parts[0]); i++) {
        good = EXPECT_OK(cap_retype(rules_cap(parts[i].slot), rules_stage.ram, parts[i].offset,
                                    parts[i].type, parts[i].bytes, 1));
    }
    return good && EXPECT_ERR(invoke_cap_retype(rules_stage.ram, rules_cap(SLOT_BUSY), BUSY_OFFSET,
                                                ObjType_Frame, BUSY_BYTES, 1, NULL),
                              SYS_ERR_AGAIN);
}

static bool create(enum objtype type, genpaddr_t base, gensize_t bytes)
{
    const struct capability raw = {.base = base,
                                   .bytes = bytes,
                                   .type = type,
                                   .rights = CAPRIGHTS_ALL,
                                   .owner = disp_get_core_id()};
    return EXPECT_OK(invoke_kernel_create_cap(cap_kernel, &raw, rules_cap(type)));
}

static bool part_of(struct capref whole, enum objtype type, genpaddr_t first, gensize_t bytes)
{
    struct capability info = {0};
    return EXPECT_OK(cap_identify(whole, &info)) &&
           EXPECT_OK(cap_retype(rules_cap(type), whole, first - info.base, type, bytes, 1));
}

static bool make_devices(void)
{
    struct capability info;
    rules_stage.devices = err_is_ok(cap_identify(cap_io, &info));
    EXPECT(rules_stage.devices == (disp_get_core_id() == 0));
    bool good =
        rules_stage.devices
            ? part_of(cap_io, ObjType_IO, 0x70, 2) && part_of(cap_irq, ObjType_IRQSrc, 8, 100) &&
                  part_of(cap_physaddr, ObjType_PhysAddr, FIRST_HOLE, 2 * HUGE_PAGE_SIZE)
            : create(ObjType_IO, 0x70, 2) && create(ObjType_PhysAddr, NOWHERE, 2 * HUGE_PAGE_SIZE);
    return good && create(ObjType_KCB, 2 * NOWHERE, 4 * OBJSIZE_KCB) &&
           EXPECT_OK(cap_retype(rules_cap(ObjType_DevFrame), rules_cap(ObjType_PhysAddr), 0,
                                ObjType_DevFrame, HUGE_PAGE_SIZE, 1));
}

static bool make_rest(void)
{
    struct capref endpoint = rules_cap(ObjType_EndPointLMP);
    struct capref id = rules_cap(ObjType_ID);
    return EXPECT_OK(cap_copy(rules_cap(ObjType_Kernel), cap_kernel)) &&
           EXPECT_OK(cap_invoke3(cap_kernel, KERNEL_CMD_ID_CREATE, get_cap_caddr(id), 0, 0)) &&
           EXPECT_OK(
               lmp_endpoint_create_in_slot(ENDPOINT_MESSAGES, endpoint, &rules_stage.endpoint)) &&
           EXPECT_OK(invoke_kernel_notify_create(cap_kernel, endpoint, rules_cap(ObjType_Notify),
                                                 &rules_stage.notify_vector)) &&
           EXPECT_OK(invoke_kernel_irqdest_create(cap_kernel, endpoint, rules_cap(ObjType_IRQDest),
                                                  &rules_stage.irq_vector)) &&
           EXPECT_OK(vnode_map(rules_cap(ObjType_VNode_x86_64_ptable), rules_cap(SLOT_FRAME), 0,
                               VREGION_FLAGS_READ, 0, 1, rules_cap(SLOT_MAPPING)));
}

bool rules_stage_make(void)
{
    rules_stage = (struct rules_stage){0};
    return EXPECT_OK(cnode_create_l2(&cnode_cap, &cnode)) &&
           EXPECT_OK(slot_alloc_root(&no_write)) && EXPECT_OK(slot_alloc_root(&no_read)) &&
           EXPECT_OK(slot_alloc_root(&root_slot)) &&
           EXPECT_OK(cap_mint(no_write, cnode_cap, CAPRIGHTS_ALL & ~CAPRIGHTS_WRITE, 0)) &&
           EXPECT_OK(cap_mint(no_read, cnode_cap, CAPRIGHTS_ALL & ~CAPRIGHTS_READ, 0)) &&
           make_memory() && make_devices() && make_rest();
}

/// The endpoint may have been revoked, and with it the vector's copy.
static void free_vector(uint64_t vector)
{
    errval_t err = invoke_kernel_vector_free(cap_kernel, vector);
    EXPECT(err_is_ok(err) || err_no(err) == SYS_ERR_NO_LISTENER);
}

void rules_stage_destroy(void)
{
    free_vector(rules_stage.notify_vector);
    free_vector(rules_stage.irq_vector);
    EXPECT_OK(cap_destroy(no_write));
    EXPECT_OK(cap_destroy(no_read));
    EXPECT_OK(slot_free(root_slot));
    EXPECT_OK(cap_destroy(cnode_cap)); // and all that is left in it
    EXPECT_OK(cap_revoke(rules_stage.ram));
    EXPECT_OK(cap_destroy(rules_stage.ram));
    if (rules_stage.endpoint != NULL)
        lmp_endpoint_free(rules_stage.endpoint);
}
