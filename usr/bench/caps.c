// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What invocations of capabilities cost, and how that grows with the core's mapping database and
// with the number of descendants. What is timed is the system call alone, repeated while the CPU
// driver says SYS_ERR_AGAIN; what makes it possible and what undoes it is done outside of the time.
// Descendants are pieces of RAM, because nothing is cleared for them; further capabilities are
// copies of the frame that is copied, which lie beside it in the database.
#include "bench.h"

#include "barrelfish/capabilities.h"
#include "barrelfish/ram_alloc.h"
#include "barrelfish/slot_alloc.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define RUNS 1000u
#define DESCENDANTS_MAX 1000u
#define FURTHER_MAX 10000u
#define CNODES_MAX ((FURTHER_MAX + L2_CNODE_SLOTS - 1) / L2_CNODE_SLOTS)

/// The registers of an invocation.
struct call {
    struct capref cap;
    enum cap_cmd cmd;
    uint64_t args[5];
};

struct operation {
    const char *name;
    bool grows; ///< measured with larger databases too
    struct call (*prepare)(void);
    void (*undo)(void); ///< NULL: nothing is to be undone
};

static struct capref ram, frame, table, slot, many_ram;
static struct capref cnode_caps[CNODES_MAX];
static struct cnoderef cnodes[CNODES_MAX];
static unsigned descendants; ///< that revoke is to find

static struct capref many_slot(unsigned i)
{
    return (struct capref){cnodes[i / L2_CNODE_SLOTS], i % L2_CNODE_SLOTS};
}

static void undo_slot(void)
{
    check(cap_delete(slot), "undoing");
}

static struct call prepare_null(void)
{
    return (struct call){cap_dispatcher, DISPATCHER_CMD_STATE, {0}};
}

static struct call prepare_identify(void)
{
    static struct capability info;
    return (struct call){frame, CAP_CMD_IDENTIFY, {(uint64_t)&info}};
}

static struct call prepare_copy(void)
{
    return (struct call){frame, CAP_CMD_COPY, {get_cap_caddr(slot)}};
}

static struct call prepare_mint(void)
{
    return (struct call){frame, CAP_CMD_MINT, {get_cap_caddr(slot), CAPRIGHTS_READ}};
}

static struct call retype_to(enum objtype type)
{
    return (struct call){
        ram, CAP_CMD_RETYPE, {0, type | 1ul << 32, BASE_PAGE_SIZE, get_cap_caddr(slot)}};
}

static struct call prepare_retype_frame(void)
{
    return retype_to(ObjType_Frame);
}

static struct call prepare_retype_ram(void)
{
    return retype_to(ObjType_RAM);
}

static struct call prepare_map(void)
{
    return (struct call){
        table,
        VNODE_CMD_MAP,
        {1ul << 16, get_cap_caddr(frame), 0, VREGION_FLAGS_READ, get_cap_caddr(slot)}};
}

static void map(void)
{
    check(vnode_map(table, frame, 0, VREGION_FLAGS_READ, 0, 1, slot), "mapping");
}

static struct call prepare_modify(void)
{
    map();
    return (struct call){slot, MAPPING_CMD_MODIFY, {1ul << 16, VREGION_FLAGS_READ_WRITE}};
}

static struct call prepare_unmap(void)
{
    map();
    return (struct call){table, VNODE_CMD_UNMAP, {get_cap_caddr(slot)}};
}

static struct call prepare_delete_copy(void)
{
    check(cap_copy(slot, frame), "copying");
    return (struct call){slot, CAP_CMD_DELETE, {0}};
}

static struct call prepare_delete_last(void)
{
    check(cap_retype(slot, ram, 0, ObjType_Frame, BASE_PAGE_SIZE, 1), "making a frame");
    return (struct call){slot, CAP_CMD_DELETE, {0}};
}

static struct call prepare_revoke(void)
{
    for (unsigned i = 0, now; i < descendants; i += now) {
        now = descendants - i < L2_CNODE_SLOTS ? descendants - i : L2_CNODE_SLOTS;
        check(cap_retype(many_slot(i), many_ram, i * BASE_PAGE_SIZE, ObjType_RAM, BASE_PAGE_SIZE,
                         now),
              "making descendants");
    }
    return (struct call){many_ram, CAP_CMD_REVOKE, {0}};
}

static const struct operation operations[] = {
    {"null invocation", true, prepare_null, NULL},
    {"identify", true, prepare_identify, NULL},
    {"copy", true, prepare_copy, undo_slot},
    {"mint", false, prepare_mint, undo_slot},
    {"retype to a frame", true, prepare_retype_frame, undo_slot},
    {"retype to RAM", true, prepare_retype_ram, undo_slot},
    {"map a page", true, prepare_map, undo_slot},
    {"modify a page", false, prepare_modify, undo_slot},
    {"unmap a page", true, prepare_unmap, NULL},
    {"delete a copy", true, prepare_delete_copy, NULL},
    {"delete the last copy", true, prepare_delete_last, NULL},
};
static const struct operation revoke = {"revoke", false, prepare_revoke, NULL};
#define OPERATIONS (sizeof(operations) / sizeof(operations[0]))

/// One run: its time, and the number of steps that it took.
static cycles_t run(const struct operation *operation, unsigned *steps)
{
    errval_t err;
    struct call call = operation->prepare();
    uint64_t caddr = get_cap_caddr(call.cap);
    unsigned count = 0;
    cycles_t start = bench_tsc();
    do {
        err = syscall_invoke(caddr, call.cmd, call.args[0], call.args[1], call.args[2],
                             call.args[3], call.args[4], 0)
                  .error;
        count++;
    } while (err_no(err) == SYS_ERR_AGAIN);
    cycles_t end = bench_tsc();
    check(err, operation->name);
    if (operation->undo != NULL)
        operation->undo();
    *steps = count;
    return bench_time_diff(start, end);
}

/// Measures and prints; returns the median. `smallest`: that of the smallest size, or 0: this is
/// it.
static cycles_t measure(const struct options *options, const struct operation *operation,
                        unsigned size, unsigned runs, cycles_t smallest)
{
    unsigned warm = runs / 10, steps, steps_max = 0;
    cycles_t *samples = calloc(runs, sizeof(*samples));
    check(samples != NULL ? SYS_ERR_OK : LIB_ERR_MALLOC_FAIL, "keeping the times");
    for (unsigned i = 0; i < warm + runs; i++) {
        samples[i < warm ? 0 : i - warm] = run(operation, &steps);
        steps_max = steps > steps_max ? steps : steps_max;
    }
    const struct report_row row = {.what = operation->name,
                                   .from = disp_get_core_id(),
                                   .to = -1,
                                   .size = size,
                                   .steps = steps_max,
                                   .ratio = RATIO_TO_BASE,
                                   .base = smallest};
    return report(options, &row, samples, runs);
}

static void set_up(void)
{
    // Twice what is made of it: RAM is not retyped into RAM of its own size.
    check(ram_alloc_bytes(&ram, 2 * BASE_PAGE_SIZE, BASE_PAGE_SIZE), "getting memory");
    check(ram_alloc_bytes(&many_ram, DESCENDANTS_MAX * BASE_PAGE_SIZE, BASE_PAGE_SIZE),
          "getting memory");
    check(frame_alloc(&frame, BASE_PAGE_SIZE, NULL), "getting a frame");
    check(slot_alloc(&slot), "getting a slot");
    check(slot_alloc(&table), "getting a slot");
    check(vnode_create(table, ObjType_VNode_x86_64_ptable), "getting a page table");
    for (unsigned i = 0; i < CNODES_MAX; i++)
        check(cnode_create_l2(&cnode_caps[i], &cnodes[i]), "getting a CNode");
}

static void clean_up(void)
{
    for (unsigned i = 0; i < CNODES_MAX; i++)
        check(cap_destroy(cnode_caps[i]), "cleaning up");
    struct capref rest[] = {table, frame, many_ram, ram};
    for (size_t i = 0; i < sizeof(rest) / sizeof(rest[0]); i++)
        check(cap_destroy(rest[i]), "cleaning up");
    check(slot_free(slot), "cleaning up");
}

void measure_caps(const struct options *options)
{
    static const unsigned revoked[] = {1, 10, 100, DESCENDANTS_MAX};
    static const unsigned sizes[] = {0, 1000, FURTHER_MAX};
    unsigned runs = options->runs != 0 ? options->runs : RUNS, further = 0;
    cycles_t smallest[OPERATIONS] = {0}, revoke_smallest = 0;
    uint64_t database = 0;
    set_up();
    check(invoke_kernel_stat(cap_kernelinfo, KERNEL_STAT_MDB_SIZE, &database), "reading a counter");
    if (!options->csv) {
        printf("the mapping database of core %u holds %" PRIu64 " capabilities\n",
               disp_get_core_id(), database);
    }
    for (size_t i = 0; i < sizeof(revoked) / sizeof(revoked[0]); i++) {
        descendants = revoked[i];
        unsigned fewer = runs / descendants < 20 && runs > 20 ? 20 : runs / descendants;
        cycles_t median =
            measure(options, &revoke, descendants, fewer > 0 ? fewer : 1, revoke_smallest);
        revoke_smallest = i == 0 ? median : revoke_smallest;
    }
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        for (; further < sizes[i]; further++)
            check(cap_copy(many_slot(further), frame), "filling the database");
        for (size_t k = 0; k < OPERATIONS; k++) {
            if (i > 0 && !operations[k].grows)
                continue;
            cycles_t median = measure(options, &operations[k], further, runs, smallest[k]);
            smallest[k] = i == 0 ? median : smallest[k];
        }
    }
    clean_up();
}
