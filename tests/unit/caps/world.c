// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// See world.h. A broken rule in a hook ends the program: there is nothing left to test then.
#include "world.h"
#include "lib/kassert.h"

#include <stdio.h>
#include <string.h>

struct world world;
static _Alignas(4096) uint8_t memory[WORLD_BYTES];

bool world_returned_only(genpaddr_t base, gensize_t bytes)
{
    for (size_t i = 0; i < WORLD_PAGES; i++) {
        genpaddr_t page = WORLD_BASE + i * BASE_PAGE_SIZE;
        if (world.returned[i] != (page - base < bytes))
            return false;
    }
    return true;
}

void world_return(genpaddr_t base, gensize_t bytes)
{
    for (genpaddr_t page = base; page < base + bytes; page += BASE_PAGE_SIZE) {
        bool *returned = &world.returned[(page - WORLD_BASE) / BASE_PAGE_SIZE];
        kassert(!*returned);
        *returned = true;
    }
    world.returned_bytes += bytes;
    // Whoever has the memory next may write what it likes.
    memset(caps_ptr(&world.caps, base), 0xa5, bytes);
}

void world_take(struct cte *slot, genpaddr_t base, gensize_t bytes)
{
    for (genpaddr_t page = base; page < base + bytes; page += BASE_PAGE_SIZE) {
        kassert(world.returned[(page - WORLD_BASE) / BASE_PAGE_SIZE]);
        world.returned[(page - WORLD_BASE) / BASE_PAGE_SIZE] = false;
    }
    world.returned_bytes -= bytes;
    make(slot, ObjType_RAM, base, bytes);
}

bool *world_closed(const struct cap *endpoint)
{
    return &world.closed[(endpoint->base - WORLD_BASE) / BASE_PAGE_SIZE]
                        [endpoint_offset(endpoint) / 256 % WORLD_ENDPOINTS];
}

struct cte *make(struct cte *slot, enum objtype type, genpaddr_t base, gensize_t bytes)
{
    struct caps_dest dest = caps_dest_kernel(slot);
    struct cap cap = cap_make(type, base, bytes);
    CU_ASSERT_EQUAL_FATAL(caps_create(&world.caps, &dest, &cap), SYS_ERR_OK);
    return slot;
}

struct cte *retype_one(struct cte *slot, struct cte *src, gensize_t offset, enum objtype type,
                       gensize_t bytes)
{
    struct caps_dest dest = caps_dest_kernel(slot);
    uint32_t done;
    errval_t err;
    do {
        err = caps_retype(&world.caps, src, offset, type, bytes, 1, &dest, &done);
    } while (err == SYS_ERR_AGAIN);
    CU_ASSERT_EQUAL_FATAL(err, SYS_ERR_OK);
    return slot;
}

struct cte *copy(struct cte *slot, struct cte *src)
{
    struct caps_dest dest = caps_dest_kernel(slot);
    CU_ASSERT_EQUAL_FATAL(caps_copy(&world.caps, &dest, src), SYS_ERR_OK);
    return slot;
}

void step_all(void)
{
    while (caps_step(&world.caps))
        continue;
}

/// Another call would look the slot up again and find nothing, once its memory has gone.
static bool gone(const struct cte *cte)
{
    uintptr_t offset = (uintptr_t)cte - (uintptr_t)memory;
    return cte_empty(cte) || (offset < WORLD_BYTES && (cte->cap.flags & CAPFLAG_ZOMBIE) != 0 &&
                              world.caps.zombies == NULL);
}

errval_t delete_all(struct cte *cte)
{
    errval_t err;
    do {
        err = caps_delete(&world.caps, cte);
    } while (err == SYS_ERR_AGAIN && !gone(cte));
    step_all();
    return err == SYS_ERR_AGAIN ? SYS_ERR_OK : err;
}

errval_t revoke_all(struct cte *cte)
{
    errval_t err;
    struct cap cap = cte->cap;
    do {
        err = caps_revoke(&world.caps, cte);
        if (err == SYS_ERR_AGAIN && (cte->cap.type != cap.type || cte->cap.base != cap.base ||
                                     cte->cap.bytes != cap.bytes || cte->cap.extra != cap.extra))
            err = SYS_ERR_CAP_NOT_FOUND;
    } while (err == SYS_ERR_AGAIN);
    step_all();
    return err;
}

struct cte *slot_in(const struct cte *cnode, uint32_t index)
{
    return (struct cte *)caps_ptr(&world.caps, cnode->cap.base) + index;
}

static void visit_subtree(struct cte *cte, void (*visit)(struct cte *, void *), void *arg)
{
    if (cte == NULL)
        return;
    visit_subtree(cte->left, visit, arg);
    visit(cte, arg);
    visit_subtree(cte->right, visit, arg);
}

void world_visit(void (*visit)(struct cte *cte, void *arg), void *arg)
{
    for (unsigned class = 0; class < MDB_CLASSES; class ++)
        visit_subtree(world.caps.mdb.root[class], visit, arg);
}

struct range {
    genpaddr_t base, end;
};

static void check_uncovered(struct cte *cte, void *arg)
{
    const struct range *range = arg;
    bool memory_class = cap_type(cte->cap.type)->class == MDB_MEMORY;
    kassert(!memory_class || cte->cap.base >= range->end || cap_end(&cte->cap) <= range->base);
}

static bool return_ram(struct caps *caps, genpaddr_t base, gensize_t bytes)
{
    kassert(caps == &world.caps && bytes > 0 && base >= WORLD_BASE &&
            base + bytes <= WORLD_BASE + WORLD_BYTES);
    struct range range = {base, base + bytes};
    world_visit(check_uncovered, &range);
    if (world.ram_refused)
        return false;
    world.returns++;
    world_return(base, bytes);
    return true;
}

static bool return_remote(struct caps *caps, struct cte *last)
{
    kassert((last->cap.flags & CAPFLAG_REMOTE) != 0);
    if (world.remote_refused)
        return false;
    if (world.remote_slot != NULL) {
        unsigned i = 0;
        while (i < world.remote_room && !cte_empty(&world.remote_slot[i]))
            i++;
        if (i > 0 && i == world.remote_room)
            return false;
        struct caps_dest dest = caps_dest_kernel(&world.remote_slot[i]);
        kassert(caps_move(caps, &dest, last) == SYS_ERR_OK);
    }
    world.remotes++;
    return true;
}

static void tlb_flush(struct caps *caps)
{
    kassert(caps == &world.caps);
    world.flushes++;
}

struct holders {
    const struct cap *endpoint;
    unsigned own, others;
};

static void count_holder(struct cte *cte, void *arg)
{
    struct holders *holders = arg;
    const struct cap *cap = &cte->cap, *endpoint = holders->endpoint;
    if (cap->type != ObjType_EndPointLMP || cap->base != endpoint->base ||
        endpoint_offset(cap) != endpoint_offset(endpoint))
        return;
    holders->own += (cap->flags & CAPFLAG_OWN) != 0;
    holders->others += (cap->flags & CAPFLAG_OWN) == 0;
}

static void set_closed(struct caps *caps, const struct cap *endpoint, bool closed)
{
    struct holders holders = {.endpoint = endpoint};
    world_visit(count_holder, &holders);
    kassert(caps == &world.caps && (!closed || (holders.own == 0) != (holders.others == 0)));
    world.closings += closed && !*world_closed(endpoint);
    *world_closed(endpoint) = closed;
}

static void dispatcher_stop(struct caps *caps, genpaddr_t dcb)
{
    kassert(caps == &world.caps);
    world.dispatcher_stops++;
    world.stopped = dcb;
}

static void vspace_stop(struct caps *caps, genpaddr_t pml4)
{
    kassert(caps == &world.caps);
    world.vspace_stops++;
    world.stopped = pml4;
}

static const struct caps_hooks hooks = {return_ram, return_remote,   tlb_flush,
                                        set_closed, dispatcher_stop, vspace_stop};

void world_reset(void)
{
    memset(&world, 0, sizeof world);
    memset(memory, 0xa5, sizeof memory);
    caps_init(&world.caps, WORLD_CORE, (uintptr_t)memory - WORLD_BASE, &hooks);
}

void make_server(gensize_t bytes)
{
    struct cte *ram = make(&world.slots[0], ObjType_RAM, WORLD_BASE, bytes);
    struct cte *frame = retype_one(&world.slots[1], ram, 0, ObjType_Frame, 0x4000);
    struct cte *dispatcher = retype_one(&world.slots[2], ram, 0x4000, ObjType_Dispatcher, 0);
    copy(&caps_dispatcher_slots(&world.caps, dispatcher->cap.base)->frame, frame);
    EXPECT(caps_endpoint_create(&world.caps, dispatcher, 0x400, 4, true, TO(&world.slots[3])),
           SYS_ERR_OK);
    copy(&world.slots[4], &world.slots[3]);
}
