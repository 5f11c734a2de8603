// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The boot plan on random machines, carried out as the monitors do: core 0 divides, each child
// divides what it got, and so on down the tree. In the end each core has started once and every
// byte of RAM is some core's, exactly once, in the core's own node where that has RAM; and each
// core had its KCB.
#include "protocol/boot_plan.h"

#include "kpi/capabilities.h"
#include "testlib/testlib.h"

#include <string.h>

#define MIB (UINT64_C(1) << 20)
#define TAKEN_MAX 8192u
#define NODE_RAM (1024 * MIB) ///< least, in a piece: enough for 255 cores

struct machine {
    struct boot_tree tree;
    uint8_t distance[BOOTINFO_NODES_MAX][BOOTINFO_NODES_MAX];
    gensize_t node_ram[BOOTINFO_NODES_MAX];
    struct bootinfo_region regions[BOOTINFO_REGIONS_MAX];
    unsigned regions_count;
    unsigned claimants[BOOTINFO_NODES_MAX]; ///< cores of a node, but for core 0
    unsigned started[BOOTINFO_CORES_MAX];
    gensize_t ram[BOOTINFO_CORES_MAX]; ///< that a core keeps
    gensize_t taken;                   ///< by all cores
    struct bootinfo_region keeps[TAKEN_MAX];
    unsigned keeps_count;
    gensize_t used; ///< by each further core before it divides
};

static struct machine machine;

static void add_region(struct machine *m, uint16_t kind, uint16_t node, genpaddr_t *at,
                       gensize_t bytes)
{
    m->regions[m->regions_count++] =
        (struct bootinfo_region){.base = *at, .bytes = bytes, .kind = kind, .node = node};
    *at += bytes + BASE_PAGE_SIZE;
    if (kind == REGION_RAM)
        m->node_ram[node] += bytes;
}

/// A machine whose nodes have uneven numbers of cores; some have no RAM, some no cores.
static void make_machine(struct machine *m, struct test_random *random, unsigned cores,
                         unsigned nodes, bool one_kcb)
{
    uint16_t node[BOOTINFO_CORES_MAX];
    genpaddr_t at = MIB;
    memset(m, 0, sizeof(*m));
    for (unsigned i = 0; i < cores; i++) {
        node[i] =
            (uint16_t)(test_random_below(random, 4) == 0 ? 0 : test_random_below(random, nodes));
        m->claimants[node[i]] += i == 0 ? 0 : 1;
    }
    for (unsigned a = 0; a < BOOTINFO_NODES_MAX; a++)
        for (unsigned b = 0; b < BOOTINFO_NODES_MAX; b++)
            m->distance[a][b] = (uint8_t)(a == b ? 10 : 10 + 5 * (a > b ? a - b : b - a));
    unsigned fan_out = 2 + (unsigned)test_random_below(random, BOOT_FAN_OUT_MAX - 1);
    CU_ASSERT_EQUAL_FATAL(boot_tree_make(&m->tree, node, cores, fan_out), SYS_ERR_OK);
    for (uint16_t n = 0; n < nodes; n++) {
        unsigned parts = n != 0 && test_random_below(random, 5) == 0
                             ? 0
                             : 1 + (unsigned)test_random_below(random, 3);
        for (unsigned p = 0; p < parts; p++)
            add_region(m, REGION_RAM, n, &at,
                       NODE_RAM + test_random_below(random, 4096) * BASE_PAGE_SIZE);
        if (!one_kcb && m->claimants[n] != 0)
            add_region(m, REGION_KCB, n, &at, (gensize_t)m->claimants[n] * OBJSIZE_KCB);
    }
    if (one_kcb && cores > 1)
        add_region(m, REGION_KCB, 0, &at, (gensize_t)(cores - 1) * OBJSIZE_KCB);
}

static void keep(struct machine *m, coreid_t core, const struct boot_piece *piece, uint16_t node)
{
    CU_ASSERT_FATAL(m->keeps_count < TAKEN_MAX);
    m->keeps[m->keeps_count++] =
        (struct bootinfo_region){.base = piece->base, .bytes = piece->bytes, .node = node};
    m->ram[core] += piece->bytes;
    m->taken += piece->bytes;
    // Of another node only if the own one has no RAM, or nobody is there to take it.
    uint16_t own = m->tree.node[core];
    CU_ASSERT(node == own || m->node_ram[own] == 0 || m->claimants[node] == 0);
}

/// The pieces of each region cover it without a gap, in order.
static void check_pieces(const struct boot_plan *plan, const struct bootinfo_region *regions,
                         unsigned count)
{
    for (unsigned r = 0; r < count; r++) {
        gensize_t at = 0;
        for (unsigned i = 0; i < plan->pieces_count; i++) {
            if (plan->pieces[i].region != r)
                continue;
            CU_ASSERT_EQUAL(plan->pieces[i].base, regions[r].base + at);
            CU_ASSERT(plan->pieces[i].bytes != 0 && plan->pieces[i].bytes % BASE_PAGE_SIZE == 0);
            at += plan->pieces[i].bytes;
        }
        CU_ASSERT_EQUAL(at, regions[r].bytes);
    }
}

/// What an heir holds after its start: its RAM, and its KCB piece less the part that its CPU driver
/// took.
static unsigned inherit(const struct boot_plan *plan, unsigned heir,
                        const struct bootinfo_region *from, struct bootinfo_region *to)
{
    unsigned count = 0;
    CU_ASSERT_NOT_EQUAL_FATAL(plan->heirs[heir].kcb, BOOT_CORE_NONE);
    for (unsigned i = 0; i < plan->pieces_count; i++) {
        const struct boot_piece *piece = &plan->pieces[i];
        bool kcb = from[piece->region].kind == REGION_KCB;
        if (piece->heir != heir)
            continue;
        if (kcb)
            CU_ASSERT(i == plan->heirs[heir].kcb && piece->bytes >= OBJSIZE_KCB);
        gensize_t used = kcb ? OBJSIZE_KCB : 0;
        if (piece->bytes == used)
            continue;
        CU_ASSERT_FATAL(count < BOOTINFO_REGIONS_MAX);
        to[count++] = (struct bootinfo_region){.base = piece->base + used,
                                               .bytes = piece->bytes - used,
                                               .kind = from[piece->region].kind,
                                               .node = from[piece->region].node};
    }
    return count;
}

/// A core starts in its largest region, as its CPU driver does, and needs BOOTINFO_CORE_RAM_MIN there
/// when memory is scarce.
static void use(struct machine *m, coreid_t core, struct bootinfo_region *regions, unsigned count)
{
    struct bootinfo_region *largest = NULL;
    for (unsigned i = 0; i < count && m->used != 0; i++)
        if (regions[i].kind == REGION_RAM && (largest == NULL || regions[i].bytes > largest->bytes))
            largest = &regions[i];
    if (largest == NULL)
        return;
    CU_ASSERT_FATAL(largest->bytes >= BOOTINFO_CORE_RAM_MIN);
    largest->base += m->used;
    largest->bytes -= m->used;
    m->ram[core] += m->used;
    m->taken += m->used;
}

static void boot_core(struct machine *m, coreid_t core, const struct bootinfo_region *regions,
                      unsigned count)
{
    struct boot_plan plan;
    m->started[core]++;
    CU_ASSERT_EQUAL_FATAL(boot_plan_make(&plan, &m->tree, core, regions, count,
                                         core == 0 ? 0 : m->used,
                                         (const uint8_t(*)[BOOTINFO_NODES_MAX])m->distance),
                          SYS_ERR_OK);
    check_pieces(&plan, regions, count);
    for (unsigned i = 0; i < plan.pieces_count; i++)
        if (plan.pieces[i].heir == 0 && regions[plan.pieces[i].region].kind == REGION_RAM)
            keep(m, core, &plan.pieces[i], regions[plan.pieces[i].region].node);
    for (unsigned h = 1; h < plan.heirs_count; h++) {
        struct bootinfo_region inherited[BOOTINFO_REGIONS_MAX];
        unsigned inherited_count = inherit(&plan, h, regions, inherited);
        CU_ASSERT(m->used == 0 || plan.heirs[h].places >= plan.heirs[h].cores);
        use(m, plan.heirs[h].core, inherited, inherited_count);
        boot_core(m, plan.heirs[h].core, inherited, inherited_count);
    }
}

static void check_machine(const struct machine *m)
{
    gensize_t all = 0;
    for (unsigned n = 0; n < BOOTINFO_NODES_MAX; n++)
        all += m->node_ram[n];
    CU_ASSERT_EQUAL(m->taken, all);
    for (unsigned core = 0; core < m->tree.count; core++) {
        CU_ASSERT_EQUAL(m->started[core], 1);
        if (core != 0)
            // Each division on the way down rounds down by less than a granule.
            CU_ASSERT(m->ram[core] >= NODE_RAM / m->tree.count - 8 * BOOT_RAM_GRANULE);
    }
    for (unsigned i = 0; i < m->keeps_count; i++)
        for (unsigned j = 0; j < i; j++)
            CU_ASSERT(m->keeps[i].base + m->keeps[i].bytes <= m->keeps[j].base ||
                      m->keeps[j].base + m->keeps[j].bytes <= m->keeps[i].base);
}

static void random_machines(void)
{
    static const unsigned counts[] = {1, 2, 3, 7, 16, 64, 255};
    struct test_random random;
    test_random_init(&random, 2);
    for (unsigned c = 0; c < sizeof(counts) / sizeof(counts[0]); c++) {
        for (unsigned nodes = 1; nodes <= BOOTINFO_NODES_MAX; nodes++) {
            for (unsigned round = 0; round < 4; round++) {
                make_machine(&machine, &random, counts[c], nodes, round % 2 == 0);
                boot_core(&machine, 0, machine.regions, machine.regions_count);
                check_machine(&machine);
            }
        }
    }
}

/// As many places for a core as there are cores, and hardly more memory, in regions of odd sizes:
/// every core starts, on whatever way down the tree its share comes to it.
static void scarce_memory(void)
{
    static const uint16_t node[BOOTINFO_CORES_MAX];
    struct test_random random;
    test_random_init(&random, 3);
    for (unsigned round = 0; round < 200; round++) {
        unsigned cores = 2 + (unsigned)test_random_below(&random, 150), places = 1;
        genpaddr_t at = MIB;
        memset(&machine, 0, sizeof(machine));
        machine.used = 2 * MIB;
        CU_ASSERT_EQUAL_FATAL(boot_tree_make(&machine.tree, node, cores, 3), SYS_ERR_OK);
        while (places < cores && machine.regions_count < BOOTINFO_RAM_REGIONS_MAX - 1) {
            unsigned now = 1 + (unsigned)test_random_below(&random, cores - places);
            gensize_t odd = test_random_below(&random, BOOTINFO_CORE_RAM_MIN / BASE_PAGE_SIZE);
            add_region(&machine, REGION_RAM, 0, &at,
                       now * BOOTINFO_CORE_RAM_MIN + odd * BASE_PAGE_SIZE);
            places += now;
        }
        if (places < cores)
            add_region(&machine, REGION_RAM, 0, &at, (cores - places) * BOOTINFO_CORE_RAM_MIN);
        add_region(&machine, REGION_KCB, 0, &at, (gensize_t)(cores - 1) * OBJSIZE_KCB);
        boot_core(&machine, 0, machine.regions, machine.regions_count);
        for (unsigned core = 1; core < cores; core++)
            CU_ASSERT(machine.started[core] == 1 && machine.ram[core] >= machine.used);
    }
}

/// Two regions that hold enough for three cores together, but in pieces that are too small.
static void no_place(void)
{
    static const uint16_t node[] = {0, 0, 0, 0};
    struct boot_plan plan;
    genpaddr_t at = 0;
    memset(&machine, 0, sizeof(machine));
    CU_ASSERT_EQUAL_FATAL(boot_tree_make(&machine.tree, node, 4, 3), SYS_ERR_OK);
    add_region(&machine, REGION_RAM, 0, &at, 5 * MIB);
    add_region(&machine, REGION_RAM, 0, &at, 5 * MIB);
    CU_ASSERT_EQUAL_FATAL(boot_plan_make(&plan, &machine.tree, 0, machine.regions, 2, 0,
                                         (const uint8_t(*)[BOOTINFO_NODES_MAX])machine.distance),
                          SYS_ERR_OK);
    check_pieces(&plan, machine.regions, 2);
    unsigned places = 0;
    for (unsigned h = 1; h < plan.heirs_count; h++)
        places += plan.heirs[h].places;
    CU_ASSERT(places < 3);
}

/// Two nodes with two cores each: everyone gets memory of its own node only, and equal shares.
static void own_node(void)
{
    static const uint16_t node[] = {0, 1, 1, 0};
    genpaddr_t at = 0;
    memset(&machine, 0, sizeof(machine));
    CU_ASSERT_EQUAL_FATAL(boot_tree_make(&machine.tree, node, 4, 2), SYS_ERR_OK);
    add_region(&machine, REGION_RAM, 0, &at, 64 * MIB);
    add_region(&machine, REGION_RAM, 1, &at, 128 * MIB);
    add_region(&machine, REGION_KCB, 0, &at, 3 * OBJSIZE_KCB);
    boot_core(&machine, 0, machine.regions, machine.regions_count);
    for (unsigned i = 0; i < machine.keeps_count; i++)
        CU_ASSERT_EQUAL(machine.keeps[i].node, machine.keeps[i].base < 64 * MIB ? 0 : 1);
    CU_ASSERT_EQUAL(machine.ram[0], 0);
    CU_ASSERT_EQUAL(machine.ram[1], 64 * MIB);
    CU_ASSERT_EQUAL(machine.ram[2], 64 * MIB);
    CU_ASSERT_EQUAL(machine.ram[3], 64 * MIB);
}

/// A node without RAM takes from the nearest, not from the first.
static void nearest_node(void)
{
    static const uint16_t node[] = {0, 2, 1};
    struct boot_plan plan;
    genpaddr_t at = 0;
    memset(&machine, 0, sizeof(machine));
    CU_ASSERT_EQUAL_FATAL(boot_tree_make(&machine.tree, node, 3, 2), SYS_ERR_OK);
    memset(machine.distance, 30, sizeof(machine.distance));
    machine.distance[2][1] = 20;
    add_region(&machine, REGION_RAM, 0, &at, 64 * MIB);
    add_region(&machine, REGION_RAM, 1, &at, 64 * MIB);
    CU_ASSERT_EQUAL_FATAL(boot_plan_make(&plan, &machine.tree, 0, machine.regions, 2, 0,
                                         (const uint8_t(*)[BOOTINFO_NODES_MAX])machine.distance),
                          SYS_ERR_OK);
    // Core 2's node 1 is shared by cores 1 and 2; node 0's RAM goes to the cores nearest to it,
    // which are of node 1.
    for (unsigned i = 0; i < plan.pieces_count; i++) {
        const struct boot_piece *piece = &plan.pieces[i];
        if (plan.heirs[piece->heir].core == 1)
            CU_ASSERT_EQUAL(machine.regions[piece->region].node, 1);
    }
    CU_ASSERT_EQUAL(plan.heirs[1].core, 1);
    CU_ASSERT_EQUAL(plan.heirs[1].ram_bytes, 32 * MIB);
}

/// What `core` and those below it get of each region, of all regions in order.
static gensize_t part_of(const struct boot_plan *plan, coreid_t core, unsigned region)
{
    gensize_t bytes = 0;
    for (unsigned i = 0; i < plan->pieces_count; i++)
        if (plan->pieces[i].region == region && plan->heirs[plan->pieces[i].heir].core == core)
            bytes += plan->pieces[i].bytes;
    return bytes;
}

/// RAM that no core's node or nearest node is goes to the cores of the node nearest to it, and only
/// that; RAM that a core of another node claims goes to nobody else.
static void node_without_cores(void)
{
    static const uint16_t node[] = {0, 0, 1, 4};
    struct boot_plan plan;
    genpaddr_t at = 0;
    memset(&machine, 0, sizeof(machine));
    CU_ASSERT_EQUAL_FATAL(boot_tree_make(&machine.tree, node, 4, 3), SYS_ERR_OK);
    memset(machine.distance, 30, sizeof(machine.distance));
    machine.distance[2][1] = machine.distance[4][3] = 20;
    for (uint16_t n = 0; n < 4; n++)
        add_region(&machine, REGION_RAM, n, &at, 64 * MIB);
    CU_ASSERT_EQUAL_FATAL(boot_plan_make(&plan, &machine.tree, 0, machine.regions, 4, 0,
                                         (const uint8_t(*)[BOOTINFO_NODES_MAX])machine.distance),
                          SYS_ERR_OK);
    check_pieces(&plan, machine.regions, 4);
    for (unsigned n = 0; n < 4; n++) {
        CU_ASSERT_EQUAL(part_of(&plan, 1, n), n == 0 ? 64 * MIB : 0);
        CU_ASSERT_EQUAL(part_of(&plan, 2, n), n == 1 || n == 2 ? 64 * MIB : 0);
        CU_ASSERT_EQUAL(part_of(&plan, 3, n), n == 3 ? 64 * MIB : 0);
    }
}

/// Memory to start in is of the own node while enough of that is in one piece, else of another. Core 1
/// starts core 3.
static void own_kcb(void)
{
    static const uint16_t node[] = {0, 1, 0, 1};
    CU_ASSERT_EQUAL_FATAL(boot_tree_make(&machine.tree, node, 4, 3), SYS_ERR_OK);
    for (unsigned enough = 0; enough < 2; enough++) {
        struct boot_plan plan;
        genpaddr_t at = 0;
        machine.regions_count = 0;
        add_region(&machine, REGION_KCB, 0, &at, (enough ? 1 : 3) * OBJSIZE_KCB);
        add_region(&machine, REGION_KCB, 1, &at, (enough ? 2 : 1) * OBJSIZE_KCB);
        CU_ASSERT_EQUAL_FATAL(
            boot_plan_make(&plan, &machine.tree, 0, machine.regions, 2, 0,
                           (const uint8_t(*)[BOOTINFO_NODES_MAX])machine.distance),
            SYS_ERR_OK);
        check_pieces(&plan, machine.regions, 2);
        CU_ASSERT_EQUAL(part_of(&plan, 1, enough), 2 * OBJSIZE_KCB);
        CU_ASSERT_EQUAL(part_of(&plan, 2, 0), OBJSIZE_KCB);
        CU_ASSERT_EQUAL(part_of(&plan, 0, 1), enough ? 0 : OBJSIZE_KCB);
    }
}

static void too_little(void)
{
    static const uint16_t node[] = {0, 0, 0};
    struct boot_plan plan;
    genpaddr_t at = 0;
    memset(&machine, 0, sizeof(machine));
    CU_ASSERT_EQUAL_FATAL(boot_tree_make(&machine.tree, node, 3, 2), SYS_ERR_OK);
    add_region(&machine, REGION_RAM, 0, &at, BASE_PAGE_SIZE);
    add_region(&machine, REGION_KCB, 0, &at, OBJSIZE_KCB);
    CU_ASSERT_EQUAL_FATAL(boot_plan_make(&plan, &machine.tree, 0, machine.regions, 2, 0,
                                         (const uint8_t(*)[BOOTINFO_NODES_MAX])machine.distance),
                          SYS_ERR_OK);
    check_pieces(&plan, machine.regions, 2);
    CU_ASSERT_NOT_EQUAL(plan.heirs[1].kcb, BOOT_CORE_NONE);
    CU_ASSERT_EQUAL(plan.heirs[2].kcb, BOOT_CORE_NONE);
    CU_ASSERT_EQUAL(plan.heirs[1].ram_bytes, 0);
    CU_ASSERT_EQUAL(plan.heirs[2].ram_bytes, BASE_PAGE_SIZE);
}

static errval_t plan_one(struct bootinfo_region region, unsigned count)
{
    static const uint16_t node[] = {0, 0};
    static const uint8_t distance[BOOTINFO_NODES_MAX][BOOTINFO_NODES_MAX];
    struct bootinfo_region regions[BOOTINFO_REGIONS_MAX + 1] = {region};
    struct boot_tree tree;
    struct boot_plan plan;
    CU_ASSERT_EQUAL_FATAL(boot_tree_make(&tree, node, 2, 2), SYS_ERR_OK);
    return boot_plan_make(&plan, &tree, 0, regions, count, 0, distance);
}

static void bad_regions(void)
{
    struct bootinfo_region good = {.base = MIB, .bytes = MIB, .kind = REGION_RAM};
    struct bootinfo_region bad = good;
    CU_ASSERT_EQUAL(plan_one(good, 1), SYS_ERR_OK);
    CU_ASSERT_EQUAL(plan_one(good, BOOTINFO_REGIONS_MAX + 1), SYS_ERR_CORE_DATA);
    bad.base = 1;
    CU_ASSERT_EQUAL(plan_one(bad, 1), SYS_ERR_CORE_DATA);
    bad = good;
    bad.bytes = 0;
    CU_ASSERT_EQUAL(plan_one(bad, 1), SYS_ERR_CORE_DATA);
    bad.bytes = -(gensize_t)BASE_PAGE_SIZE;
    CU_ASSERT_EQUAL(plan_one(bad, 1), SYS_ERR_CORE_DATA);
    bad = good;
    bad.node = BOOTINFO_NODES_MAX;
    CU_ASSERT_EQUAL(plan_one(bad, 1), SYS_ERR_CORE_DATA);
    bad.kind = REGION_SHARED;
    CU_ASSERT_EQUAL(plan_one(bad, 1), SYS_ERR_OK);
}

TEST_SUITE("boot plan") = {
    {"random machines: every byte once, every core fed", random_machines},
    {"memory of the own node, in equal shares", own_node},
    {"a node without memory takes from the nearest", nearest_node},
    {"memory of a node without cores goes to the nearest", node_without_cores},
    {"memory to start in is of the own node first", own_kcb},
    {"too little memory is seen in the plan", too_little},
    {"malformed regions are refused", bad_regions},
    {"scarce memory in odd regions feeds every core", scarce_memory},
    {"memory without a place for each core", no_place},
};
