// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// A short life: test_churn_child SEED END. It allocates, maps, retypes, makes CNodes, hides them
// in one another, shares frames and borrows those of others, and ends in the middle of it. Nothing
// is given back on purpose. Errors do not matter: what it borrowed may vanish at any time, and then
// it ends by a fault of its own.
#include "churn.h"

#include <stdlib.h>

#include "barrelfish/barrelfish.h"
#include "barrelfish/capabilities.h"
#include "barrelfish/lmp_rpc.h"
#include "barrelfish/ram_alloc.h"
#include "barrelfish/ram_revoke.h"
#include "barrelfish/slot_alloc.h"
#include "barrelfish/vspace_common.h"
#include "systest/systest.h"

static struct test_random rng;
static struct lmp_rpc parent;

static uint64_t below(uint64_t bound)
{
    return test_random_below(&rng, bound);
}

static void map_and_write(struct capref frame, size_t bytes)
{
    void *at;
    if (err_is_ok(vspace_map_one_frame(&at, bytes, frame, NULL, NULL))) {
        for (size_t i = 0; i < bytes; i += BASE_PAGE_SIZE)
            ((volatile uint8_t *)at)[i] = 1;
        if (below(4) == 0)
            (void)vspace_unmap(at);
    }
}

static void allocate(void)
{
    struct capref frame;
    size_t bytes = (1 + below(16)) * BASE_PAGE_SIZE;
    if (err_is_ok(frame_alloc(&frame, bytes, NULL))) {
        map_and_write(frame, bytes);
        if (below(4) == 0)
            (void)cap_destroy(frame);
    }
}

/// RAM in pieces of several types; some are left without the whole.
static void retype(void)
{
    static const enum objtype types[] = {ObjType_RAM, ObjType_Frame, ObjType_L2CNode,
                                         ObjType_VNode_x86_64_ptable, ObjType_Dispatcher};
    struct capref ram, piece;
    if (err_is_fail(ram_alloc_bytes(&ram, 1ul << 18, BASE_PAGE_SIZE)))
        return;
    for (gensize_t offset = 0; offset < 1ul << 18; offset += OBJSIZE_L2CNODE) {
        enum objtype type = types[below(sizeof(types) / sizeof(types[0]))];
        gensize_t bytes = type == ObjType_L2CNode               ? OBJSIZE_L2CNODE
                          : type == ObjType_VNode_x86_64_ptable ? OBJSIZE_VNODE
                                                                : BASE_PAGE_SIZE;
        if (below(2) == 0 && err_is_ok(slot_alloc(&piece)))
            (void)!cap_retype(piece, ram, offset, type, bytes, 1);
    }
    if (below(2) == 0)
        (void)cap_destroy(ram);
}

/// CNodes whose only capabilities are in one another (or in themselves), with a frame inside.
static void hide(void)
{
    struct capref cap[3];
    struct cnoderef cnode[3];
    unsigned count = 1 + (unsigned)below(3);
    for (unsigned i = 0; i < count; i++)
        if (err_is_fail(cnode_create_l2(&cap[i], &cnode[i])))
            return;
    for (unsigned i = 0; i < count; i++) {
        (void)!cap_copy((struct capref){cnode[(i + 1) % count], (cslot_t)below(250)}, cap[i]);
        (void)!frame_create((struct capref){cnode[i], 251}, BASE_PAGE_SIZE, NULL);
    }
    for (unsigned i = 0; i < count; i++)
        (void)cap_delete(cap[i]);
}

static void share(void)
{
    struct capref frame;
    uint64_t words[LMP_MSG_LENGTH] = {CHURN_SHARE};
    if (err_is_ok(frame_alloc(&frame, CHURN_SHARED_BYTES, NULL))) {
        (void)!lmp_rpc_call(&parent, words, frame, words, NULL);
        map_and_write(frame, CHURN_SHARED_BYTES);
    }
}

static void borrow(void)
{
    struct capref frame;
    uint64_t words[LMP_MSG_LENGTH] = {CHURN_BORROW};
    if (err_is_ok(lmp_rpc_call(&parent, words, NULL_CAP, words, &frame)) && !capref_is_null(frame))
        map_and_write(frame, CHURN_SHARED_BYTES);
}

static void listen(void)
{
    static struct ram_revoke revoke;
    static bool listens;
    if (!listens) {
        listens = true;
        (void)!ram_revoke_register(&revoke, get_default_waitset(), NULL, NULL, NULL);
    }
}

int main(int argc, char **argv)
{
    static void (*const acts[])(void) = {allocate, retype, hide, share, borrow, listen};
    if (argc != 3 || err_is_fail(lmp_rpc_init(&parent, (struct capref){cnode_arg, 0})))
        return 1;
    rng.state = strtoull(argv[1], NULL, 0);
    uint64_t end = strtoull(argv[2], NULL, 0);
    for (uint64_t i = below(12); i > 0; i--)
        acts[below(sizeof(acts) / sizeof(acts[0]))]();
    if (end == CHURN_END_EXIT)
        return (int)below(100);
    if (end == CHURN_END_FAULT) {
        if (below(8) != 0)
            disp_disable(); // then its library cannot say anything
        __asm__ volatile("ud2");
    }
    for (;;) {
        acts[below(sizeof(acts) / sizeof(acts[0]))]();
        thread_yield();
    }
}
