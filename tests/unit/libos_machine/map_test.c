// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Mapping in one call, and regions: what a thread finds at the addresses, what is refused, and what
// is left when a step fails.
#include "machine.h"
#include "testlib/testlib.h"

#include "barrelfish/capabilities.h"
#include "barrelfish/slot_alloc.h"
#include "barrelfish/vspace_common.h"
#include "cspace/mm.h"
#include "kpi/spawn.h"
#include "memory/region/pagefault.h"
#include "memory/vspace/vspace_reserve.h"

#include <string.h>

#define FRAMES 2u ///< that the domain begins with
#define PAGE BASE_PAGE_SIZE
#define RW VREGION_FLAGS_READ_WRITE

static struct capref frame;
static struct memobj *memobj;
static struct vregion *region;
static char *at;

static void make_frame(size_t bytes)
{
    CU_ASSERT_EQUAL_FATAL(frame_alloc(&frame, bytes, NULL), SYS_ERR_OK);
}

static genpaddr_t paddr_of(const void *address)
{
    return machine_entry(address, NULL) & MACHINE_ENTRY_ADDRESS;
}

static genpaddr_t base_of(struct capref cap)
{
    struct frame_identity identity = {0, 0};
    CU_ASSERT_EQUAL(frame_identify(cap, &identity), SYS_ERR_OK);
    return identity.base;
}

static bool writable(const void *address)
{
    return (machine_entry(address, NULL) & MACHINE_ENTRY_WRITE) != 0;
}

/// The frames that there are when metadata of chunks is there.
static unsigned frames_with_metadata(void)
{
    CU_ASSERT_EQUAL(vspace_map_lazy((void **)&at, NULL, NULL, PAGE, 0, RW), SYS_ERR_OK);
    CU_ASSERT_TRUE(machine_touch(at, true));
    CU_ASSERT_EQUAL(vspace_unmap(at), SYS_ERR_OK);
    return machine_count(ObjType_Frame);
}

static void maps_a_frame(void)
{
    make_frame(3 * PAGE);
    CU_ASSERT_EQUAL(vspace_map_one_frame((void **)&at, 3 * PAGE, frame, &memobj, &region),
                    SYS_ERR_OK);
    CU_ASSERT_EQUAL((genvaddr_t)at, SPAWN_VADDR_END + PAGE);
    CU_ASSERT_TRUE(vregion_get_base_addr(region) == (genvaddr_t)at &&
                   vregion_get_size(region) == 3 * PAGE);
    CU_ASSERT_TRUE(vregion_get_memobj(region) == memobj && vregion_get_flags(region) == RW);
    CU_ASSERT_TRUE(vregion_get_vspace(region) == get_current_vspace() &&
                   vregion_get_offset(region) == 0);
    for (unsigned i = 0; i < 3; i++)
        CU_ASSERT_EQUAL(paddr_of(at + i * PAGE), base_of(frame) + i * PAGE);
    memset(at, 7, 3 * PAGE);
    CU_ASSERT_FALSE(machine_touch(at - 1, false));
    CU_ASSERT_FALSE(machine_touch(at + 3 * PAGE, false));
    CU_ASSERT_PTR_EQUAL(vspace_get_region(get_current_vspace(), at + 3 * PAGE - 1), region);
    CU_ASSERT_PTR_NULL(vspace_get_region(get_current_vspace(), at + 3 * PAGE));
    CU_ASSERT_PTR_NULL(vspace_get_region(get_current_vspace(), at - 1));
    CU_ASSERT_PTR_EQUAL(vspace_next_region(get_current_vspace(), at - 1), region);
    CU_ASSERT_PTR_NULL(vspace_next_region(get_current_vspace(), at + 3 * PAGE));
    CU_ASSERT_EQUAL(vspace_unmap(at + 3 * PAGE), LIB_ERR_VREGION_NOT_FOUND);
    CU_ASSERT_EQUAL(vspace_unmap(at + PAGE), SYS_ERR_OK);
    CU_ASSERT_FALSE(machine_touch(at, false));
    CU_ASSERT_EQUAL(vspace_unmap(at), LIB_ERR_VREGION_NOT_FOUND);
    CU_ASSERT_EQUAL(vspace_map_one_frame((void **)&at, PAGE, frame, NULL, NULL), SYS_ERR_OK);
    CU_ASSERT_EQUAL(*at, 7); // the frame is the caller's still
}

/// Two regions have a page between them; what was given back is used again.
static void places(void)
{
    char *second, *third;
    CU_ASSERT_EQUAL(vspace_map_anon_attr((void **)&at, NULL, NULL, 2 * PAGE, NULL, RW), SYS_ERR_OK);
    CU_ASSERT_EQUAL(vspace_map_anon_attr((void **)&second, NULL, NULL, PAGE, NULL, RW), SYS_ERR_OK);
    CU_ASSERT_TRUE(second >= at + 3 * PAGE);
    CU_ASSERT_EQUAL(vspace_unmap(at), SYS_ERR_OK);
    CU_ASSERT_EQUAL(vspace_map_anon_attr((void **)&third, NULL, NULL, 2 * PAGE, NULL, RW),
                    SYS_ERR_OK);
    CU_ASSERT_PTR_EQUAL(third, at);
    CU_ASSERT_EQUAL(vspace_map_anon_aligned((void **)&third, NULL, NULL, PAGE, NULL, RW, 1 << 20),
                    SYS_ERR_OK);
    CU_ASSERT_EQUAL((genvaddr_t)third % (1 << 20), 0);
    CU_ASSERT_EQUAL(vspace_map_anon_aligned((void **)&third, NULL, NULL, PAGE, NULL, RW, 3 * PAGE),
                    LIB_ERR_INVALID_ARGS);
    CU_ASSERT_EQUAL(vspace_map_anon_aligned((void **)&third, NULL, NULL, PAGE, NULL, RW, 1),
                    SYS_ERR_OK);
    CU_ASSERT_EQUAL((genvaddr_t)third % PAGE, 0);
    make_frame(PAGE);
    CU_ASSERT_EQUAL(
        vspace_map_one_frame_attr_aligned((void **)&third, PAGE, frame, RW, 1 << 22, NULL, NULL),
        SYS_ERR_OK);
    CU_ASSERT_EQUAL((genvaddr_t)third % (1 << 22), 0);
}

static void fixed_places(void)
{
    lvaddr_t wanted = SPAWN_VADDR_END + (1ul << 30);
    size_t bytes = 0;
    make_frame(2 * PAGE);
    CU_ASSERT_EQUAL(vspace_map_one_frame_fixed(wanted, 2 * PAGE, frame, &memobj, &region),
                    SYS_ERR_OK);
    CU_ASSERT_EQUAL(vregion_get_base_addr(region), wanted);
    CU_ASSERT_PTR_EQUAL(vregion_get_memobj(region), memobj);
    CU_ASSERT_TRUE(machine_touch((void *)wanted, true));
    CU_ASSERT_EQUAL(vspace_map_one_frame_fixed(wanted + PAGE, 2 * PAGE, frame, NULL, NULL),
                    LIB_ERR_VSPACE_INUSE);
    CU_ASSERT_EQUAL(vspace_map_one_frame_fixed(wanted - PAGE, 2 * PAGE, frame, NULL, NULL),
                    LIB_ERR_VSPACE_INUSE);
    CU_ASSERT_EQUAL(vspace_map_one_frame_fixed(wanted - 2 * PAGE, 2 * PAGE, frame, NULL, NULL),
                    SYS_ERR_OK);
    CU_ASSERT_EQUAL(vspace_map_one_frame_fixed(wanted + 2 * PAGE + 1, PAGE, frame, NULL, NULL),
                    LIB_ERR_INVALID_ARGS);
    CU_ASSERT_EQUAL(vspace_map_one_frame_fixed(0, PAGE, frame, NULL, NULL), LIB_ERR_INVALID_ARGS);
    CU_ASSERT_EQUAL(vspace_map_one_frame_fixed(SPAWN_VADDR_END - PAGE, PAGE, frame, NULL, NULL),
                    LIB_ERR_VSPACE_INUSE);
    CU_ASSERT_EQUAL(vspace_map_one_frame_fixed(SPAWN_VADDR_END, PAGE, frame, NULL, NULL),
                    SYS_ERR_OK);
    CU_ASSERT_EQUAL(vspace_map_one_frame_fixed(VSPACE_END - PAGE, 2 * PAGE, frame, NULL, NULL),
                    LIB_ERR_VSPACE_INUSE);
    CU_ASSERT_EQUAL(vspace_map_one_frame_fixed(VSPACE_END - PAGE, PAGE, frame, NULL, NULL),
                    SYS_ERR_OK);
    CU_ASSERT_EQUAL(paddr_of((void *)(VSPACE_END - PAGE)), base_of(frame));
    CU_ASSERT_EQUAL(vspace_map_one_frame_fixed_attr(wanted + 3 * PAGE, PAGE, frame,
                                                    VREGION_FLAGS_READ, NULL, NULL),
                    SYS_ERR_OK);
    CU_ASSERT_FALSE(writable((void *)(wanted + 3 * PAGE)));
    CU_ASSERT_EQUAL(vspace_map_anon_fixed(0, NULL, NULL, PAGE, NULL, RW), LIB_ERR_INVALID_ARGS);
    CU_ASSERT_EQUAL(
        vspace_map_anon_fixed(wanted + (1 << 20), &memobj, &region, PAGE + 1, &bytes, RW),
        SYS_ERR_OK);
    CU_ASSERT_TRUE(bytes == 2 * PAGE && vregion_get_base_addr(region) == wanted + (1 << 20));
    CU_ASSERT_PTR_EQUAL(vregion_get_memobj(region), memobj);
    CU_ASSERT_EQUAL(vspace_map_anon_fixed(wanted, NULL, NULL, PAGE, NULL, RW),
                    LIB_ERR_VSPACE_INUSE);
}

static void wrong_requests(void)
{
    make_frame(PAGE);
    at = NULL;
    void **ret = (void **)&at;
    CU_ASSERT_EQUAL(vspace_map_one_frame(ret, 0, frame, NULL, NULL), LIB_ERR_INVALID_ARGS);
    CU_ASSERT_EQUAL(vspace_map_one_frame(ret, PAGE, NULL_CAP, NULL, NULL), LIB_ERR_INVALID_ARGS);
    CU_ASSERT_EQUAL(vspace_map_one_frame_fixed(1ul << 40, PAGE, NULL_CAP, NULL, NULL),
                    LIB_ERR_INVALID_ARGS);
    CU_ASSERT_EQUAL(vspace_map_one_frame_attr(ret, PAGE, frame, VREGION_FLAGS_MASK + 1, NULL, NULL),
                    LIB_ERR_INVALID_ARGS);
    CU_ASSERT_EQUAL(vspace_map_anon_attr(ret, NULL, NULL, VSPACE_END, NULL, RW),
                    LIB_ERR_INVALID_ARGS);
    CU_ASSERT_EQUAL(vspace_map_anon_attr(ret, NULL, NULL, VSPACE_END - PAGE, NULL, RW),
                    LIB_ERR_RAM_ALLOC);
    CU_ASSERT_EQUAL(vspace_map_one_frame(ret, 2 * PAGE, frame, NULL, NULL),
                    err_push(SYS_ERR_RETYPE_RANGE, LIB_ERR_PMAP));
    CU_ASSERT_EQUAL(vspace_map_lazy(ret, NULL, NULL, PAGE, PAGE + 1, RW), LIB_ERR_INVALID_ARGS);
    CU_ASSERT_EQUAL(vspace_map_cow(ret, 2 * PAGE, frame, RW, NULL, NULL), LIB_ERR_INVALID_ARGS);
    CU_ASSERT_EQUAL(vspace_map_cow(ret, PAGE, cap_selfep, RW, NULL, NULL), SYS_ERR_CAP_NOT_FOUND);
    CU_ASSERT_PTR_NULL(at);
    CU_ASSERT_EQUAL(machine_count(ObjType_Frame), FRAMES + 1);
    CU_ASSERT_EQUAL(vspace_map_one_frame(ret, PAGE, frame, NULL, NULL), SYS_ERR_OK);
    CU_ASSERT_EQUAL((genvaddr_t)at, SPAWN_VADDR_END + PAGE); // nothing is entered for what failed
}

/// A lazy region is only a promise: more than the address space has room for.
static void address_space_is_full(void)
{
    size_t half = (VSPACE_END - SPAWN_VADDR_END) / 2;
    CU_ASSERT_EQUAL(vspace_map_lazy((void **)&at, NULL, NULL, half, 1ul << 30, RW), SYS_ERR_OK);
    CU_ASSERT_EQUAL(vspace_map_lazy((void **)&at, NULL, NULL, half, 1ul << 30, RW),
                    LIB_ERR_VSPACE_FULL);
    CU_ASSERT_EQUAL(vspace_map_lazy((void **)&at, NULL, NULL, half - 4 * PAGE, 1ul << 30, RW),
                    SYS_ERR_OK);
}

static void protects(void)
{
    make_frame(4 * PAGE);
    CU_ASSERT_EQUAL(vspace_map_one_frame((void **)&at, 4 * PAGE, frame, NULL, &region), SYS_ERR_OK);
    CU_ASSERT_TRUE(machine_touch(at + PAGE, true));
    CU_ASSERT_EQUAL(vregion_protect(region, PAGE, PAGE, VREGION_FLAGS_READ), SYS_ERR_OK);
    CU_ASSERT_FALSE(machine_touch(at + PAGE, true));
    CU_ASSERT_TRUE(machine_touch(at + PAGE, false));
    CU_ASSERT_TRUE(machine_touch(at, true) && machine_touch(at + 2 * PAGE, true));
    CU_ASSERT_EQUAL(vregion_protect(region, 2 * PAGE, 2 * PAGE - 1, VREGION_FLAGS_READ),
                    SYS_ERR_OK);
    CU_ASSERT_TRUE(writable(at) && !writable(at + 2 * PAGE) && !writable(at + 3 * PAGE));
    CU_ASSERT_EQUAL(vregion_protect(region, 0, 4 * PAGE, RW), SYS_ERR_OK);
    CU_ASSERT_TRUE(writable(at + PAGE) && writable(at + 3 * PAGE));
    CU_ASSERT_EQUAL(vregion_protect(region, 1, PAGE, RW), LIB_ERR_INVALID_ARGS);
    CU_ASSERT_EQUAL(vregion_protect(region, 0, 4 * PAGE + 1, RW), LIB_ERR_INVALID_ARGS);
    CU_ASSERT_EQUAL(vregion_protect(region, 4 * PAGE, PAGE, RW), LIB_ERR_INVALID_ARGS);
    CU_ASSERT_EQUAL(vregion_protect(region, 4 * PAGE, 0, RW), SYS_ERR_OK);
    CU_ASSERT_EQUAL(
        err_no(vregion_protect(region, 0, PAGE, VREGION_FLAGS_WRITE | VREGION_FLAGS_EXECUTE)),
        LIB_ERR_PMAP);
    CU_ASSERT_EQUAL(vregion_protect(region, 0, PAGE, VREGION_FLAGS_READ_EXECUTE), SYS_ERR_OK);
    CU_ASSERT_FALSE(writable(at));
    CU_ASSERT_TRUE((machine_entry(at, NULL) & MACHINE_ENTRY_NX) == 0 &&
                   (machine_entry(at + PAGE, NULL) & MACHINE_ENTRY_NX) != 0);
}

/// Large pages where all is aligned; they cannot be split.
static void large_pages(void)
{
    unsigned level = 0;
    size_t large = LARGE_PAGE_SIZE;
    struct machine_state state = machine_state();
    CU_ASSERT_EQUAL(vspace_map_anon_attr((void **)&at, NULL, &region, 3 * large + PAGE, NULL,
                                         RW | VREGION_FLAGS_LARGE),
                    SYS_ERR_OK);
    CU_ASSERT_EQUAL((genvaddr_t)at % large, 0);
    CU_ASSERT_TRUE(machine_entry(at + 2 * large + 5 * PAGE, &level) != 0 && level == 1);
    CU_ASSERT_TRUE(machine_entry(at + 3 * large, &level) != 0 && level == 0);
    at[3 * large - 1] = 5;
    CU_ASSERT_FALSE(machine_touch(at + 3 * large + PAGE, false));
    CU_ASSERT_EQUAL(machine_count(ObjType_Mapping),
                    state.mappings + 2 + 3); // two runs, three tables
    CU_ASSERT_EQUAL(vregion_protect(region, large, large, VREGION_FLAGS_READ), SYS_ERR_OK);
    CU_ASSERT_TRUE(writable(at) && !writable(at + large) && writable(at + 2 * large));
    CU_ASSERT_TRUE(machine_entry(at + large, &level) != 0 && level == 1);
    CU_ASSERT_EQUAL(vregion_protect(region, PAGE, large, VREGION_FLAGS_READ), LIB_ERR_PMAP);
    CU_ASSERT_EQUAL(vregion_protect(region, 0, large + PAGE, VREGION_FLAGS_READ), LIB_ERR_PMAP);
    CU_ASSERT_TRUE(writable(at));
    CU_ASSERT_EQUAL(vregion_protect(region, 0, 3 * large + PAGE, RW), SYS_ERR_OK);
    CU_ASSERT_TRUE(writable(at + large) && writable(at + 3 * large));
    CU_ASSERT_EQUAL(vregion_protect(region, 0, 3 * large, VREGION_FLAGS_READ), SYS_ERR_OK);
    CU_ASSERT_TRUE(!writable(at + 2 * large) && writable(at + 3 * large));
    CU_ASSERT_EQUAL(vspace_unmap(at), SYS_ERR_OK);
    CU_ASSERT_EQUAL(machine_count(ObjType_Frame), FRAMES);
    // There is a table of small pages now behind them: the same place, with one large page less.
    make_frame(4 * large);
    CU_ASSERT_EQUAL(vspace_map_one_frame_fixed_attr((lvaddr_t)at, 4 * large, frame,
                                                    RW | VREGION_FLAGS_LARGE, NULL, NULL),
                    SYS_ERR_OK);
    CU_ASSERT_TRUE(machine_entry(at + 2 * large, &level) != 0 && level == 1);
    CU_ASSERT_TRUE(machine_entry(at + 3 * large, &level) != 0 && level == 0);
    CU_ASSERT_EQUAL(paddr_of(at + 3 * large + 7 * PAGE), base_of(frame) + 3 * large + 7 * PAGE);
}

/// A table of small pages below the second of three, and a large page that is read and protected as
/// a chunk of an object.
static void large_pages_beside_small(void)
{
    unsigned level = 0;
    size_t large = LARGE_PAGE_SIZE;
    lvaddr_t base = SPAWN_VADDR_END + (1ul << 30);
    make_frame(3 * large);
    CU_ASSERT_EQUAL(vspace_map_one_frame_fixed(base + large, PAGE, frame, NULL, NULL), SYS_ERR_OK);
    CU_ASSERT_EQUAL(vspace_unmap((void *)(base + large)), SYS_ERR_OK);
    CU_ASSERT_EQUAL(vspace_map_one_frame_fixed_attr(base, 3 * large, frame,
                                                    RW | VREGION_FLAGS_LARGE, NULL, &region),
                    SYS_ERR_OK);
    for (unsigned i = 0; i < 3; i++) {
        CU_ASSERT_EQUAL(paddr_of((char *)base + i * large), base_of(frame) + i * large);
        CU_ASSERT_TRUE(machine_entry((char *)base + i * large, &level) != 0);
        CU_ASSERT_EQUAL(level, i == 1 ? 0 : 1);
    }
    struct memobj_page page;
    CU_ASSERT_EQUAL(
        vspace_map_lazy((void **)&at, &memobj, &region, large, large, RW | VREGION_FLAGS_LARGE),
        SYS_ERR_OK);
    CU_ASSERT_TRUE(machine_touch(at, true));
    CU_ASSERT_EQUAL(memobj_page_get(memobj, 0, true, &page), SYS_ERR_OK);
    CU_ASSERT_TRUE(page.accessed && page.dirty && writable(at));
    CU_ASSERT_TRUE(machine_entry(at, &level) != 0 && level == 1);
    CU_ASSERT_EQUAL(vregion_protect(region, 0, large, VREGION_FLAGS_READ), SYS_ERR_OK);
    CU_ASSERT_TRUE(!writable(at) && machine_touch(at, false));
}

#define MANY_TABLES (26 * LARGE_PAGE_SIZE) ///< for more than are there at first

static void tables_for_a_frame(void)
{
    make_frame(MANY_TABLES);
    CU_ASSERT_EQUAL(vspace_map_one_frame((void **)&at, MANY_TABLES, frame, NULL, NULL), SYS_ERR_OK);
    CU_ASSERT_EQUAL(paddr_of(at + MANY_TABLES - 1), base_of(frame) + MANY_TABLES - PAGE);
}

static void tables_for_anonymous_memory(void)
{
    CU_ASSERT_EQUAL(vspace_map_anon_attr((void **)&at, NULL, NULL, MANY_TABLES, NULL, RW),
                    SYS_ERR_OK);
    CU_ASSERT_TRUE(machine_touch(at + MANY_TABLES - 1, true));
}

static void tables_for_an_object(void)
{
    static struct memobj object;
    static struct vregion shown;
    make_frame(MANY_TABLES);
    CU_ASSERT_EQUAL(memobj_create_one_frame(&object, MANY_TABLES, 0), SYS_ERR_OK);
    CU_ASSERT_EQUAL(memobj_fill(&object, 0, frame, MANY_TABLES), SYS_ERR_OK);
    CU_ASSERT_EQUAL(vregion_map(&shown, get_current_vspace(), &object, 0, MANY_TABLES, RW),
                    SYS_ERR_OK);
    at = (char *)vregion_get_base_addr(&shown);
    CU_ASSERT_EQUAL(paddr_of(at + MANY_TABLES - 1), base_of(frame) + MANY_TABLES - PAGE);
}

/// Where large pages do not fit: in size, in the address or in the frame; or are not asked for.
static void no_large_pages(void)
{
    unsigned level = 9;
    size_t large = LARGE_PAGE_SIZE;
    CU_ASSERT_EQUAL(vspace_map_anon_attr((void **)&at, NULL, NULL, large, NULL, RW), SYS_ERR_OK);
    CU_ASSERT_TRUE(machine_entry(at, &level) != 0 && level == 0);
    CU_ASSERT_EQUAL(vspace_map_anon_attr((void **)&at, NULL, NULL, large - PAGE, NULL,
                                         RW | VREGION_FLAGS_LARGE),
                    SYS_ERR_OK);
    CU_ASSERT_TRUE((genvaddr_t)at % large != 0 && machine_entry(at, &level) != 0 && level == 0);
    make_frame(2 * large);
    lvaddr_t fixed = SPAWN_VADDR_END + (1ul << 30);
    CU_ASSERT_EQUAL(vspace_map_one_frame_fixed_attr(fixed + PAGE, large, frame,
                                                    RW | VREGION_FLAGS_LARGE, NULL, NULL),
                    SYS_ERR_OK);
    CU_ASSERT_TRUE(machine_entry((void *)(fixed + PAGE), &level) != 0 && level == 0);
    static struct memobj object;
    static struct vregion shown;
    CU_ASSERT_EQUAL(memobj_create_one_frame(&object, 2 * large, 0), SYS_ERR_OK);
    CU_ASSERT_EQUAL(memobj_fill(&object, 0, frame, 2 * large), SYS_ERR_OK);
    CU_ASSERT_EQUAL(
        vregion_map(&shown, get_current_vspace(), &object, PAGE, large, RW | VREGION_FLAGS_LARGE),
        SYS_ERR_OK);
    at = (char *)vregion_get_base_addr(&shown);
    CU_ASSERT_EQUAL((genvaddr_t)at % large, 0);
    CU_ASSERT_TRUE(machine_entry(at, &level) != 0 && level == 0);
    CU_ASSERT_EQUAL(paddr_of(at), base_of(frame) + PAGE);
    CU_ASSERT_EQUAL(vregion_destroy(&shown), SYS_ERR_OK);
    CU_ASSERT_EQUAL(vregion_map_fixed(&shown, get_current_vspace(), &object, 1ul << 40, large,
                                      large, RW | VREGION_FLAGS_LARGE),
                    SYS_ERR_OK);
    at = (char *)vregion_get_base_addr(&shown);
    CU_ASSERT_TRUE(machine_entry(at, &level) != 0 && level == 1);
    CU_ASSERT_EQUAL(paddr_of(at), base_of(frame) + large);
    // A frame of which nothing is known cannot be shown with large pages.
    CU_ASSERT_EQUAL(vspace_map_one_frame_attr((void **)&at, large, cap_selfep,
                                              RW | VREGION_FLAGS_LARGE, NULL, NULL),
                    SYS_ERR_CAP_NOT_FOUND);
}

/// Parts of one object of the caller's, shown by regions of the caller's.
static void regions_of_an_object(void)
{
    static struct memobj object;
    static struct vregion regions[3];
    struct vspace *vspace = get_current_vspace();
    make_frame(4 * PAGE);
    CU_ASSERT_EQUAL(memobj_create_one_frame(&object, 4 * PAGE, 0), SYS_ERR_OK);
    CU_ASSERT_EQUAL(memobj_create_one_frame(&object, 0, 0), LIB_ERR_INVALID_ARGS);
    CU_ASSERT_EQUAL(memobj_create_one_frame(&object, PAGE, 1), LIB_ERR_INVALID_ARGS);
    CU_ASSERT_EQUAL(memobj_fill(&object, PAGE, frame, 4 * PAGE), LIB_ERR_INVALID_ARGS);
    CU_ASSERT_EQUAL(memobj_fill(&object, 0, frame, 3 * PAGE), LIB_ERR_INVALID_ARGS);
    CU_ASSERT_EQUAL(memobj_fill(&object, 0, frame, 4 * PAGE), SYS_ERR_OK);
    CU_ASSERT_EQUAL(memobj_fill(&object, 0, frame, 4 * PAGE), LIB_ERR_INVALID_ARGS);
    CU_ASSERT_EQUAL(vregion_map(&regions[0], vspace, &object, PAGE, 2 * PAGE, RW), SYS_ERR_OK);
    CU_ASSERT_EQUAL(vregion_map(&regions[1], vspace, &object, 3 * PAGE, 1, VREGION_FLAGS_READ),
                    SYS_ERR_OK);
    CU_ASSERT_EQUAL(vregion_get_offset(&regions[1]), 3 * PAGE);
    CU_ASSERT_EQUAL(vregion_get_size(&regions[1]), PAGE);
    at = (char *)vregion_get_base_addr(&regions[0]);
    CU_ASSERT_EQUAL(paddr_of(at), base_of(frame) + PAGE);
    CU_ASSERT_EQUAL(paddr_of((char *)vregion_get_base_addr(&regions[1])),
                    base_of(frame) + 3 * PAGE);
    CU_ASSERT_EQUAL(vregion_map(&regions[2], vspace, &object, 4 * PAGE, PAGE, RW),
                    LIB_ERR_INVALID_ARGS);
    CU_ASSERT_EQUAL(vregion_map(&regions[2], vspace, &object, PAGE, 4 * PAGE, RW),
                    LIB_ERR_INVALID_ARGS);
    CU_ASSERT_EQUAL(vregion_map(&regions[2], vspace, &object, 0, 4 * PAGE + 1, RW),
                    LIB_ERR_INVALID_ARGS);
    CU_ASSERT_EQUAL(vregion_map(&regions[2], vspace, &object, 1, PAGE, RW), LIB_ERR_INVALID_ARGS);
    CU_ASSERT_EQUAL(vregion_map(&regions[2], vspace, &object, 0, 0, RW), LIB_ERR_INVALID_ARGS);
    CU_ASSERT_EQUAL(vregion_map_fixed(&regions[2], vspace, &object, 0, 0, PAGE, RW),
                    LIB_ERR_INVALID_ARGS);
    CU_ASSERT_EQUAL(vregion_map_fixed(&regions[2], vspace, &object, 4095, 0, PAGE, RW),
                    LIB_ERR_INVALID_ARGS);
    CU_ASSERT_EQUAL(vregion_map_fixed(&regions[2], vspace, &object, 1ul << 40, 0, 0, RW),
                    LIB_ERR_INVALID_ARGS);
    CU_ASSERT_EQUAL(vregion_map_fixed(&regions[2], vspace, &object, 1ul << 40, 0, 4 * PAGE, RW),
                    SYS_ERR_OK);
    CU_ASSERT_EQUAL(vregion_get_base_addr(&regions[2]), 1ul << 40);
    for (unsigned i = 0; i < 3; i++)
        CU_ASSERT_EQUAL(vregion_destroy(&regions[i]), SYS_ERR_OK);
    CU_ASSERT_PTR_NULL(vspace_get_region(vspace, at));
    CU_ASSERT_EQUAL(memobj_destroy(&object), SYS_ERR_OK);
    CU_ASSERT_TRUE(!machine_is_empty(frame) && machine_count(ObjType_Frame) == FRAMES + 1);
}

static void objects_of_the_callers(void)
{
    unsigned frames = frames_with_metadata();
    static struct memobj object;
    struct vregion *second;
    CU_ASSERT_EQUAL(memobj_create_lazy(&object, 4 * PAGE, 0, 0), SYS_ERR_OK);
    CU_ASSERT_EQUAL(vspace_map_memobj_attr((void **)&at, &object, RW, &region), SYS_ERR_OK);
    CU_ASSERT_PTR_EQUAL(vregion_get_memobj(region), &object);
    CU_ASSERT_EQUAL(vregion_get_base_addr(region), (genvaddr_t)at);
    CU_ASSERT_EQUAL(vspace_map_memobj_attr((void **)&at, &object, RW, &second),
                    LIB_ERR_MEMOBJ_INUSE);
    CU_ASSERT_TRUE(machine_touch(at + 3 * PAGE, true));
    CU_ASSERT_EQUAL(memobj_destroy(&object), LIB_ERR_MEMOBJ_INUSE);
    CU_ASSERT_EQUAL(vspace_unmap(at), SYS_ERR_OK);
    CU_ASSERT_EQUAL(vspace_map_memobj_attr((void **)&at, &object, VREGION_FLAGS_READ, &region),
                    SYS_ERR_OK);
    CU_ASSERT_TRUE(machine_touch(at + 3 * PAGE, false)); // it was kept
    CU_ASSERT_EQUAL(vspace_unmap(at), SYS_ERR_OK);
    CU_ASSERT_EQUAL(memobj_destroy(&object), SYS_ERR_OK);
    CU_ASSERT_EQUAL(machine_count(ObjType_Frame), frames);
}

static void lazy_memory(void)
{
    unsigned frames = frames_with_metadata();
    size_t ram = 0;
    CU_ASSERT_EQUAL(vspace_map_lazy((void **)&at, NULL, &region, 9 * PAGE, 4 * PAGE, RW),
                    SYS_ERR_OK);
    CU_ASSERT_TRUE(machine_touch(at + 4 * PAGE, true)); // tables and blocks are there then
    ram = machine_ram_used();
    CU_ASSERT_EQUAL(machine_entry(at, NULL), 0);
    CU_ASSERT_TRUE(machine_touch(at + 3 * PAGE + 5, false));
    CU_ASSERT_EQUAL(machine_ram_used(), ram + 4 * PAGE);
    CU_ASSERT_TRUE(machine_entry(at, NULL) != 0 && machine_entry(at + 3 * PAGE, NULL) != 0);
    CU_ASSERT_TRUE(machine_touch(at + 9 * PAGE - 1, true)); // the last chunk is shorter
    CU_ASSERT_EQUAL(machine_ram_used(), ram + 5 * PAGE);
    CU_ASSERT_EQUAL(machine_entry(at + 9 * PAGE, NULL), 0);
    for (unsigned i = 0; i < 9 * PAGE; i++)
        CU_ASSERT_EQUAL_FATAL(at[i], 0);
    CU_ASSERT_EQUAL(vregion_protect(region, 0, 9 * PAGE, VREGION_FLAGS_READ), SYS_ERR_OK);
    CU_ASSERT_FALSE(machine_touch(at, true));
    CU_ASSERT_EQUAL(vregion_protect(region, 0, 8 * PAGE, RW), LIB_ERR_INVALID_ARGS);
    CU_ASSERT_EQUAL(vspace_unmap(at), SYS_ERR_OK);
    CU_ASSERT_EQUAL(machine_count(ObjType_Frame), frames);
}

static void faults(void)
{
    make_frame(PAGE);
    CU_ASSERT_EQUAL(vspace_map_lazy((void **)&at, NULL, NULL, PAGE, 0, VREGION_FLAGS_READ),
                    SYS_ERR_OK);
    CU_ASSERT_EQUAL(vspace_pagefault((genvaddr_t)at, PAGEFLT_WRITE), LIB_ERR_PAGEFAULT);
    CU_ASSERT_EQUAL(vspace_pagefault((genvaddr_t)at, PAGEFLT_EXEC), LIB_ERR_PAGEFAULT);
    CU_ASSERT_EQUAL(vspace_pagefault((genvaddr_t)at, PAGEFLT_NULL), LIB_ERR_PAGEFAULT);
    CU_ASSERT_EQUAL(vspace_pagefault((genvaddr_t)at - 1, PAGEFLT_READ), LIB_ERR_VREGION_NOT_FOUND);
    CU_ASSERT_EQUAL(vspace_pagefault((genvaddr_t)at + PAGE, PAGEFLT_READ),
                    LIB_ERR_VREGION_NOT_FOUND);
    CU_ASSERT_EQUAL(vspace_pagefault((genvaddr_t)at + 9, PAGEFLT_READ), SYS_ERR_OK);
    CU_ASSERT_TRUE(machine_entry(at, NULL) != 0);
    CU_ASSERT_EQUAL(vspace_map_lazy((void **)&at, NULL, NULL, PAGE, 0, VREGION_FLAGS_READ_EXECUTE),
                    SYS_ERR_OK);
    CU_ASSERT_EQUAL(vspace_pagefault((genvaddr_t)at, PAGEFLT_EXEC), SYS_ERR_OK);
    CU_ASSERT_EQUAL(vspace_map_lazy((void **)&at, NULL, NULL, PAGE, 0, VREGION_FLAGS_WRITE),
                    SYS_ERR_OK);
    CU_ASSERT_EQUAL(vspace_pagefault((genvaddr_t)at, PAGEFLT_READ), LIB_ERR_PAGEFAULT);
    // One frame has no faults to answer.
    CU_ASSERT_EQUAL(vspace_map_one_frame((void **)&at, PAGE, frame, NULL, NULL), SYS_ERR_OK);
    CU_ASSERT_EQUAL(vspace_pagefault((genvaddr_t)at, PAGEFLT_READ), LIB_ERR_PAGEFAULT);
    CU_ASSERT_FALSE(mm_is_inside());
}

static genvaddr_t asked;

static errval_t answer(void *arg, struct memobj *object, genvaddr_t offset,
                       enum pagefault_exception_type type)
{
    (void)type;
    CU_ASSERT_PTR_EQUAL(arg, &frame);
    CU_ASSERT_FALSE(mm_is_inside());
    asked = offset;
    CU_ASSERT_EQUAL(vregion_destroy(region), LIB_ERR_MEMOBJ_INUSE);
    return memobj_fill_foff(object, offset - offset % PAGE, frame, PAGE, PAGE);
}

/// The fault's offset is one in the object, and what the pager fills is shown.
static void a_pager(void)
{
    static struct memobj object;
    make_frame(2 * PAGE);
    CU_ASSERT_EQUAL(memobj_create_pager(&object, 4 * PAGE, 0, PAGE, answer, &frame), SYS_ERR_OK);
    CU_ASSERT_EQUAL(vspace_map_memobj_attr((void **)&at, &object, RW, &region), SYS_ERR_OK);
    CU_ASSERT_TRUE(machine_touch(at + 2 * PAGE + 17, true));
    CU_ASSERT_EQUAL(asked, 2 * PAGE + 17);
    CU_ASSERT_EQUAL(paddr_of(at + 2 * PAGE), base_of(frame) + PAGE);
    CU_ASSERT_EQUAL(vspace_unmap(at), SYS_ERR_OK);
    CU_ASSERT_EQUAL(memobj_destroy(&object), SYS_ERR_OK);
}

static void private_copies(void)
{
    unsigned frames = frames_with_metadata();
    char *original;
    make_frame(3 * PAGE);
    CU_ASSERT_EQUAL(vspace_map_one_frame((void **)&original, 3 * PAGE, frame, NULL, NULL),
                    SYS_ERR_OK);
    memset(original, 3, 3 * PAGE);
    CU_ASSERT_EQUAL(vspace_map_cow((void **)&at, 3 * PAGE, frame, RW, NULL, NULL), SYS_ERR_OK);
    CU_ASSERT_EQUAL(at[PAGE], 3);
    CU_ASSERT_EQUAL(paddr_of(at + PAGE), base_of(frame) + PAGE);
    at[PAGE] = 4;
    CU_ASSERT_TRUE(at[PAGE] == 4 && at[PAGE + 1] == 3 && original[PAGE] == 3);
    at[2 * PAGE + 1] = 5; // without a read before
    CU_ASSERT_TRUE(at[2 * PAGE] == 3 && original[2 * PAGE + 1] == 3);
    original[0] = 6;
    CU_ASSERT_EQUAL(at[0], 6);
    CU_ASSERT_EQUAL(vspace_unmap(at), SYS_ERR_OK);
    CU_ASSERT_EQUAL(machine_count(ObjType_Frame), frames + 1);
}

// Steps that fail, one by one.

static errval_t map_it(void)
{
    return vspace_map_one_frame((void **)&at, 3 * PAGE, frame, NULL, &region);
}

static errval_t map_anon(void)
{
    return vspace_map_anon_attr((void **)&at, NULL, NULL, 3 * PAGE, NULL, RW);
}

static errval_t map_large(void)
{
    return vspace_map_anon_attr((void **)&at, NULL, NULL, 2 * LARGE_PAGE_SIZE + PAGE, NULL,
                                RW | VREGION_FLAGS_LARGE);
}

static errval_t map_lazy(void)
{
    errval_t err = vspace_map_lazy((void **)&at, NULL, NULL, PAGE, 0, RW);
    if (err_is_fail(err))
        return err;
    err = vspace_pagefault((genvaddr_t)at, PAGEFLT_WRITE);
    if (err_is_fail(err))
        CU_ASSERT_EQUAL(vspace_unmap(at), SYS_ERR_OK);
    return err;
}

static errval_t map_cow(void)
{
    errval_t err = vspace_map_cow((void **)&at, PAGE, frame, RW, NULL, NULL);
    if (err_is_fail(err))
        return err;
    err = vspace_pagefault((genvaddr_t)at, PAGEFLT_READ);
    if (err_is_ok(err)) {
        CU_ASSERT_TRUE(machine_touch(at, false));
        err = vspace_pagefault((genvaddr_t)at, PAGEFLT_WRITE);
    }
    if (err_is_fail(err))
        CU_ASSERT_EQUAL(vspace_unmap(at), SYS_ERR_OK);
    return err;
}

static void unmap_it(void)
{
    CU_ASSERT_EQUAL(vspace_unmap(at), SYS_ERR_OK);
}

static void each_step_fails(void)
{
    make_frame(3 * PAGE);
    CU_ASSERT_EQUAL(machine_refuse_each(map_it, unmap_it), 1);
    CU_ASSERT_EQUAL(machine_refuse_each(map_anon, unmap_it), 3);
    CU_ASSERT_EQUAL(machine_refuse_each(map_large, unmap_it), 4);
    CU_ASSERT_EQUAL(machine_refuse_each(map_lazy, unmap_it), 3);
    CU_ASSERT_TRUE(machine_refuse_each(map_cow, unmap_it) >= 5);
}

/// Tables stay when what they map goes, so each address is a new one here.
static void each_table_fails(void)
{
    make_frame(PAGE);
    CU_ASSERT_EQUAL(map_it(), err_push(SYS_ERR_RETYPE_RANGE, LIB_ERR_PMAP));
    unsigned refused = 0, tables = 0;
    for (unsigned n = 1; n < 40; n++) {
        lvaddr_t place = SPAWN_VADDR_END + n * (1ul << 39);
        tables = machine_count(ObjType_VNode_x86_64_ptable);
        machine_fail(MACHINE_MAKES, n, SYS_ERR_CAP_BUSY);
        errval_t err = vspace_map_one_frame_fixed(place, PAGE, frame, NULL, NULL);
        bool failed = machine_has_failed();
        machine_fail(MACHINE_MAKES, 0, SYS_ERR_OK);
        refused += failed && err_is_fail(err);
        CU_ASSERT_EQUAL(machine_entry((void *)place, NULL) != 0, err_is_ok(err));
        if (err_is_ok(err))
            CU_ASSERT_EQUAL(machine_count(ObjType_VNode_x86_64_ptable), tables + 1);
        CU_ASSERT_EQUAL(vspace_map_one_frame_fixed(place + (1 << 20), PAGE, frame, NULL, NULL),
                        SYS_ERR_OK);
        CU_ASSERT_EQUAL(paddr_of((void *)(place + (1 << 20))), base_of(frame));
        if (!failed && n > 8)
            break;
    }
    CU_ASSERT_TRUE(refused >= 7);
}

/// A revocation takes mappings along; the region can be unmapped all the same.
static void revoked(void)
{
    struct capref copy;
    make_frame(PAGE);
    CU_ASSERT_EQUAL(slot_alloc(&copy), SYS_ERR_OK);
    CU_ASSERT_EQUAL(cap_copy(copy, frame), SYS_ERR_OK);
    CU_ASSERT_EQUAL(vspace_map_one_frame((void **)&at, PAGE, copy, NULL, &region), SYS_ERR_OK);
    size_t slots = slot_free_count();
    CU_ASSERT_EQUAL(cap_revoke(frame), SYS_ERR_OK);
    CU_ASSERT_FALSE(machine_touch(at, false));
    CU_ASSERT_EQUAL(vspace_unmap(at), SYS_ERR_OK);
    CU_ASSERT_EQUAL(slot_free_count(), slots + 1);
    CU_ASSERT_EQUAL(vspace_map_one_frame((void **)&at, PAGE, frame, NULL, &region), SYS_ERR_OK);
    machine_fail(VNODE_CMD_UNMAP, 1, SYS_ERR_CAP_BUSY);
    CU_ASSERT_EQUAL(vspace_unmap(at), err_push(SYS_ERR_CAP_BUSY, LIB_ERR_PMAP));
    CU_ASSERT_TRUE(machine_touch(at, true));
    CU_ASSERT_PTR_EQUAL(vspace_get_region(get_current_vspace(), at), region);
    CU_ASSERT_EQUAL(vspace_unmap(at), SYS_ERR_OK);
    static struct memobj object; // a chunk of which the frame is gone: nobody can answer
    CU_ASSERT_EQUAL(cap_copy(copy, frame), SYS_ERR_OK);
    CU_ASSERT_EQUAL(memobj_create_pager(&object, PAGE, 0, PAGE, answer, &frame), SYS_ERR_OK);
    CU_ASSERT_EQUAL(memobj_fill(&object, 0, copy, PAGE), SYS_ERR_OK);
    CU_ASSERT_EQUAL(vspace_map_memobj_attr((void **)&at, &object, RW, NULL), SYS_ERR_OK);
    CU_ASSERT_EQUAL(vspace_pagefault((genvaddr_t)at, PAGEFLT_WRITE), SYS_ERR_OK);
    CU_ASSERT_EQUAL(cap_revoke(frame), SYS_ERR_OK);
    CU_ASSERT_EQUAL(vspace_pagefault((genvaddr_t)at, PAGEFLT_READ), LIB_ERR_PAGEFAULT);
    CU_ASSERT_EQUAL(vspace_unmap(at), SYS_ERR_OK);
    machine_fail(MAPPING_CMD_MODIFY, 1, SYS_ERR_CAP_BUSY);
    CU_ASSERT_EQUAL(vspace_map_one_frame((void **)&at, PAGE, frame, NULL, &region), SYS_ERR_OK);
    CU_ASSERT_EQUAL(vregion_protect(region, 0, PAGE, VREGION_FLAGS_READ),
                    err_push(SYS_ERR_CAP_BUSY, LIB_ERR_PMAP));
}

/// An object of chunks that cannot be shown, or hidden, as a whole.
static void chunks_fail(void)
{
    static struct memobj object;
    CU_ASSERT_EQUAL(memobj_create_lazy(&object, 4 * PAGE, 0, 0), SYS_ERR_OK);
    CU_ASSERT_EQUAL(vspace_map_memobj_attr((void **)&at, &object, RW, &region), SYS_ERR_OK);
    CU_ASSERT_TRUE(machine_touch(at, true) && machine_touch(at + 2 * PAGE, true));
    for (unsigned n = 1; n <= 2; n++) {
        machine_fail(VNODE_CMD_UNMAP, n, SYS_ERR_CAP_BUSY);
        CU_ASSERT_EQUAL(err_no(vspace_unmap(at)), LIB_ERR_PMAP);
        CU_ASSERT_TRUE(machine_touch(at, false) && machine_touch(at + 2 * PAGE, false));
        machine_fail(MAPPING_CMD_MODIFY, n, SYS_ERR_CAP_BUSY);
        CU_ASSERT_EQUAL(err_no(vregion_protect(region, 0, 4 * PAGE, VREGION_FLAGS_READ)),
                        LIB_ERR_PMAP);
        CU_ASSERT_EQUAL(vregion_get_flags(region), RW);
        CU_ASSERT_EQUAL(vregion_protect(region, 0, 4 * PAGE, RW), SYS_ERR_OK);
    }
    CU_ASSERT_EQUAL(vspace_unmap(at), SYS_ERR_OK);
    for (unsigned n = 1; n <= 2; n++) {
        machine_fail(VNODE_CMD_MAP, n, SYS_ERR_CAP_BUSY);
        CU_ASSERT_EQUAL(err_no(vspace_map_memobj_attr((void **)&at, &object, RW, &region)),
                        LIB_ERR_PMAP);
        CU_ASSERT_TRUE(machine_entry(at, NULL) == 0 && machine_entry(at + 2 * PAGE, NULL) == 0);
    }
    CU_ASSERT_EQUAL(vspace_map_memobj_attr((void **)&at, &object, RW, &region), SYS_ERR_OK);
    CU_ASSERT_TRUE(machine_entry(at, NULL) != 0 && machine_entry(at + PAGE, NULL) == 0 &&
                   machine_entry(at + 2 * PAGE, NULL) != 0);
}

/// As many slots as mapping will need, and not one more.
static void reserves_slots(void)
{
    struct capref slot;
    enum {
        TABLES = 512 + 4 + 1,
        FIXED = 3 * TABLES + 2 + 32,
        CNODES = 8
    }; // 1 GiB, and the allocator's own
    machine_leave_ram(64 << 20);
    CU_ASSERT_EQUAL(vspace_map_lazy((void **)&at, NULL, NULL, PAGE, 0, RW), SYS_ERR_OK);
    CU_ASSERT_TRUE(machine_touch(at, true));
    size_t there = slot_free_count() + CNODES * L2_CNODE_SLOTS;
    if ((there - FIXED) % 2 != 0) {
        CU_ASSERT_EQUAL(slot_alloc(&slot), SYS_ERR_OK);
        there = slot_free_count() + CNODES * L2_CNODE_SLOTS;
    }
    unsigned cnodes = machine_count(ObjType_L2CNode);
    mm_enter();
    CU_ASSERT_EQUAL(vspace_reserve(HUGE_PAGE_SIZE, (there - FIXED) / 2), SYS_ERR_OK);
    CU_ASSERT_EQUAL(machine_count(ObjType_L2CNode), cnodes + CNODES);
    mm_leave();
    CU_ASSERT_EQUAL(slot_alloc(&slot), SYS_ERR_OK);
}

/// Blocks of metadata that are free.
static size_t blocks(enum vspace_slab slab)
{
    static void *taken[4096];
    size_t count = 0;
    while (count < 4096 && (taken[count] = vspace_block_alloc(slab)) != NULL)
        count++;
    for (size_t i = count; i-- > 0;)
        vspace_block_free(slab, taken[i]);
    return count;
}

/// Whether a reservation makes more metadata.
static bool grows(size_t bytes, size_t chunks)
{
    unsigned frames = machine_count(ObjType_Frame);
    CU_ASSERT_EQUAL(vspace_reserve(bytes, chunks), SYS_ERR_OK);
    CU_ASSERT_TRUE(blocks(VSPACE_SLAB_CHUNK) >= chunks);
    return machine_count(ObjType_Frame) != frames;
}

/// As many blocks as mapping will need and five more, or the reserve is filled up.
static void reserves_blocks(void)
{
    enum { MORE = 5, FIXED = 4, CHUNK_BLOCK = 96 };
    mm_enter();
    CU_ASSERT_EQUAL(blocks(VSPACE_SLAB_CHUNK), 0);
    CU_ASSERT_FALSE(grows(0, 0));
    CU_ASSERT_TRUE(grows(0, 1));
    CU_ASSERT_EQUAL(blocks(VSPACE_SLAB_CHUNK), 2 * PAGE / CHUNK_BLOCK); // at least two pages
    CU_ASSERT_TRUE(grows(0, 600));
    CU_ASSERT_TRUE(blocks(VSPACE_SLAB_MAPPING) >= FIXED + 600 + MORE);
    size_t chunks = blocks(VSPACE_SLAB_CHUNK);
    CU_ASSERT_FALSE(grows(0, chunks - MORE));
    CU_ASSERT_TRUE(grows(0, chunks - MORE + 1));
    CU_ASSERT_EQUAL(blocks(VSPACE_SLAB_CHUNK), chunks + 2 * PAGE / CHUNK_BLOCK);
    size_t tables = blocks(VSPACE_SLAB_TABLE);
    CU_ASSERT_FALSE(grows((tables - MORE - FIXED) * LARGE_PAGE_SIZE, 0));
    CU_ASSERT_TRUE(grows((tables - MORE - FIXED + 1) * LARGE_PAGE_SIZE, 0));
    mm_leave();
}

/// Blocks of regions are used up until so many are left: what then grows, and when.
static void few_blocks(void)
{
    for (unsigned inside = 0; inside < 2; inside++) {
        size_t enough = inside == 1 ? 6 : 10;
        mm_enter();
        mm_enter();
        while (blocks(VSPACE_SLAB_REGION) > enough)
            (void)vspace_block_alloc(VSPACE_SLAB_REGION);
        mm_leave();
        if (inside == 1) {
            CU_ASSERT_FALSE(grows(0, 0));
            (void)vspace_block_alloc(VSPACE_SLAB_REGION);
            CU_ASSERT_TRUE(grows(0, 0));
        } else {
            unsigned frames = machine_count(ObjType_Frame);
            mm_leave();
            CU_ASSERT_EQUAL(machine_count(ObjType_Frame), frames);
            mm_enter();
            (void)vspace_block_alloc(VSPACE_SLAB_REGION);
            mm_leave();
            CU_ASSERT_EQUAL(machine_count(ObjType_Frame), frames + 1);
            mm_enter();
        }
        mm_leave();
    }
}

MACHINE_TEST(reserves_blocks)
MACHINE_TEST(few_blocks)
MACHINE_TEST(large_pages_beside_small)
MACHINE_TEST(tables_for_a_frame)
MACHINE_TEST(tables_for_anonymous_memory)
MACHINE_TEST(tables_for_an_object)
MACHINE_TEST(chunks_fail)
MACHINE_TEST(reserves_slots)
MACHINE_TEST(maps_a_frame)
MACHINE_TEST(places)
MACHINE_TEST(fixed_places)
MACHINE_TEST(wrong_requests)
MACHINE_TEST(address_space_is_full)
MACHINE_TEST(protects)
MACHINE_TEST(large_pages)
MACHINE_TEST(no_large_pages)
MACHINE_TEST(regions_of_an_object)
MACHINE_TEST(objects_of_the_callers)
MACHINE_TEST(lazy_memory)
MACHINE_TEST(faults)
MACHINE_TEST(a_pager)
MACHINE_TEST(private_copies)
MACHINE_TEST(each_step_fails)
MACHINE_TEST(each_table_fails)
MACHINE_TEST(revoked)

TEST_SUITE("mapping") = {
    {"a frame", test_maps_a_frame},
    {"places", test_places},
    {"fixed places", test_fixed_places},
    {"wrong requests", test_wrong_requests},
    {"the address space is full", test_address_space_is_full},
    {"protect", test_protects},
    {"large pages", test_large_pages},
    {"large pages beside small ones", test_large_pages_beside_small},
    {"no large pages", test_no_large_pages},
    {"tables for a frame", test_tables_for_a_frame},
    {"tables for anonymous memory", test_tables_for_anonymous_memory},
    {"tables for an object", test_tables_for_an_object},
    {"regions of an object", test_regions_of_an_object},
    {"objects of the caller's", test_objects_of_the_callers},
    {"lazy memory", test_lazy_memory},
    {"page faults", test_faults},
    {"a pager", test_a_pager},
    {"private copies", test_private_copies},
    {"each step fails", test_each_step_fails},
    {"each table fails", test_each_table_fails},
    {"revoked", test_revoked},
    {"chunks fail", test_chunks_fail},
    {"slots for mapping", test_reserves_slots},
    {"metadata for mapping", test_reserves_blocks},
    {"little metadata", test_few_blocks},
};
