// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Revocation of an endpoint's badge: it takes every capability with the badge, wherever it lies, no
// other, and its steps do not grow with what other badges have.
#include "world.h"

#define BADGE 7u
#define OTHER 8u

static struct cte *const ram = &world.slots[0], *const dispatcher = &world.slots[2],
                         *const own = &world.slots[3], *const base = &world.slots[4];

static void set_up(void)
{
    world_reset();
    make_server(1 << 20);
}

static struct cte *mint(struct cte *slot, struct cte *src, uint32_t badge)
{
    EXPECT(caps_mint(&world.caps, TO(slot), src, CAPRIGHTS_ALL, badge), SYS_ERR_OK);
    return slot;
}

struct badge_count {
    uint32_t badge;
    unsigned count;
};

static void count(struct cte *cte, void *arg)
{
    struct badge_count *sum = arg;
    sum->count += cte->cap.type == ObjType_EndPointLMP && endpoint_badge(&cte->cap) == sum->badge;
}

static unsigned with_badge(uint32_t badge)
{
    struct badge_count sum = {.badge = badge};
    world_visit(count, &sum);
    return sum.count;
}

static void test_badge(void)
{
    set_up();
    for (unsigned i = 0; i < 100; i++)
        mint(&world.slots[100 + i], i % 2 == 0 ? own : base, OTHER);
    struct cte *seven = mint(&world.slots[10], own, BADGE);
    for (unsigned i = 0; i < 30; i++)
        copy(&world.slots[20 + i], seven);
    unsigned steps = 0;
    errval_t err;
    while ((err = caps_revoke(&world.caps, seven)) == SYS_ERR_AGAIN)
        steps++;
    EXPECT(err, SYS_ERR_OK);
    CU_ASSERT_EQUAL(steps, 30 / (CAPS_STEP_BUDGET / CAPS_COST_DELETE));
    CU_ASSERT(with_badge(BADGE) == 1 && with_badge(OTHER) == 100 && with_badge(0) == 2);
    // What has no badge stands for all.
    EXPECT(revoke_all(base), SYS_ERR_OK);
    CU_ASSERT(with_badge(BADGE) == 0 && with_badge(OTHER) == 0 && with_badge(0) == 1);
    CU_ASSERT(cte_empty(own) && caps_valid(&world.caps));
}

/// The last capability of a badge is not the last that was handed out, and the other way round.
static void test_closing(void)
{
    set_up();
    struct cte *seven = mint(&world.slots[10], own, BADGE);
    copy(&world.slots[11], seven);
    EXPECT(revoke_all(seven), SYS_ERR_OK);
    EXPECT(delete_all(seven), SYS_ERR_OK);
    CU_ASSERT_FALSE(*world_closed(&own->cap));
    seven = mint(&world.slots[10], own, BADGE);
    EXPECT(delete_all(base), SYS_ERR_OK);
    EXPECT(revoke_all(seven), SYS_ERR_OK);
    CU_ASSERT_FALSE(*world_closed(&own->cap)); // the revoked one itself is there
    EXPECT(delete_all(seven), SYS_ERR_OK);
    CU_ASSERT(*world_closed(&own->cap));
}

/// A message's capability is in a slot of its receiver from the moment it is sent, so what is in
/// flight lies in a CNode like all else; the CPU driver's own copies are in the database, too; and
/// so is what a container holds that is being deleted.
static void test_no_place_to_hide(void)
{
    set_up();
    struct cte *seven = mint(&world.slots[10], own, BADGE);
    struct cte *cnode = retype_one(&world.slots[11], ram, 0x8000, ObjType_L2CNode, 0);
    struct cte *zombie = retype_one(&world.slots[12], ram, 0xc000, ObjType_L2CNode, 0);
    copy(slot_in(cnode, 3), seven);
    for (unsigned i = 0; i < L2_CNODE_SLOTS; i++)
        copy(slot_in(zombie, i), seven);
    copy(&caps_dispatcher_slots(&world.caps, dispatcher->cap.base)->death, seven);
    EXPECT(caps_delete(&world.caps, zombie), SYS_ERR_AGAIN);
    CU_ASSERT((zombie->cap.flags & CAPFLAG_ZOMBIE) != 0 && with_badge(BADGE) > 200);
    errval_t err;
    while ((err = caps_revoke(&world.caps, seven)) == SYS_ERR_AGAIN)
        CU_ASSERT(caps_valid(&world.caps));
    EXPECT(err, SYS_ERR_OK);
    CU_ASSERT_EQUAL(with_badge(BADGE), 1);
    EXPECT(delete_all(seven), SYS_ERR_OK);
    CU_ASSERT_EQUAL(with_badge(BADGE), 0);
    CU_ASSERT_EQUAL(with_badge(0), 2);
}

static void test_own_has_no_badge(void)
{
    set_up();
    CU_ASSERT(caps_valid(&world.caps));
    own->cap.extra |= (uint64_t)BADGE << 32;
    CU_ASSERT_FALSE(caps_valid(&world.caps));
}

TEST_SUITE("revoke") = {
    {"a badge ends, and no other", test_badge},
    {"a badge and closed endpoints", test_closing},
    {"no place to hide", test_no_place_to_hide},
    {"an own capability has no badge", test_own_has_no_badge},
};
