// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What a fuzzed cell holds: its own root, page tables, dispatcher and frame, and in a CNode beside
// them something of every type, each with rights taken away at random. All that is given is written
// into the model. Half of the memory is a copy of what we keep, half is the cell's alone, so that
// it goes back to the memory server when the cell loses it.
//
// Devices are ones that nobody misses: two interrupts without a device, ports that no device
// answers, and PhysAddr, DevFrame and KCB where the machine has nothing.
//
// A trusted cell holds Kernel with the right to write, so nothing that it may do hurts us only
// because trusted.c changes its arguments; and they stay as changed, because it cannot
// write into its data frame by another way, nor change its address space.
#include "fuzz.h"

#include "barrelfish/capabilities.h"
#include "barrelfish/domain.h"
#include "barrelfish/invocations.h"
#include "barrelfish/ram_alloc.h"
#include "barrelfish/slot_alloc.h"

#define OWN_BYTES (128 * 1024ul)
#define ENDPOINT_MESSAGES 8u
#define NOWHERE (1ul << 39) ///< physical memory that no machine of the tests has
#define NOWHERE_BYTES (2 * HUGE_BYTES)
#define HUGE_BYTES (1ul << 30)
#define KCB_BASE (NOWHERE + (1ul << 36))
#define IO_PORTS 8u
#define ALL CAPRIGHTS_ALL
#define NO_GRANT (CAPRIGHTS_ALL & ~CAPRIGHTS_GRANT)
#define NO_EXECUTE (CAPRIGHTS_ALL & ~CAPRIGHTS_EXECUTE)
#define LOOK (CAPRIGHTS_READ | CAPRIGHTS_IDENTIFY)
// What an entry for a lower table lets be done with it: all that the table's own entries allow.
#define AS_TABLE (CAPRIGHTS_READ | CAPRIGHTS_WRITE | CAPRIGHTS_EXECUTE)

/// Slots in FUZZ_CNODE_OBJECTS.
enum {
    OWN_RAM = 1,
    FRAME,
    FRAME_READ = FUZZ_SLOT_READ_ONLY,
    PTABLE,
    PDIR,
    PDPT,
    PML4,
    DISPATCHER,
    DISPFRAME,
    RAM,
    UMP,
    L2CNODE,
    OWN_FRAME,
    KERNEL,
    PDIR_MAPPING,
    OTHER_ROOT = FUZZ_SLOT_OTHER_ROOT,
    FRAME_MAPPING,
    WAKE,
    WAKE_BADGED,
    SINK,
    PHYSADDR,
    DEVFRAME,
    KCB,
    IRQSRC,
    IRQDEST,
    NOTIFY,
    IO,
    ID,
    PART_TABLE = FUZZ_SLOT_PART_TABLE,
    OBJECTS_END
};
_Static_assert(OBJECTS_END <= FUZZ_OBJECTS, "room in the CNode");

struct capref fuzz_slot(const struct cell *cell, unsigned cnode, cslot_t slot)
{
    return (struct capref){{get_cap_addr(cell->root), cnode * L2_CNODE_SLOTS, CNODE_LEVEL_OTHER},
                           slot};
}

static struct capref object(const struct fuzz_cell *fuzz, cslot_t slot)
{
    return fuzz_slot(&fuzz->cell, FUZZ_CNODE_OBJECTS, slot);
}

static void empty(struct capref cap)
{
    errval_t err = cap_delete(cap);
    EXPECT(err_is_ok(err) || err_no(err) == SYS_ERR_CAP_NOT_FOUND);
}

bool fuzz_stock_init(struct fuzz_cell *fuzz)
{
    bool ok = EXPECT_OK(slot_alloc(&fuzz->wake));
    for (unsigned i = 0; i < FUZZ_OBJECTS; i++)
        ok = ok && EXPECT_OK(slot_alloc(&fuzz->kept[i]));
    return ok;
}

void fuzz_stock_end(struct fuzz_cell *fuzz)
{
    EXPECT_OK(slot_free(fuzz->wake));
    for (unsigned i = 0; i < FUZZ_OBJECTS; i++)
        EXPECT_OK(slot_free(fuzz->kept[i]));
}

/// Half of all keep all rights that they can have, most the right to be identified.
static uint8_t some_rights(struct test_random *random, uint8_t most)
{
    uint8_t rights = (uint8_t)test_random_below(random, ALL + 1);
    rights |= test_random_one_in(random, 8) ? 0 : CAPRIGHTS_IDENTIFY;
    return test_random_one_in(random, 2) ? most : rights & most;
}

/// Puts a copy of what we have, with these rights, into the cell's space and into the model.
static bool give(struct fuzz_cell *fuzz, struct capref to, struct capref source, uint8_t rights,
                 uint32_t badge)
{
    struct capability info = {0};
    if (!EXPECT_OK(cap_identify(source, &info)) || !EXPECT_OK(cap_mint(to, source, rights, badge)))
        return false;
    info.rights &= rights;
    info.extra |= (uint64_t)badge << 32;
    fuzz_model_give(&fuzz->model, &info);
    if (to.cnode.cnode == FUZZ_CNODE_OBJECTS * L2_CNODE_SLOTS)
        fuzz->model.types[to.slot] = info.type;
    return true;
}

static bool give_object(struct fuzz_cell *fuzz, struct test_random *random, cslot_t slot,
                        uint8_t most)
{
    return give(fuzz, object(fuzz, slot), fuzz->kept[slot], some_rights(random, most), 0);
}

/// The last L2CNode may lack rights; without the others a cell could do nothing.
static bool make_cnodes(struct fuzz_cell *fuzz, struct test_random *random)
{
    const struct cell *cell = &fuzz->cell;
    struct cnoderef root = build_cnoderef(cell->root, CNODE_LEVEL_ROOT);
    for (unsigned i = 0; i < FUZZ_CNODES; i++) {
        struct capref cnode = fuzz->kept[FUZZ_OBJECTS - 1];
        uint8_t rights = i + 1 < FUZZ_CNODES ? ALL : some_rights(random, ALL);
        if (!EXPECT_OK(cap_retype(cnode, cell->ram, CELL_SPARE + i * OBJSIZE_L2CNODE,
                                  ObjType_L2CNode, OBJSIZE_L2CNODE, 1)) ||
            !give(fuzz, (struct capref){root, i}, cnode, rights, 0) ||
            !EXPECT_OK(cap_delete(cnode)))
            return false;
    }
    return true;
}

/// What is mapped already, whatever rights to it the cell is given.
static bool show(struct fuzz_cell *fuzz, struct capref cap, uint8_t rights)
{
    struct capability info = {0};
    bool ok = EXPECT_OK(cap_identify(cap, &info));
    info.rights = rights;
    fuzz_model_show(&fuzz->model, &info);
    return ok;
}

/// Frames that we have mapped ourselves are given without the right to hand them on, which is also
/// that to revoke them: a revoked frame is unmapped everywhere, here too.
static bool give_life(struct fuzz_cell *fuzz, struct test_random *random)
{
    const struct cell *cell = &fuzz->cell;
    bool trusted = fuzz->model.trusted;
    const struct {
        struct capref cap;
        uint8_t most;
    } life[] = {
        {cell->root, ALL},
        {cell->dispatcher, ALL},
        {cell->dispframe, trusted ? LOOK : NO_GRANT},
        {cell->dataframe, trusted ? LOOK : NO_GRANT},
        {cell->slots[1], trusted ? LOOK : ALL},
        {cell->slots[2], trusted ? LOOK : ALL},
        {cell->slots[3], trusted ? LOOK : ALL},
        {cell->slots[4], trusted ? LOOK : ALL},
    };
    for (unsigned i = 0; i < sizeof(life) / sizeof(life[0]); i++) {
        struct capref to = fuzz_slot(cell, FUZZ_CNODE_LIFE, FUZZ_SLOT_ROOT + i);
        if (!give(fuzz, to, life[i].cap, some_rights(random, life[i].most), 0))
            return false;
    }
    struct capability dispatcher = {0};
    bool ok = EXPECT_OK(cap_identify(cell->dispatcher, &dispatcher)) &&
              show(fuzz, cell->dispframe, CAPRIGHTS_READ | CAPRIGHTS_WRITE) &&
              show(fuzz, cell->dataframe, CAPRIGHTS_READ | CAPRIGHTS_WRITE) &&
              show(fuzz, cell->slots[7], CAPRIGHTS_READ | CAPRIGHTS_EXECUTE);
    for (unsigned i = 1; i < 5; i++)
        ok = ok && show(fuzz, cell->slots[i], AS_TABLE);
    fuzz->model.dispatcher = dispatcher.base;
    return ok;
}

struct stock {
    cslot_t slot;
    enum objtype type;
    gensize_t offset, bytes;
};

/// Makes an object, keeps it, and gives a copy.
static bool make_object(struct fuzz_cell *fuzz, struct test_random *random, struct capref ram,
                        gensize_t base, const struct stock *stock)
{
    return EXPECT_OK(cap_retype(fuzz->kept[stock->slot], ram, base + stock->offset, stock->type,
                                stock->bytes, 1)) &&
           give_object(fuzz, random, stock->slot, ALL);
}

/// Out of the spare part of the cell's memory, behind the CNodes.
static bool make_objects(struct fuzz_cell *fuzz, struct test_random *random)
{
    static const struct stock stocks[] = {
        {FRAME, ObjType_Frame, 0, 2 * BASE_PAGE_SIZE},
        {PTABLE, ObjType_VNode_x86_64_ptable, 0x2000, OBJSIZE_VNODE},
        {PDIR, ObjType_VNode_x86_64_pdir, 0x4000, OBJSIZE_VNODE},
        {PDPT, ObjType_VNode_x86_64_pdpt, 0x6000, OBJSIZE_VNODE},
        {PML4, ObjType_VNode_x86_64_pml4, 0x8000, OBJSIZE_VNODE},
        {DISPATCHER, ObjType_Dispatcher, 0xa000, OBJSIZE_DISPATCHER},
        {DISPFRAME, ObjType_Frame, 0xb000, BASE_PAGE_SIZE},
        {RAM, ObjType_RAM, 0xc000, 4 * BASE_PAGE_SIZE},
        {UMP, ObjType_EndPointUMP, 0x10000, 2 * BASE_PAGE_SIZE},
    };
    const gensize_t base = CELL_SPARE + FUZZ_CNODES * OBJSIZE_L2CNODE;
    bool ok = true;
    for (unsigned i = 0; ok && i < sizeof(stocks) / sizeof(stocks[0]); i++)
        ok = make_object(fuzz, random, fuzz->cell.ram, base, &stocks[i]);
    // We keep all rights to these, which the cell never has.
    return ok &&
           EXPECT_OK(cap_retype(fuzz->kept[FRAME_READ], fuzz->cell.ram, base + 0x12000,
                                ObjType_Frame, 2 * BASE_PAGE_SIZE, 1)) &&
           give(fuzz, object(fuzz, FRAME_READ), fuzz->kept[FRAME_READ], LOOK, 0) &&
           EXPECT_OK(cap_retype(fuzz->kept[PART_TABLE], fuzz->cell.ram, base + 0x14000,
                                ObjType_VNode_x86_64_ptable, OBJSIZE_VNODE, 1)) &&
           give(fuzz, object(fuzz, PART_TABLE), fuzz->kept[PART_TABLE], NO_EXECUTE, 0);
}

/// Memory of the cell alone: what we keep of it is deleted.
static bool make_own(struct fuzz_cell *fuzz, struct test_random *random)
{
    static const struct stock stocks[] = {
        {OTHER_ROOT, ObjType_L1CNode, 0, L1_CNODE_SLOTS_MIN * OBJSIZE_CTE},
        {L2CNODE, ObjType_L2CNode, OBJSIZE_L2CNODE, OBJSIZE_L2CNODE},
        {OWN_FRAME, ObjType_Frame, 2 * OBJSIZE_L2CNODE, 4 * BASE_PAGE_SIZE},
    };
    struct capref ram;
    if (!EXPECT_OK(ram_alloc_bytes(&ram, OWN_BYTES, OBJSIZE_L2CNODE)))
        return false;
    bool ok = give(fuzz, object(fuzz, OWN_RAM), ram, some_rights(random, ALL), 0);
    for (unsigned i = 0; ok && i < sizeof(stocks) / sizeof(stocks[0]); i++) {
        ok = make_object(fuzz, random, ram, 0, &stocks[i]) &&
             EXPECT_OK(cap_delete(fuzz->kept[stocks[i].slot]));
    }
    return EXPECT_OK(cap_destroy(ram)) && ok;
}

static bool give_mapping(struct fuzz_cell *fuzz, cslot_t slot)
{
    struct capability info = {0};
    bool ok = EXPECT_OK(cap_identify(object(fuzz, slot), &info));
    fuzz_model_give(&fuzz->model, &info);
    fuzz->model.types[slot] = ObjType_Mapping;
    return ok;
}

static bool make_mappings(struct fuzz_cell *fuzz)
{
    struct capref *kept = fuzz->kept;
    return EXPECT_OK(vnode_map(kept[PDPT], kept[PDIR], 0, VREGION_FLAGS_READ, 0, 1,
                               object(fuzz, PDIR_MAPPING))) &&
           give_mapping(fuzz, PDIR_MAPPING) && show(fuzz, kept[PDIR], AS_TABLE) &&
           EXPECT_OK(vnode_map(kept[PTABLE], object(fuzz, FRAME_READ), 8, VREGION_FLAGS_READ, 0, 2,
                               object(fuzz, FRAME_MAPPING))) &&
           give_mapping(fuzz, FRAME_MAPPING);
}

/// `wake` is the cell's own endpoint, to wake it with; `sink` is ours.
static bool make_endpoints(struct fuzz_cell *fuzz, struct test_random *random)
{
    return EXPECT_OK(invoke_dispatcher_endpoint(fuzz->cell.dispatcher, FUZZ_ENDPOINT_OFFSET,
                                                ENDPOINT_MESSAGES, fuzz->wake)) &&
           EXPECT_OK(endpoint_create(ENDPOINT_MESSAGES, &fuzz->sink_cap, &fuzz->sink)) &&
           give(fuzz, object(fuzz, WAKE), fuzz->wake, some_rights(random, ALL), 0) &&
           give(fuzz, object(fuzz, WAKE_BADGED), fuzz->wake, some_rights(random, ALL),
                FUZZ_BADGE) &&
           give(fuzz, object(fuzz, SINK), fuzz->sink_cap, some_rights(random, NO_GRANT),
                FUZZ_BADGE);
}

/// A capability to memory that is not there.
static bool make_nowhere(struct fuzz_cell *fuzz, cslot_t slot, enum objtype type, genpaddr_t base,
                         gensize_t bytes)
{
    struct capability raw = {
        .base = base, .bytes = bytes, .type = type, .rights = ALL, .owner = fuzz->model.core};
    return EXPECT_OK(invoke_kernel_create_cap(cap_kernel, &raw, fuzz->kept[slot]));
}

static bool make_devices(struct fuzz_cell *fuzz)
{
    struct capref *kept = fuzz->kept;
    return make_nowhere(fuzz, PHYSADDR, ObjType_PhysAddr, NOWHERE, NOWHERE_BYTES) &&
           EXPECT_OK(cap_retype(kept[DEVFRAME], kept[PHYSADDR], HUGE_BYTES, ObjType_DevFrame,
                                HUGE_BYTES, 1)) &&
           make_nowhere(fuzz, KCB, ObjType_KCB, KCB_BASE, 2 * OBJSIZE_KCB) &&
           EXPECT_OK(cap_retype(kept[IRQSRC], cap_irq, FUZZ_IRQ, ObjType_IRQSrc, 2, 1)) &&
           EXPECT_OK(cap_retype(kept[IO], cap_io, FUZZ_IO, ObjType_IO, IO_PORTS, 1)) &&
           EXPECT_OK(invoke_kernel_irqdest_create(cap_kernel, fuzz->sink_cap, kept[IRQDEST],
                                                  &fuzz->model.vectors[0])) &&
           EXPECT_OK(invoke_kernel_notify_create(cap_kernel, fuzz->sink_cap, kept[NOTIFY],
                                                 &fuzz->model.vectors[1])) &&
           EXPECT_OK(invoke_kernel_id_create(cap_kernel, kept[ID]));
}

static bool give_devices(struct fuzz_cell *fuzz, struct test_random *random)
{
    static const cslot_t devices[] = {PHYSADDR, DEVFRAME, KCB, IRQSRC, IRQDEST, NOTIFY, IO, ID};
    bool ok = make_devices(fuzz);
    for (unsigned i = 0; ok && i < sizeof(devices) / sizeof(devices[0]); i++)
        ok = give_object(fuzz, random, devices[i], ALL);
    // Whoever may revoke Kernel takes it away from the monitor.
    uint8_t rights = fuzz->model.trusted ? NO_GRANT : LOOK;
    return ok && give(fuzz, object(fuzz, KERNEL), cap_kernel, rights, 0);
}

bool fuzz_stock(struct fuzz_cell *fuzz, struct test_random *random, bool trusted)
{
    fuzz->model = (struct fuzz_model){.trusted = trusted, .core = disp_get_core_id()};
    return make_cnodes(fuzz, random) && give_life(fuzz, random) && make_own(fuzz, random) &&
           make_objects(fuzz, random) && make_mappings(fuzz) && make_endpoints(fuzz, random) &&
           give_devices(fuzz, random);
}

void fuzz_unstock(struct fuzz_cell *fuzz)
{
    if (fuzz->sink != NULL) { // takes the vectors with it
        EXPECT_OK(cap_revoke(fuzz->sink_cap));
        EXPECT_OK(cap_destroy(fuzz->sink_cap));
        lmp_endpoint_free(fuzz->sink);
        fuzz->sink = NULL;
    }
    empty(fuzz->wake);
    for (unsigned i = 0; i < FUZZ_OBJECTS; i++)
        empty(fuzz->kept[i]);
}
