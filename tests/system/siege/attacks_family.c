// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Hostile domains that do with many what one may not: children that each take all they can get of
// every table, here and on other cores; and capability spaces that are given away, whose deletion
// is others' work.
#include "siege.h"

#include <stdio.h>

#include "barrelfish/barrelfish.h"
#include "barrelfish/capabilities.h"
#include "barrelfish/domain.h"
#include "barrelfish/ram_alloc.h"
#include "barrelfish/spawn_client.h"
#include "if/monitor.h"

#define CHILDREN 24u
#define GIFT_CNODES 200u

/// Some of them here; on a core that is not there none is started.
static bool occupy_family(void)
{
    char self[16];
    char *argv[] = {(char *)disp_name(), "taker", self, NULL};
    snprintf(self, sizeof(self), "%u", disp_get_domain_id());
    for (unsigned i = 0; i < CHILDREN; i++) {
        coreid_t core = (coreid_t)((disp_get_core_id() + i) % SIEGE_CORES_MAX);
        (void)!spawn_program(core, argv[0], argv, NULL, SPAWN_FLAGS_DEFAULT, NULL);
    }
    return true;
}

static void rage_family(void)
{
    siege_take_tables();
}

/// A capability space full of others, each full of copies of one frame.
static errval_t make_gift(struct capref frame, struct capref *gift)
{
    struct cnoderef root;
    errval_t err = cnode_create_l1(gift, &root);
    for (cslot_t i = 0; i < GIFT_CNODES && err_is_ok(err); i++) {
        struct capref at = {root, i}, ram;
        err = ram_alloc_bytes(&ram, OBJSIZE_L2CNODE, OBJSIZE_L2CNODE);
        if (err_is_ok(err)) {
            err = cap_retype(at, ram, 0, ObjType_L2CNode, OBJSIZE_L2CNODE, 1);
            (void)cap_destroy(ram);
        }
        struct capref slot = {build_cnoderef(at, CNODE_LEVEL_OTHER), 0};
        for (; slot.slot < L2_CNODE_SLOTS && err_is_ok(err); slot.slot++)
            err = cap_copy(slot, frame);
    }
    return err;
}

static struct capref frame;

static bool occupy_gifts(void)
{
    return err_is_ok(frame_alloc(&frame, BASE_PAGE_SIZE, NULL));
}

/// Given to the monitor with a request that wants none, or another one.
static void rage_gifts(void)
{
    static unsigned turn;
    struct capref gift;
    const uint64_t operations[] = {MONITOR_CORES, MONITOR_EVENTS, MONITOR_BIND_REPLY};
    const uint64_t words[LMP_MSG_LENGTH] = {RPC_REQUEST | operations[turn++ % 3]};
    (void)!make_gift(frame, &gift);
    errval_t err;
    do {
        err = lmp_send(cap_monitorep, LMP_FLAG_GIVE, gift, LMP_MSG_LENGTH, words);
    } while (lmp_err_is_transient(err));
    (void)cap_destroy(gift);
}

const struct siege_attack siege_family_attacks[] = {
    {.name = "family", .occupy = occupy_family, .rage = rage_family},
    {.name = "gifts", .occupy = occupy_gifts, .rage = rage_gifts},
};
const size_t siege_family_attacks_count =
    sizeof(siege_family_attacks) / sizeof(siege_family_attacks[0]);
