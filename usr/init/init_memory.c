// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// All RAM of the machine is init's at first. It makes the memory server out of it, ends its own use
// of it, divides what is left (memory_division.c), and gives core 0's share away. Between these
// steps nothing can be allocated, so slots are reserved before.
#include "init.h"

#include "barrelfish/capabilities.h"
#include "barrelfish/ram_alloc.h"
#include "barrelfish/slot_alloc.h"
#include "memory_division.h"

static struct ram_rest rests[BOOTINFO_REGIONS_MAX];
static struct bootinfo_region regions[BOOTINFO_REGIONS_MAX];
static struct memory_division division;

static void load_mem_serv(struct spawn_info *si)
{
    static const char *const argv[] = {"mem_serv"};
    struct spawn_params params = {
        .argc = 1,
        .argv = argv,
        .domain_id = DOMAIN_MEM_SERV,
        .group = DOMAIN_MEM_SERV,
        .supercn = true,
        .death_ep = cap_selfep,
        .kernel_info = cap_kernel,
        .kernel = cap_kernel,
    };
    errval_t err = spawn_load_module(si, init_need_module(argv[0]), &params);
    if (err_is_fail(err))
        init_die(err, "the memory server cannot be started (machine too small?)");
}

static uint16_t node_of(genpaddr_t base)
{
    const struct bootinfo *info = init_bootinfo();
    for (unsigned i = 0; i < info->regions_count; i++) {
        const struct bootinfo_region *region = &info->regions[i];
        if (region->kind == REGION_RAM && base >= region->base &&
            base - region->base < region->bytes)
            return region->node;
    }
    return info->cores[0].node;
}

/// Ends init's own use of RAM; what is left are the regions to divide.
static size_t end_regions(void)
{
    size_t count = 0;
    errval_t err = slot_reserve(DIVISION_PARTS_MAX + BOOTINFO_REGIONS_MAX);
    if (err_is_ok(err))
        err = ram_alloc_end_regions(rests, BOOTINFO_REGIONS_MAX, &count);
    if (err_is_fail(err))
        init_die(err, "memory cannot be divided");
    for (size_t i = 0; i < count; i++) {
        regions[i] = (struct bootinfo_region){
            .base = rests[i].base,
            .bytes = rests[i].bytes,
            .kind = REGION_RAM,
            .node = node_of(rests[i].base),
        };
    }
    return count;
}

/// The capability of one part: the region's own, or cut out of it.
static struct capref cut(const struct memory_part *part)
{
    const struct ram_rest *rest = &rests[part->region];
    if (part->bytes == rest->bytes)
        return rest->cap;
    struct capref slot;
    errval_t err = slot_alloc(&slot);
    if (err_is_ok(err))
        err = cap_retype(slot, rest->cap, part->base - rest->base, ObjType_RAM, part->bytes, 1);
    if (err_is_fail(err))
        init_die(err, "memory cannot be divided");
    return slot;
}

/// Deletes the capabilities of the regions that were cut: the parts cover them.
static void drop_cut_regions(void)
{
    for (size_t i = 0; i < division.count; i++) {
        const struct memory_part *part = &division.parts[i];
        bool last = i + 1 == division.count || division.parts[i + 1].region != part->region;
        if (last && part->bytes != rests[part->region].bytes) {
            errval_t err = cap_delete(rests[part->region].cap);
            if (err_is_fail(err))
                init_die(err, "memory cannot be divided");
        }
    }
}

static void hand_out(const struct spawn_info *mem_serv, struct init_remainder *remainder)
{
    static struct capref caps[DIVISION_PARTS_MAX];
    for (size_t i = 0; i < division.count; i++)
        caps[i] = cut(&division.parts[i]);
    drop_cut_regions();
    cslot_t slot = 0;
    remainder->count = 0;
    for (size_t i = 0; i < division.count; i++) {
        const struct memory_part *part = &division.parts[i];
        if (!part->own && remainder->count < BOOTINFO_REGIONS_MAX) {
            struct bootinfo_region region = {
                .base = part->base, .bytes = part->bytes, .kind = REGION_RAM, .node = part->node};
            remainder->regions[remainder->count] = region;
            remainder->caps[remainder->count++] = caps[i];
            continue;
        }
        errval_t err = spawn_give_cap(mem_serv, ROOTCN_SLOT_SUPERCN, slot++, caps[i]);
        if (err_is_fail(err))
            init_die(err, "the memory server cannot get its memory");
    }
}

struct capref init_start_mem_serv(struct init_remainder *remainder)
{
    struct spawn_info si;
    const struct bootinfo *info = init_bootinfo();
    load_mem_serv(&si);
    size_t count = end_regions();
    memory_divide(&division, regions, count, info->cores, info->cores_count, info->distance);
    hand_out(&si, remainder);
    errval_t err = cap_mint(cap_memservep, si.selfep, SPAWN_RIGHTS_SERVICE, disp_get_domain_id());
    if (err_is_ok(err))
        err = spawn_run(&si);
    if (err_is_fail(err))
        init_die(err, "the memory server cannot be started");
    ram_alloc_set(NULL);
    return si.selfep;
}
