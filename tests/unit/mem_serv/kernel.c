// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The fake machine. Slots are an array indexed by capability address; returned memory goes to slots
// of its own, as it does to the returns CNode.
#include "kernel.h"

#include "barrelfish/capabilities.h"
#include "barrelfish/domain.h"
#include "barrelfish/invocations.h"
#include "barrelfish/ram_alloc.h"
#include "barrelfish/slot_alloc.h"
#include "barrelfish/threads.h"
#include "barrelfish/vspace_common.h"
#include "caps/caps.h"
#include "fakes/caps_hooks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    SLOTS = 8192,
    FIRST = 2 * L2_CNODE_SLOTS,
    RETURNS_AT = L2_CNODE_SLOTS,
    GROWN_MAX = 1024,
    REGIONS_MAX = 8,
    SERVER = 2, // its domain
};

static struct caps caps;
static struct cte *slots;
static char *memory;
static bool taken[SLOTS];
static unsigned taken_count, slots_there;
static int fail_after, fail_slots_after;
static ram_alloc_func_t server;
static struct ram_rest regions[REGIONS_MAX];
static size_t regions_count;
static unsigned delete_steps;
static bool refuse_merging, grow_by_server;
static void *grown[GROWN_MAX];
static unsigned grown_count;
static size_t grow_most;
static unsigned returns_cursor, start_calls;
static size_t slots_kept;

static bool return_ram(struct caps *which, genpaddr_t base, gensize_t bytes);

void kernel_start(void)
{
    memory = calloc(1, KERNEL_MEMORY_BYTES);
    slots = calloc(SLOTS + KERNEL_CLIENT_SLOTS, sizeof(*slots));
    memset(&caps, 0, sizeof(caps));
    memset(taken, 0, sizeof(taken));
    taken_count = 0;
    slots_there = SLOTS - FIRST;
    fail_after = fail_slots_after = -1;
    server = NULL;
    regions_count = 0;
    delete_steps = 0;
    returns_cursor = start_calls = 0;
    grow_most = SIZE_MAX;
    grow_by_server = false;
    refuse_merging = false;
    static struct caps_hooks hooks;
    hooks = fake_caps_hooks(return_ram);
    caps_init(&caps, 0, (uintptr_t)memory - KERNEL_MEMORY_BASE, &hooks);
}

void kernel_stop(void)
{
    free(memory);
    free(slots);
    while (grown_count > 0)
        free(grown[--grown_count]);
}

static struct cte *at(struct capref cap)
{
    return &slots[get_cap_addr(cap)];
}

static struct capref ref(capaddr_t addr)
{
    return (struct capref){ROOTCN_CNODE(addr / L2_CNODE_SLOTS), addr % L2_CNODE_SLOTS};
}

struct caps *kernel_caps(void)
{
    return &caps;
}

struct cte *kernel_cte(struct capref cap)
{
    return at(cap);
}

void kernel_fail_start(unsigned call)
{
    start_calls = call;
}

/// What the server's start has to do once.
errval_t kernel_start_call(void)
{
    return start_calls > 0 && --start_calls == 0 ? LIB_ERR_MALLOC_FAIL : SYS_ERR_OK;
}

static bool fails(void)
{
    return fail_after >= 0 && fail_after-- == 0;
}

void kernel_fail_after(int calls)
{
    fail_after = calls;
}

void kernel_fail_slots_after(int calls)
{
    fail_slots_after = calls;
}

void kernel_grow_by_server(unsigned count)
{
    slots_there = count;
    grow_by_server = true;
}

void kernel_grow_at_most(size_t bytes)
{
    grow_most = bytes;
}

void kernel_give_regions(const struct capref *caps_given, size_t count)
{
    CU_ASSERT_FATAL(count <= REGIONS_MAX);
    regions_count = count;
    for (size_t i = 0; i < count; i++)
        regions[i].cap = caps_given[i];
}

struct capref kernel_client_slot(unsigned i)
{
    CU_ASSERT_FATAL(i < KERNEL_CLIENT_SLOTS);
    return ref(SLOTS + i);
}

void kernel_refuse_merging(bool refuse)
{
    refuse_merging = refuse;
}

unsigned kernel_slots_used(void)
{
    return taken_count;
}

bool kernel_valid(void)
{
    return caps_valid(&caps) && caps.unreturned == NULL;
}

struct capref kernel_make_ram(genpaddr_t base, gensize_t bytes)
{
    struct capref slot;
    errval_t err = slot_alloc(&slot);
    CU_ASSERT_FATAL(err_is_ok(err));
    struct cap ram = cap_make(ObjType_RAM, base, bytes);
    struct caps_dest dest = caps_dest_kernel(at(slot));
    CU_ASSERT_FATAL(err_is_ok(caps_create(&caps, &dest, &ram)));
    return slot;
}

struct capref kernel_make_large(genpaddr_t base)
{
    enum { L1_BYTES = L1_CNODE_SLOTS_MIN * OBJSIZE_CTE, CNODES = 8 };
    struct capref ram = kernel_make_ram(base, KERNEL_LARGE_BYTES), root;
    CU_ASSERT_FATAL(err_is_ok(slot_alloc(&root)));
    CU_ASSERT_FATAL(err_is_ok(cap_retype(root, ram, 0, ObjType_L1CNode, L1_BYTES, 1)));
    struct cte *cnodes = caps_ptr(&caps, base);
    for (unsigned i = 0; i < CNODES; i++) {
        struct caps_dest dest = caps_dest_kernel(&cnodes[i]);
        uint32_t done;
        errval_t err;
        do {
            err = caps_retype(&caps, at(ram), L1_BYTES + i * OBJSIZE_L2CNODE, ObjType_L2CNode,
                              OBJSIZE_L2CNODE, 1, &dest, &done);
        } while (err_no(err) == SYS_ERR_AGAIN);
        CU_ASSERT_FATAL(err_is_ok(err));
    }
    for (unsigned i = 0; i < CNODES * L2_CNODE_SLOTS; i++) {
        struct cte *first = caps_ptr(&caps, base + L1_BYTES);
        struct caps_dest dest = caps_dest_kernel(first + i);
        CU_ASSERT_FATAL(err_is_ok(caps_copy(&caps, &dest, at(ram))));
    }
    CU_ASSERT_FATAL(err_is_ok(cap_delete(ram)));
    (void)slot_free(ram);
    return root;
}

void kernel_idle(void)
{
    while (caps_step(&caps)) {
    }
}

unsigned kernel_delete_steps(void)
{
    return delete_steps;
}

struct capref kernel_returned(unsigned i)
{
    return ref(RETURNS_AT + i);
}

bool kernel_slot_is_empty(struct capref cap)
{
    return cte_empty(at(cap));
}

// The CPU driver's side.

static bool return_ram(struct caps *which, genpaddr_t base, gensize_t bytes)
{
    for (unsigned i = 0; i < KERNEL_RETURNS_LOOK; i++) {
        unsigned index = (returns_cursor + i) % KERNEL_RETURNS;
        struct cte *slot = at(kernel_returned(index));
        if (cte_empty(slot)) {
            returns_cursor = index + 1;
            struct cap ram = cap_make(ObjType_RAM, base, bytes);
            struct caps_dest dest = caps_dest_kernel(slot);
            return err_is_ok(caps_create(which, &dest, &ram));
        }
    }
    return false;
}

// The library's side.

/// Memory of the server's own, which it never gives back.
static errval_t take_own(size_t bytes)
{
    struct capref unused;
    struct ram_request request = {.bytes = bytes, .alignment = BASE_PAGE_SIZE};
    return grow_by_server && server != NULL ? server(&unused, &request) : SYS_ERR_OK;
}

errval_t slot_reserve(size_t count)
{
    while (slots_there - taken_count < count) {
        errval_t err = grow_by_server ? take_own(OBJSIZE_L2CNODE) : LIB_ERR_SLOT_ALLOC_NO_SPACE;
        if (err_is_fail(err))
            return err;
        slots_there += L2_CNODE_SLOTS;
    }
    return SYS_ERR_OK;
}

void slot_keep(size_t count)
{
    slots_kept = count;
}

size_t kernel_slots_kept(void)
{
    return slots_kept;
}

size_t slot_free_count(void)
{
    return slots_there - taken_count;
}

errval_t slot_alloc(struct capref *ret)
{
    if (taken_count >= slots_there || (fail_slots_after >= 0 && fail_slots_after-- == 0))
        return LIB_ERR_SLOT_ALLOC_NO_SPACE;
    for (capaddr_t addr = FIRST; addr < SLOTS; addr++) {
        if (!taken[addr]) {
            taken[addr] = true;
            taken_count++;
            *ret = ref(addr);
            return SYS_ERR_OK;
        }
    }
    return LIB_ERR_SLOT_ALLOC_NO_SPACE;
}

errval_t slot_free(struct capref cap)
{
    CU_ASSERT_TRUE(taken[get_cap_addr(cap)]);
    CU_ASSERT_TRUE(kernel_slot_is_empty(cap));
    taken[get_cap_addr(cap)] = false;
    taken_count--;
    return SYS_ERR_OK;
}

errval_t cap_retype(struct capref dest_start, struct capref src, gensize_t offset,
                    enum objtype new_type, gensize_t objsize, size_t count)
{
    struct caps_dest dest = caps_dest_kernel(at(dest_start));
    uint32_t done;
    errval_t err = fails() ? SYS_ERR_CAP_BUSY : SYS_ERR_AGAIN;
    while (err_no(err) == SYS_ERR_AGAIN)
        err = caps_retype(&caps, at(src), offset, new_type, objsize, (uint32_t)count, &dest, &done);
    return err;
}

errval_t invoke_cap_delete(struct capref cap)
{
    delete_steps++;
    return kernel_slot_is_empty(cap) ? SYS_ERR_CAP_NOT_FOUND : caps_delete(&caps, at(cap));
}

void thread_mutex_lock(struct thread_mutex *mutex)
{
    (void)mutex;
}

void thread_mutex_unlock(struct thread_mutex *mutex)
{
    (void)mutex;
}

errval_t cap_delete(struct capref cap)
{
    errval_t err;
    do {
        err = caps_delete(&caps, at(cap));
    } while (err_no(err) == SYS_ERR_AGAIN);
    return err;
}

errval_t cap_copy(struct capref dest, struct capref src)
{
    struct caps_dest to = caps_dest_kernel(at(dest));
    return fails() ? SYS_ERR_CAP_BUSY : caps_copy(&caps, &to, at(src));
}

errval_t cap_identify(struct capref cap, struct capability *ret)
{
    return kernel_slot_is_empty(cap) ? SYS_ERR_CAP_NOT_FOUND : caps_identify(at(cap), ret);
}

errval_t invoke_kernel_create_cap(struct capref kernel, const struct capability *raw,
                                  struct capref dest)
{
    (void)kernel;
    struct caps_dest to = caps_dest_kernel(at(dest));
    return refuse_merging || fails() ? SYS_ERR_RIGHTS : caps_create_foreign(&caps, &to, raw);
}

errval_t invoke_kernel_set_returns(struct capref kernel, enum kernel_returns kind,
                                   struct capref cnode, struct capref endpoint)
{
    (void)kernel;
    CU_ASSERT(kind == KERNEL_RETURNS_RAM && capcmp(endpoint, cap_selfep) && !capref_is_null(cnode));
    return kernel_start_call();
}

errval_t cnode_create_l2(struct capref *ret_dest, struct cnoderef *cnoderef)
{
    *ret_dest = TASKCN_CAP(99);
    *cnoderef = ROOTCN_CNODE(RETURNS_AT / L2_CNODE_SLOTS);
    return kernel_start_call();
}

errval_t cap_destroy(struct capref cap)
{
    errval_t err = cap_delete(cap);
    return err_is_ok(err) ? slot_free(cap) : err;
}

errval_t ram_alloc_end_regions(struct ram_rest *rests, size_t max, size_t *count)
{
    CU_ASSERT_FATAL(regions_count <= max);
    memcpy(rests, regions, regions_count * sizeof(regions[0]));
    *count = regions_count;
    return kernel_start_call();
}

void ram_alloc_set(ram_alloc_func_t func)
{
    server = func;
}

domainid_t disp_get_domain_id(void)
{
    return SERVER;
}

coreid_t disp_get_core_id(void)
{
    return 0;
}

errval_t vspace_map_anon_attr(void **retaddr, struct memobj **ret_memobj,
                              struct vregion **ret_vregion, size_t size, size_t *retsize,
                              vregion_flags_t flags)
{
    (void)ret_memobj;
    (void)ret_vregion;
    (void)retsize;
    (void)flags;
    CU_ASSERT_FATAL(grown_count < GROWN_MAX);
    errval_t err = size > grow_most ? LIB_ERR_RAM_ALLOC : take_own(size);
    if (err_is_fail(err))
        return err;
    *retaddr = grown[grown_count++] = calloc(1, size);
    return SYS_ERR_OK;
}
