// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Domains that copy an endpoint of another one as fast as they can, while that is killed: its
// end must come, though each turn of theirs makes more copies than one of spawnd's can delete.
#include "barrelfish/barrelfish.h"
#include "barrelfish/capabilities.h"
#include "barrelfish/deferred.h"
#include "barrelfish/lmp_endpoints.h"
#include "barrelfish/slot_alloc.h"
#include "barrelfish/spawn_client.h"
#include "cases.h"

#define COPIERS 4u
#define COPIES 8000u
#define WAIT_US 1000u
#define WAITS_MAX 20000u

/// Slots of a child's ARGCN: where to send its one message, and what is copied.
enum { ARG_PARENT, ARG_ENDPOINT };

/// A parent's end of them.
struct parent {
    struct capref endpoint_cap, argcn, victims; ///< victims: an endpoint of the victim
    struct cnoderef cnode;
    struct lmp_endpoint *endpoint;
};

static bool await_message(struct parent *parent, struct capref *cap)
{
    struct lmp_recv_msg msg = LMP_RECV_MSG_INIT;
    for (unsigned i = 0; i < WAITS_MAX; i++) {
        if (err_is_ok(lmp_endpoint_recv(parent->endpoint, &msg.buf, cap)))
            return true;
        (void)!barrelfish_usleep(WAIT_US);
    }
    return false;
}

static errval_t start(struct parent *parent, const char *name, struct capref *domain)
{
    char *argv[] = {"test_hostile", "child", (char *)name, NULL};
    return spawn_program_with_caps(disp_get_core_id(), "test_hostile", argv, NULL, NULL_CAP,
                                   parent->argcn, SPAWN_FLAGS_DEFAULT, domain);
}

static bool tell_parent(struct capref cap)
{
    uint64_t words[LMP_MSG_LENGTH] = {0};
    return err_is_ok(lmp_send((struct capref){cnode_arg, ARG_PARENT}, 0, cap, 1, words));
}

/// Without a parent there is nothing to do.
static bool has_parent(void)
{
    struct capability info;
    return err_is_ok(cap_identify((struct capref){cnode_arg, ARG_PARENT}, &info));
}

/// Sends an endpoint, and lives on.
static int copied_victim(void)
{
    struct capref cap;
    struct lmp_endpoint *endpoint;
    if (!has_parent())
        return 0;
    if (err_is_fail(endpoint_create(4, &cap, &endpoint)) || !tell_parent(cap))
        return 1;
    for (;;)
        (void)!barrelfish_usleep(WAIT_US);
}

/// Fills each empty slot from the next one. Returns how many were full before.
static unsigned fill(const struct capref *slots)
{
    unsigned full = 0;
    for (unsigned i = COPIES; i-- > 0;) {
        errval_t err = cap_copy(slots[i], slots[(i + 1) % COPIES]);
        full += err_no(err) != SYS_ERR_CAP_NOT_FOUND;
    }
    return full;
}

/// Copies until there is nothing left to copy.
static int copier(void)
{
    static struct capref slots[COPIES];
    if (!has_parent())
        return 0;
    for (unsigned i = 0; i < COPIES; i++)
        if (err_is_fail(slot_alloc(&slots[i])))
            return 1;
    if (err_is_fail(cap_copy(slots[0], (struct capref){cnode_arg, ARG_ENDPOINT})) ||
        fill(slots) == 0 || !tell_parent(NULL_CAP))
        return 2;
    while (fill(slots) > 0) {
    }
    return 0;
}

static errval_t make_parent(struct parent *parent)
{
    errval_t err = endpoint_create(4, &parent->endpoint_cap, &parent->endpoint);
    if (err_is_ok(err))
        err = slot_alloc(&parent->victims);
    if (err_is_ok(err))
        err = cnode_create_l2(&parent->argcn, &parent->cnode);
    if (err_is_ok(err))
        err = cap_copy((struct capref){parent->cnode, ARG_PARENT}, parent->endpoint_cap);
    if (err_is_ok(err))
        lmp_endpoint_set_recv_slot(parent->endpoint, parent->victims);
    return err;
}

static int copied_while_killed(void)
{
    static struct parent parent;
    struct capref victim, copiers[COPIERS], came;
    uint8_t status;
    if (err_is_fail(make_parent(&parent)) ||
        err_is_fail(start(&parent, "copied_victim", &victim)) || !await_message(&parent, &came) ||
        err_is_fail(cap_copy((struct capref){parent.cnode, ARG_ENDPOINT}, came)))
        return 1;
    for (unsigned i = 0; i < COPIERS; i++)
        if (err_is_fail(start(&parent, "copier", &copiers[i])) || !await_message(&parent, &came))
            return 2;
    if (err_is_fail(spawn_kill(victim)) || err_is_fail(spawn_wait(victim, &status, false)))
        return 3;
    for (unsigned i = 0; i < COPIERS; i++)
        if (err_is_fail(spawn_wait(copiers[i], &status, false)) || status != 0)
            return HOSTILE_WENT_ON;
    return 0;
}

const struct hostile_case hostile_copiers[] = {
    GOES_ON(copied_while_killed),
    GOES_ON(copied_victim),
    GOES_ON(copier),
    HOSTILE_END,
};
